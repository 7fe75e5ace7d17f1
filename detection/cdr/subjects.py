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
    if re.fullmatch(r"\+?\d{7,20}", digits):  # fewer are a service's, or half a number
        found = []
        if len(digits) == IMSI_DIGITS:
            found.append(hidden.of("sim", digits))
        if len(digits) in IMEI_DIGITS and digits.isdigit():
            found.append(hidden.of("imei", digits[:14]))
        if len(digits) != IMSI_DIGITS:  # a + is a digit too many: only telephone numbers have one
            for number in forms_of(digits):
                found += [hidden.of("num", number), hidden.of("sim", number)]
        return tuple(found)
    raise DetectionError(
        f"{_masked(told)!r} is no lead (L-...), pseudonym (sim-..., num-..., imei-...), IMSI, number or IMEI"
    )


def _masked(text: str) -> str:
    return "".join("#" if char.isdigit() else char for char in text)[:40]


def forms_of(digits: str) -> list[str]:
    """The forms in which an export may know a telephone number: as in China; after a + as in its own country."""
    from detection.cdr.countries import CHINA, countries, one_form

    homes = [CHINA]
    if digits.startswith("+"):
        homes += [home for home in countries().values() if home.code and digits[1:].startswith(home.code)]
    found = [form for home in homes if (form := one_form(digits, home))]
    return list(dict.fromkeys(found))
