"""Export dialects, as data: a TOML file each. A new dialect is one more file here, and nothing else.

[columns] gives header words a role, [record_types] and [results] give words of a column's values a meaning,
[numbered_types] does so for numbers.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from detection.cdr.words import word_key


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All dialects together, each word folded by `word_key`; numbered types stay apart by dialect."""

    columns: dict[str, str] = field(default_factory=dict)  # header word -> role
    record_types: dict[str, str] = field(default_factory=dict)  # value -> moc mtc smo smt fwd data lu ussd
    results: dict[str, bool] = field(default_factory=dict)  # value -> answered
    numbered: dict[str, dict[int, str]] = field(default_factory=dict)  # dialect -> number -> kind


@cache
def vocabulary() -> Vocabulary:
    """Reads every TOML file of this package, in the order of their names; the first to claim a word keeps it."""
    words = Vocabulary()
    for entry in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            dialect = tomllib.loads(entry.read_text(encoding="utf-8"))
            for target, section in ((words.columns, "columns"), (words.record_types, "record_types")):
                for meaning, spellings in dialect.get(section, {}).items():
                    for spelling in spellings:
                        target.setdefault(word_key(spelling), meaning)
            for meaning, spellings in dialect.get("results", {}).items():
                for spelling in spellings:
                    words.results.setdefault(word_key(spelling), meaning == "answered")
            if "numbered_types" in dialect:
                words.numbered[dialect["name"]] = {int(n): kind for n, kind in dialect["numbered_types"].items()}
    return words
