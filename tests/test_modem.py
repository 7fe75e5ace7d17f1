"""Modems: the shipped transport on a pseudo-terminal that splits lines, interleaves URCs and unplugs."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from pty_modem import PtyModem

from sensor.cell import CellIdentity
from sensor.errors import DeviceError
from sensor.modem.allowed import AllowList, ForbiddenCommandError
from sensor.modem.redact import redact
from sensor.modem.survey import allow_list, device_of, survey
from sensor.modem.transport import LineGatherer, ModemGoneError, open_transport
from sensor.modem.vendors.quectel import read_qeng
from sensor.modem.vendors.simcom import read_ceng, read_cpsi
from sensor.readings import Stamp

STAMP = Stamp(datetime(2026, 3, 4, 1, 2, 3, tzinfo=UTC), "boot", 12.5, "gps", None, "modem:///dev/ttyUSB2")

SIM800 = {
    "AT": "OK",
    "ATE0": "OK",
    "AT+CMEE=1": "OK",
    "AT+CGMI": "SIMCOM_Ltd\nOK",
    "AT+CFUN?": "+CFUN: 1\nOK",
    "AT+CREG?": "+CREG: 0,2\nOK",
    "AT+CENG=1,1": "OK",
    "AT+CENG=0,0": "OK",
    "AT+CENG?": "\n".join(
        (
            "+CENG: 1,1",
            '+CENG: 0,"0020,45,00,001,01,25,0ce9,05,05,04b1,255"',
            '+CENG: 1,"0027,28,52,0cea,001,01,04b1"',
            '+CENG: 2,"0033,20,49,001,01,04b1"',
            '+CENG: 3,"0080,26,52,ffff,,,0000"',
            '+CENG: 4,",,0000,ffff,56,34"',
            '+CENG: 5,"0593,1312"',
            "OK",
        )
    ),
}


def stamp() -> Stamp:
    return STAMP


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_survey_of_a_sim800_whatever_the_pieces(piece: int) -> None:
    urcs = ["RING", "+CREG: 2", "Call Ready", '+CMTI: "SM",3', "+CPIN: READY", "NORMAL POWER DOWN"] * 3
    with PtyModem(SIM800, piece=piece, unsolicited=urcs) as modem:
        heard = survey(f"modem://{modem.path}", stamp)
        assert modem.received == [
            "AT", "ATE0", "AT+CMEE=1", "AT+CGMI", "AT+CFUN?", "AT+CREG?", "AT+CENG=1,1", "AT+CENG?", "AT+CENG=0,0",
        ]  # fmt: skip
    assert heard.vendor == "SIMCom"
    assert heard.warnings == ()
    assert [(c.arfcn, c.band, c.carrier_hz, c.bsic, c.power_dbm, c.identity) for c in heard.cells] == [
        (20, "GSM900", 939_000_000, 25, -65.0, CellIdentity("gsm", "001", "01", 1201, 3305)),
        (27, "GSM900", 940_400_000, 52, -82.0, CellIdentity("gsm", "001", "01", 1201, 3306)),
        (33, "GSM900", 941_600_000, 49, -90.0, CellIdentity("gsm", "001", "01", 1201, None)),
        (80, "GSM900", 951_000_000, 52, -84.0, CellIdentity("gsm")),
    ]
    assert heard.refused == ('+CENG: 5,"0593,1312"',)


def test_echo_and_a_sleepy_start_do_no_harm() -> None:
    with PtyModem(SIM800, echo=True, deaf_to=1) as modem:
        assert len(survey(f"modem://{modem.path}", stamp).cells) == 4


def test_unplugged_in_the_middle_of_an_answer() -> None:
    with PtyModem(SIM800, unplug_at="AT+CENG?") as modem, pytest.raises(ModemGoneError, match="went away"):
        survey(f"modem://{modem.path}", stamp)


def test_silent_port_says_so() -> None:
    with PtyModem({}, deaf_to=1000) as modem, pytest.raises(DeviceError, match="no answer to AT within 1 s"):
        survey(f"modem://{modem.path}", stamp)


def test_unknown_vendor_is_named() -> None:
    answers = {**SIM800, "AT+CGMI": "Acme\nOK", "AT+CGMM": "Roadrunner 9\nOK", "ATI": "ACME RR9\nOK"}
    with PtyModem(answers) as modem, pytest.raises(DeviceError, match=r"ROADRUNNER 9.*known are SIMCom, Quectel"):
        survey(f"modem://{modem.path}", stamp)


def test_deaf_and_registered_modems_are_told() -> None:
    answers = {**SIM800, "AT+CFUN?": "+CFUN: 4\nOK", "AT+CREG?": "+CREG: 0,5\nOK"}
    with PtyModem(answers) as modem:
        warnings = survey(f"modem://{modem.path}", stamp).warnings
    assert "is deaf" in warnings[0]
    assert "registered and so transmits" in warnings[1]


def test_mode_3_and_cpsi_are_asked_only_when_mode_1_is_empty() -> None:
    cpsi = "+CPSI: LTE,Online,001-01,0x1A2B,187214780,257,EUTRAN-BAND3,1650,5,5,-178,-1089,-742,12"
    answers = {**SIM800, "AT+CENG=1,1": "ERROR", "AT+CENG=3,1": "ERROR", "AT+CENG?": "ERROR"}
    with PtyModem({**answers, "AT+CPSI?": cpsi + "\nOK"}) as modem:
        (cell,) = survey(f"modem://{modem.path}", stamp).cells
    assert cell.identity == CellIdentity("lte", "001", "01", 0x1A2B, 187214780)
    assert (cell.band, cell.carrier_hz, cell.earfcn, cell.pci) == ("B3", 1_850_000_000, 1650, 257)
    assert (cell.rsrp_dbm, cell.rsrq_db, cell.extra) == (-108.9, -17.8, {"n_rb": 100})


@pytest.mark.parametrize(
    "line",
    ["ATD112;", "ATA", "AT+CMGS=5", 'AT+CUSD=1,"*100#"', "AT+COPS=0", "AT+COPS=?", "AT+CGACT=1,1", "AT+CFUN=4",
     "AT+CSQ;D112", "at", "AT+CSQ\rATD112;"],
)  # fmt: skip
def test_only_what_the_list_holds_is_sent(line: str) -> None:
    with PtyModem(SIM800) as modem, open_transport(modem.path, allow_list()) as transport:
        with pytest.raises(ForbiddenCommandError, match="allow-list"):
            transport.ask(line)
        assert transport.sent == []
        assert transport.ask("AT").ok
        assert modem.received == ["AT"]


def test_the_whole_allow_list_only_asks() -> None:
    asking = {"AT", "ATE0", "ATI", "AT+CMEE=1", "AT+CGMI", "AT+CGMM", "AT+CGMR"}
    switching = {"AT+CENG=0,0", "AT+CENG=1,1", "AT+CENG=3,1"}
    rest = allow_list().lines - asking - switching
    assert all(line.endswith("?") or line in ("AT+CSQ", "AT+CESQ") or line.startswith("AT+QENG=") for line in rest)


def test_port_that_is_not_there_and_not_a_port(tmp_path: object) -> None:
    with pytest.raises(DeviceError, match="no such port; look below /dev/serial/by-id"):
        open_transport("/dev/ttyUSB_none", AllowList())
    with pytest.raises(DeviceError, match="modem /etc/hostname: cannot be opened"):
        open_transport("/etc/hostname", AllowList())
    with pytest.raises(DeviceError, match="named by its port"):
        device_of("modem://ttyUSB2")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # 3,1: mcc, mnc, lac, cellid, bsic, rxl
        ('+CENG: 0,"001,01,04b1,0ce9,25,31"', (None, 25, -79.0, CellIdentity("gsm", "001", "01", 1201, 3305))),
        # SIM900: no space after the colon
        ('+CENG:0,"0672,12,99,310,260,40,0007,06,242,0113,2"',
         (672, 40, -98.0, CellIdentity("gsm", "310", "260", 0x113, 7))),
        ('+CENG: 3,"0044,22,11,04b1"', (44, 11, -88.0, CellIdentity("gsm", None, None, 1201, None))),
    ],
)  # fmt: skip
def test_ceng_dialects(line: str, expected: tuple[object, ...]) -> None:
    cell = read_ceng(line, STAMP)
    assert cell is not None
    assert (cell.arfcn, cell.bsic, cell.power_dbm, cell.identity) == expected


def test_ceng_keeps_the_modem_s_own_timing_advance_apart() -> None:
    cell = read_ceng('+CENG: 0,"0672,12,99,310,260,40,0007,06,242,0113,2"', STAMP)
    assert cell is not None
    assert (cell.band, cell.carrier_hz, cell.extra) == ("PCS1900", 1_962_200_000, {"own_timing_advance": 2})


def test_ceng_of_lte_modules() -> None:
    assert read_ceng("+CENG: 1,1,2,LTE CAT-M1", STAMP) is None
    cell = read_ceng('+CENG: 0,"1550,339,-73,-47,-12,17,102,303617,001,05,255"', STAMP)
    assert cell is not None
    assert cell.identity == CellIdentity("lte", "001", "05", 102, 303617)
    assert (cell.earfcn, cell.pci, cell.rsrp_dbm, cell.rsrq_db) == (1550, 339, -73.0, -12.0)
    neighbour = read_ceng('+CENG: 1,"1550,414,-88,-51,-20,17"', STAMP)
    assert neighbour is not None
    assert (neighbour.identity, neighbour.pci) == (CellIdentity("lte"), 414)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("-178,-1089,-742,12", (-17.8, -108.9)),  # tenths
        ("-12,-97,-70,12", (-12.0, -97.0)),  # Cat-M firmware: whole dB
        ("16,44,70,12", (-12.0, -97.0)),  # indices of +CESQ
        ("-500,-2000,0,0", (None, None)),  # out of range: null, the raw line is kept
    ],
)
def test_cpsi_levels_in_each_unit(levels: str, expected: tuple[float | None, float | None]) -> None:
    cell = read_cpsi(f"+CPSI: LTE,Online,001-01,0x1A2B,187214780,257,EUTRAN-BAND3,1650,5,5,{levels}", STAMP)
    assert cell is not None
    assert (cell.rsrq_db, cell.rsrp_dbm) == expected


def test_cpsi_of_gsm_wcdma_and_no_service() -> None:
    gsm = read_cpsi("+CPSI: GSM,Online,001-01,0x04b1,3305,124 EGSM 900,-77,0,19-13", STAMP)
    assert gsm is not None
    assert (gsm.arfcn, gsm.carrier_hz, gsm.power_dbm) == (124, 959_800_000, -77.0)
    wcdma = read_cpsi("+CPSI: WCDMA,Online,001-01,0xD8DF,-2089826525,WCDMA 850,354,4385,0,5.5,55,37,60,500", STAMP)
    assert wcdma is not None
    assert wcdma.identity == CellIdentity("wcdma", "001", "01", 0xD8DF, -2089826525 & 0xFFFFFFF)
    assert read_cpsi("+CPSI: NO SERVICE,Online", STAMP) is None


@pytest.mark.parametrize(
    ("line", "identity", "channel"),
    [
        (
            '+QENG: "servingcell","NOCONN","LTE","FDD",001,01,5F1EA15,12,1650,3,5,5,DE10,-100,-12,-68,11,27',
            CellIdentity("lte", "001", "01", 0xDE10, 0x5F1EA15), (1650, 12, -100.0, -12.0),
        ),
        ('+QENG: "LTE","TDD",001,01,328261F,280,38400,39,4,4,BE3,-99,-14,-66,7,4,30,-',
         CellIdentity("lte", "001", "01", 0xBE3, 0x328261F), (38400, 280, -99.0, -14.0)),
        # rsrq before rsrp here
        ('+QENG: "neighbourcell intra","LTE",275,34,-20,-105,-76,-,-,-,-,-,-',
         CellIdentity("lte"), (275, 34, -105.0, -20.0)),
        ('+QENG: "servingcell","NOCONN","LTE","FDD",001,01,5F1EA15,12,1650,3,5,5,DE10,-200,-40,-68,11,27',
         CellIdentity("lte", "001", "01", 0xDE10, 0x5F1EA15), (1650, 12, None, None)),
    ],
)  # fmt: skip
def test_qeng_of_lte(line: str, identity: CellIdentity, channel: tuple[object, ...]) -> None:
    cell = read_qeng(line, STAMP)
    assert cell is not None
    assert cell.identity == identity
    assert (cell.earfcn, cell.pci, cell.rsrp_dbm, cell.rsrq_db) == channel


def test_qeng_of_gsm_and_nr() -> None:
    gsm = read_qeng('+QENG: "servingcell","NOCONN","GSM",001,01,4B1,CE9,25,20,-,-65,255,255,0,38,38,1,-,-,-,-', STAMP)
    assert gsm is not None
    assert (gsm.arfcn, gsm.bsic, gsm.power_dbm, gsm.identity.ci, gsm.extra) == (20, 25, -65.0, 3305, {})
    nr = read_qeng(
        '+QENG: "servingcell","NOCONN","NR5G-SA","TDD",001,01,31494F003,35,16185B,504990,41,100,-84,-2,8,0', STAMP
    )
    assert nr is not None
    assert nr.identity == CellIdentity("nr", "001", "01", 0x16185B, 0x31494F003)
    assert (nr.band, nr.rsrp_dbm) == ("n41", -84.0)


def test_qeng_lines_without_a_cell() -> None:
    assert read_qeng('+QENG: "servingcell","SEARCH"', STAMP) is None
    assert read_qeng('+QENG: "neighbourcell inter","LTE",1501,-,-,-,-,-,-,0,10,7', STAMP) is None
    assert read_qeng('+QENG: "neighbourcell","WCDMA",3062,3,16,2,-,-,-,-', STAMP) is None


def test_identities_are_redacted() -> None:
    assert redact("+CIMI: 001010123456789") == "+CIMI: <redacted>"
    assert redact('#RFSTS: "001 01",20,-65,"001010123456789"') == '#RFSTS: "001 01",20,-65,"<redacted>"'
    assert redact("m-TMSI: c0ffee12, 3") == "m-TMSI: <redacted>, 3"
    assert redact('+CENG: 0,"0020,45,00,001,01,25,0ce9,05,05,04b1,255"').endswith('04b1,255"')


def test_an_endless_line_is_cut_and_counted() -> None:
    gatherer = LineGatherer()
    assert gatherer.feed(b"x" * 5000) == []
    assert (gatherer.overlong, gatherer.feed(b"\r\nOK\r\n")) == (1, ["OK"])


def test_survey_command_names_a_port_that_is_not_there() -> None:
    command = [sys.executable, "-m", "catpool", "survey", "modem:///dev/ttyUSB_none", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/dev/ttyUSB_none: there is no such port" in done.stderr
