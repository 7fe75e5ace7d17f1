"""What the words and numbers of a record mean: its kind, its duration, whether it was answered."""

import re

from detection.cdr.columns import Layout
from detection.cdr.formats import vocabulary
from detection.cdr.record_words import KINDS, duration_of, meaning_of
from detection.cdr.words import is_empty, word_key

__all__ = ["KINDS", "NO_KIND", "answered_of", "duration_of", "kind_of", "meaning_of", "seconds_of"]

NO_KIND = ""  # what kind_of gives for a value that stands in the wrong column


def kind_of(layout: Layout, record_type: str | None, service: str | None) -> str:
    """One of KINDS, from the record type and the service together; NO_KIND where the line is to be refused."""
    if "record_type" not in layout.roles and "service" not in layout.roles:
        return "moc"
    kind = "moc"
    if "record_type" in layout.roles:
        kind = kind_alone(layout, "record_type", record_type)
    if "service" not in layout.roles or kind == NO_KIND:
        return kind
    said = kind_alone(layout, "service", service)
    if said == NO_KIND or kind in ("data", "lu", "ussd", "fwd"):
        return kind if said != NO_KIND else NO_KIND
    if said in ("smo", "smt"):
        return "smt" if kind in ("mtc", "smt") or (said == "smt" and "record_type" not in layout.roles) else "smo"
    if said in ("data", "lu", "ussd") or kind == "other":
        return said
    return {"smo": "moc", "smt": "mtc"}.get(kind, kind) if said in ("moc", "mtc") else kind


def kind_alone(layout: Layout, role: str, text: str | None) -> str:
    """One of KINDS, from one of the two columns; NO_KIND where the line is to be refused."""
    if text is None or is_empty(text):
        return NO_KIND if layout.roles[role] in layout.always else "other"
    plain = text.strip()
    if layout.types:
        told = layout.types.get(word_key(plain))
        if told is not None:
            return told
    if layout.numbered_types and role == "record_type":
        whole = plain.removesuffix(".0")
        if not whole.isdigit() or len(whole) > 3:
            return NO_KIND
        return vocabulary().numbered[layout.numbered_types].get(int(whole), "other")
    return meaning_of(plain) or (NO_KIND if _out_of_place(layout, role, plain) else "other")


def _out_of_place(layout: Layout, role: str, plain: str) -> bool:
    """True for a number, a time or a place where the column holds words: the line has shifted."""
    longest = layout.shape.get(layout.roles[role], (0, 40))[1]
    return bool(re.search(r"\d{4}", plain)) or (plain.isdigit() and longest > 3) or len(plain) > 2 * longest + 8


def seconds_of(layout: Layout, text: str) -> float | None:
    """Seconds of a text in the duration column; None where it is none."""
    if "duration_ms" in layout.roles and "duration" not in layout.roles:
        read = duration_of(text)
        return None if read is None else read / 1000
    plain = text.strip()
    if layout.duration_form == "HHMMSS" and len(plain) == 6 and plain.isdigit():
        return int(plain[:2]) * 3600 + int(plain[2:4]) * 60 + int(plain[4:])
    read = duration_of(plain)
    return read / 1000 if read is not None and layout.duration_form == "ms" else read


def answered_of(layout: Layout, text: str | None) -> bool | None:
    """Whether a result says that the call was answered; None where it says nothing."""
    if text is None or is_empty(text):
        return None
    plain = text.strip()
    key = word_key(plain).removesuffix("0") if plain.endswith(".0") else word_key(plain)
    for told in (plain, key):
        if told in layout.results:
            return layout.results[told]
    if layout.flag and key in ("1", "0"):
        return key == "1"
    return vocabulary().results.get(key)
