"""Request causes: all 256 codes at each NECI, from tables 9.1.8.1 and 9.1.8.2 of TS 44.018 copied row by row."""

import pytest

from sensor.gsm.messages import ESTABLISHMENTS, establishment

# (bits as the tables print them, class); of NECI 1 and of NECI 0. "x" is a random bit.
BOTH = [
    ("101xxxxx", "emergency"),
    ("110xxxxx", "re-establishment"),
    ("100xxxxx", "paging-answer"),
    ("0010xxxx", "paging-answer"),
    ("0011xxxx", "paging-answer"),
    ("0000xxxx", "location-update"),
    ("01110xxx", "packet"),
    ("011110xx", "packet"),
    ("01111x0x", "packet"),
    ("01111xx0", "packet"),
    ("01100111", "other-sdcch"),
    ("01100xx0", "reserved"),
    ("01100x01", "reserved"),
    ("01100011", "reserved"),
    ("01111111", "reserved"),
]
AT_ONE = [
    ("111xxxxx", "originated-call"),
    ("0100xxxx", "originated-call"),
    ("0101xxxx", "originated-call"),
    ("0001xxxx", "other-sdcch"),
    ("011010xx", "re-establishment"),
    ("011011xx", "re-establishment"),
]
AT_ZERO = [
    ("111xxxxx", "originated-any"),
    ("0001xxxx", "unclear"),  # location update (000xxxxx), or answer to a paging for an SDCCH
    ("010xxxxx", "reserved"),
    ("01101xxx", "reserved"),
]
UNKNOWN = [
    ("111xxxxx", "originated-any"),  # whatever NECI is, it was a call, SMS, USSD or detach
    ("0001xxxx", "unclear"),
    ("010xxxxx", "unclear"),
    ("01101xxx", "unclear"),
]


def expand(rows: list[tuple[str, str]]) -> dict[int, str]:
    """Class by code; a code that two rows of different class claim is an error."""
    table: dict[int, str] = {}
    for pattern, name in rows:
        for code in range(256):
            if all(want in ("x", have) for want, have in zip(pattern, f"{code:08b}", strict=True)):
                assert table.get(code, name) == name, (pattern, code)
                table[code] = name
    return table


@pytest.mark.parametrize(("neci", "rows"), [(1, AT_ONE), (0, AT_ZERO), (None, UNKNOWN)])
def test_all_codes(neci: int | None, rows: list[tuple[str, str]]) -> None:
    table = expand(BOTH + rows)
    assert sorted(table) == list(range(256))
    assert {code: establishment(code, neci) for code in range(256)} == table
    assert set(table.values()) <= set(ESTABLISHMENTS)


def test_where_neci_is_unknown_nothing_false_is_said() -> None:
    for code in range(256):
        said = {establishment(code, 0), establishment(code, 1)}
        unknown = establishment(code, None)
        if unknown == "originated-any":
            assert said == {"originated-any", "originated-call"}
        elif unknown != "unclear":
            assert said == {unknown}
