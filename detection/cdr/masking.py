"""What is shown of a value that may name a person, and how no value can be taken for a formula. Pure."""

import re
import string

OUTLINE = frozenset(string.punctuation + " ")  # says nothing of whose it is
PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def shape_of(value: str) -> str:
    """The value's shape alone: # for each digit, x for each letter, the rest as it stands."""
    return "".join("#" if char.isdigit() else char if char in OUTLINE else "x" for char in value)


def without_digits(value: str) -> str:
    """A word of the export, such as a record type, with # for each digit."""
    return "".join("#" if char.isdigit() else char for char in value)


def inert(value: object) -> object:
    """A cell of a CSV that no spreadsheet takes for a formula: an apostrophe before what begins like one."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS) and not PLAIN_NUMBER.fullmatch(value):
        return "'" + value
    return value
