"""What SYSTEM INFORMATION says of access to a cell: 3GPP TS 44.018 §10.5.2.3, .4, .11, .29.

| element                     | octet | bits | field                                                             |
|-----------------------------|-------|------|-------------------------------------------------------------------|
| control channel description | 1     | 8    | MSCR                                                              |
|                             | 1     | 7    | ATT: phones attach and detach                                     |
|                             | 1     | 6-4  | BS-AG-BLKS-RES: CCCH blocks kept for access grants                |
|                             | 1     | 3-1  | CCCH-CONF: 0 one CCCH, 1 combined with SDCCH, 2 4 6: two to four CCCHs |
|                             | 2     | 3-1  | BS-PA-MFRMS - 2: multiframes between a phone's paging blocks      |
|                             | 3     | 8-1  | T3212 in tenths of an hour; 0: no periodic updating               |
| cell options                | 1     | 7    | PWRC                                                              |
|                             | 1     | 6-5  | DTX                                                               |
|                             | 1     | 4-1  | radio link timeout / 4 - 1, in SACCH blocks                       |
| cell selection              | 1     | 8-6  | reselection hysteresis, 2 dB steps                                |
|                             | 1     | 5-1  | MS-TXPWR-MAX-CCH                                                  |
|                             | 2     | 8    | ACS                                                               |
|                             | 2     | 7    | NECI: the new establishment causes are in use                     |
|                             | 2     | 6-1  | RXLEV-ACCESS-MIN: dBm + 110                                       |
| RACH control                | 1     | 8-7  | most retransmissions: 1, 2, 4, 7                                  |
|                             | 1     | 6-3  | TX-integer: 3-12, 14, 16, 20, 25, 32, 50 slots                    |
|                             | 1     | 2, 1 | cell barred; no call re-establishment                             |
|                             | 2-3   |      | barred access classes 15 to 0, class 10 being emergency calls     |
"""

from dataclasses import dataclass

RETRANSMISSIONS = (1, 2, 4, 7)
TX_INTEGERS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 25, 32, 50)
T3212_STEP_MIN = 6  # TS 44.018 §10.5.2.11: decihours


@dataclass(frozen=True, slots=True)
class ControlChannel:
    """Control channel description."""

    ccch_conf: int = 0
    bs_ag_blks_res: int = 1
    bs_pa_mfrms: int = 5  # 2-9
    t3212_min: int = 60  # 0: no periodic updating
    attach: bool = True
    mscr: bool = True
    spare: int = 0  # bits 8-4 of octet 2: SI22IND, CBQ3 and spare

    def encode(self) -> bytes:
        """The three octets."""
        first = self.mscr << 7 | self.attach << 6 | self.bs_ag_blks_res << 3 | self.ccch_conf
        return bytes([first, self.spare << 3 | (self.bs_pa_mfrms - 2), self.t3212_min // T3212_STEP_MIN])


def read_control_channel(octets: bytes) -> ControlChannel:
    """Reads three octets."""
    first, second, third = octets
    return ControlChannel(
        ccch_conf=first & 7,
        bs_ag_blks_res=first >> 3 & 7,
        bs_pa_mfrms=(second & 7) + 2,
        t3212_min=third * T3212_STEP_MIN,
        attach=bool(first >> 6 & 1),
        mscr=bool(first >> 7),
        spare=second >> 3,
    )


@dataclass(frozen=True, slots=True)
class CellOptions:
    """Cell options as the BCCH sends them."""

    power_control: bool = False
    dtx: int = 2  # 0 may, 1 shall, 2 shall not
    radio_link_timeout: int = 32  # SACCH blocks
    dynamic: int = 0  # bit 8: DN-IND

    def encode(self) -> bytes:
        """The octet."""
        timeout = self.radio_link_timeout // 4 - 1
        return bytes([self.dynamic << 7 | self.power_control << 6 | self.dtx << 4 | timeout])


def read_cell_options(octet: int) -> CellOptions:
    """Reads the octet."""
    return CellOptions(bool(octet >> 6 & 1), octet >> 4 & 3, 4 * ((octet & 15) + 1), octet >> 7)


@dataclass(frozen=True, slots=True)
class CellSelection:
    """Cell selection parameters."""

    neci: int = 1
    hysteresis_db: int = 4
    tx_power_max: int = 5
    acs: int = 0
    rx_access_min_dbm: int = -110

    def encode(self) -> bytes:
        """The two octets."""
        second = self.acs << 7 | self.neci << 6 | (self.rx_access_min_dbm + 110)
        return bytes([self.hysteresis_db // 2 << 5 | self.tx_power_max, second])


def read_cell_selection(octets: bytes) -> CellSelection:
    """Reads two octets."""
    first, second = octets
    return CellSelection(second >> 6 & 1, 2 * (first >> 5), first & 31, second >> 7, (second & 63) - 110)


@dataclass(frozen=True, slots=True)
class RachControl:
    """RACH control parameters."""

    max_retransmissions: int = 7
    tx_integer: int = 32
    barred: bool = False
    no_re_establishment: bool = True
    barred_classes: int = 0  # bit n: access class n; bit 10: emergency calls only by classes 11-15

    def encode(self) -> bytes:
        """The three octets."""
        first = RETRANSMISSIONS.index(self.max_retransmissions) << 6 | TX_INTEGERS.index(self.tx_integer) << 2
        return bytes([first | self.barred << 1 | self.no_re_establishment]) + self.barred_classes.to_bytes(2, "big")


def read_rach_control(octets: bytes) -> RachControl:
    """Reads three octets."""
    first = octets[0]
    return RachControl(
        max_retransmissions=RETRANSMISSIONS[first >> 6],
        tx_integer=TX_INTEGERS[first >> 2 & 15],
        barred=bool(first >> 1 & 1),
        no_re_establishment=bool(first & 1),
        barred_classes=octets[1] << 8 | octets[2],
    )
