"""Why a phone asked for a channel: CHANNEL REQUEST, 3GPP TS 44.018 §9.1.8, tables 9.1.8.1 and 9.1.8.2.

The eight bits of a request are a cause and random bits; how wide the cause is depends on NECI, the cell's "new
establishment causes" bit in SYSTEM INFORMATION 3 and 4. An assignment repeats them in its request reference.

| bits     | NECI 1                                              | NECI 0                                      |
|----------|-----------------------------------------------------|---------------------------------------------|
| 101xxxxx | emergency                                           | the same                                    |
| 110xxxxx | re-establishment                                    | the same                                    |
| 01101xxx | re-establishment, half rate                         | not used                                    |
| 100xxxxx | answer to paging: any channel, or a full-rate phone | the same                                    |
| 0010xxxx | answer to paging: TCH/F, dual-rate phone            | the same                                    |
| 0011xxxx | answer to paging: TCH/H or TCH/F, dual-rate phone   | the same                                    |
| 0001xxxx | SMS, USSD, detach; or answer to paging: SDCCH       | location update; or answer to paging: SDCCH |
| 111xxxxx | originated call                                     | originated call, or SMS, USSD, detach       |
| 0100xxxx | originated speech call, half rate will do           | not used                                    |
| 0101xxxx | originated data call, half rate will do             | not used                                    |
| 0000xxxx | location update                                     | the same                                    |
| 01110xxx | packet: two phases, or signalling                   | the same                                    |
| 01111xxx | packet: one phase (not 01111111: reserved)          | the same                                    |
| 01100111 | location measurement unit                           | the same                                    |
| 01100xxx | reserved otherwise                                  | the same                                    |

At NECI 1 0001xxxx is given as other-sdcch: it proves no answer to paging, nor its absence.
"""

ORIGINATED_CALL = "originated-call"
ORIGINATED_ANY = "originated-any"  # NECI 0: calls share a code with SMS, USSD and detach
PAGING_ANSWER = "paging-answer"
LOCATION_UPDATE = "location-update"
EMERGENCY = "emergency"
RE_ESTABLISHMENT = "re-establishment"
PACKET = "packet"
OTHER_SDCCH = "other-sdcch"
UNCLEAR = "unclear"
RESERVED = "reserved"
ESTABLISHMENTS = (
    ORIGINATED_CALL,
    ORIGINATED_ANY,
    PAGING_ANSWER,
    LOCATION_UPDATE,
    EMERGENCY,
    RE_ESTABLISHMENT,
    PACKET,
    OTHER_SDCCH,
    UNCLEAR,
    RESERVED,
)

RULES = (  # mask, value, at NECI 1, at NECI 0, where NECI is unknown; the first that fits holds
    (0xFF, 0x7F, RESERVED, RESERVED, RESERVED),
    (0xFF, 0x67, OTHER_SDCCH, OTHER_SDCCH, OTHER_SDCCH),
    (0xF8, 0x60, RESERVED, RESERVED, RESERVED),
    (0xF8, 0x68, RE_ESTABLISHMENT, RESERVED, UNCLEAR),
    (0xF0, 0x70, PACKET, PACKET, PACKET),
    (0xE0, 0xA0, EMERGENCY, EMERGENCY, EMERGENCY),
    (0xE0, 0xC0, RE_ESTABLISHMENT, RE_ESTABLISHMENT, RE_ESTABLISHMENT),
    (0xE0, 0xE0, ORIGINATED_CALL, ORIGINATED_ANY, ORIGINATED_ANY),
    (0xE0, 0x80, PAGING_ANSWER, PAGING_ANSWER, PAGING_ANSWER),
    (0xE0, 0x20, PAGING_ANSWER, PAGING_ANSWER, PAGING_ANSWER),
    (0xE0, 0x40, ORIGINATED_CALL, RESERVED, UNCLEAR),
    (0xF0, 0x10, OTHER_SDCCH, UNCLEAR, UNCLEAR),
    (0xF0, 0x00, LOCATION_UPDATE, LOCATION_UPDATE, LOCATION_UPDATE),
)


def establishment(ra: int, neci: int | None) -> str:
    """The class of a channel request `ra` (0-255), one of ESTABLISHMENTS; `neci` None while it is unknown."""
    for mask, value, at_one, at_zero, unknown in RULES:
        if ra & mask == value:
            return unknown if neci is None else at_one if neci else at_zero
    raise AssertionError(f"the rules cover every octet, not {ra}")
