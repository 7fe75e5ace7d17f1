"""What is shown of a value that may name a person, and how no value can be taken for a formula. Pure."""

import re
import string
from collections.abc import Callable

OUTLINE = frozenset(string.punctuation + " ")  # says nothing of whose it is
PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Told(dict[int, str]):
    """What stands for each character, asked once of each: the table of str.translate."""

    def __init__(self, tell: Callable[[str], str]) -> None:
        self._tell = tell

    def __missing__(self, code: int) -> str:
        told = self[code] = self._tell(chr(code))
        return told


_SHAPE = _Told(lambda char: "#" if char.isdigit() else char if char in OUTLINE else "x")
_WORD = _Told(lambda char: "#" if char.isdigit() else char)
_PRINTABLE = _Told(lambda char: char if char.isprintable() else " ")


def shape_of(value: str) -> str:
    """The value's shape alone: # for each digit, x for each letter, the rest as it stands."""
    return value.translate(_SHAPE)


def without_digits(value: str) -> str:
    """A word of the export, such as a record type, with # for each digit."""
    return value.translate(_WORD)


def printable(value: str) -> str:
    """A value on one line, with nothing that moves a cursor."""
    return value.translate(_PRINTABLE)


def inert(value: object) -> object:
    """A cell of a CSV that no spreadsheet takes for a formula: an apostrophe before what begins like one."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS) and not PLAIN_NUMBER.fullmatch(value):
        return "'" + value
    return value
