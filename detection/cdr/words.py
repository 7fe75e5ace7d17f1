"""Folding of words, so that "Served IMSI", "served_imsi" and "ＳＥＲＶＥＤ－ＩＭＳＩ" are one."""

import re
import unicodedata

EMPTY_WORDS = ("", "null", "none", "nan", "n/a", "na", "nil", "-", "--", "\\n", "<null>", "#n/a", "无", "空", "(null)")

_NOT_WORD = re.compile(r"[\W_]+")
_UNIT = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


def word_key(text: str) -> str:
    """Text in NFKC, lower case, without spaces and punctuation."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower())


def header_keys(text: str) -> tuple[str, ...]:
    """The keys a header word may be known by: whole, then without its bracketed unit."""
    plain = text.strip().strip("\ufeff\"'")
    return word_key(plain), word_key(_UNIT.sub("", plain))


def is_empty(text: str) -> bool:
    """True for the many ways exports write "nothing"."""
    return text.strip().strip("\"'").strip().lower() in EMPTY_WORDS
