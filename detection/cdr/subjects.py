"""Whom an officer means: a lead, a pseudonym, or a clear identity, which becomes its pseudonyms at once."""

import re

from detection.cdr.pseudonyms import LENGTH, LETTERS, Names
from detection.errors import DetectionError

LEAD = re.compile(r"L-[A-Za-z0-9-]{2,40}|R-[A-Za-z0-9-]{2,40}")
PSEUDONYM = re.compile(rf"(sim|num|imei)-[{LETTERS}]{{{LENGTH}}}")
IMSI_DIGITS, IMEI_DIGITS = 15, (14, 15, 16)


def read_subject(text: str, names: Names) -> tuple[str, ...]:
    """The names under which a ranking may know a subject. Raises DetectionError where it is none.

    Fifteen digits may be an IMSI or an IMEI: both are meant. A telephone number is also the name of a SIM whose IMSI
    the export leaves out.
    """
    told = text.strip()
    if LEAD.fullmatch(told) or PSEUDONYM.fullmatch(told):
        return (told,)
    hidden = Names(names.key)
    digits = re.sub(r"[\s\-']", "", told)
    if re.fullmatch(r"\+?\d{3,20}", digits):
        found = []
        if len(digits) == IMSI_DIGITS:
            found.append(hidden.of("sim", digits))
        if len(digits) in IMEI_DIGITS and digits.isdigit():
            found.append(hidden.of("imei", digits[:14]))
        if len(digits) != IMSI_DIGITS:  # a + is a digit too many: only telephone numbers have one
            number = plain_number(digits)
            found += [hidden.of("num", number), hidden.of("sim", number)]
        return tuple(found)
    raise DetectionError(
        f"{_masked(told)!r} is no lead (L-...), pseudonym (sim-..., num-..., imei-...), IMSI, number or IMEI"
    )


def _masked(text: str) -> str:
    return "".join("#" if char.isdigit() else char for char in text)[:40]


def plain_number(digits: str) -> str:
    """A telephone number in the one form that rankings use."""
    import ibis
    import pyarrow as pa

    from detection.cdr.numbers import normal_number

    table = ibis.memtable(pa.table({"number": [digits]}))
    engine = ibis.duckdb.connect()
    found = engine.to_pyarrow(table.select(number=normal_number(table.number)))["number"][0].as_py()
    engine.disconnect()
    return str(found or digits)
