"""A dialect TOML: what an export's owner says of it, over what its columns seem to be. Strict: a typo is an error."""

import codecs
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from detection.cdr.countries import home_by_code
from detection.cdr.times import PARTS, WAYS, TimeWay
from detection.cdr.words import word_key
from detection.errors import ExportError

ROLE_NAMES = [
    "record_type",
    "service",
    "served",
    "calling",
    "called",
    "other",
    "imsi",
    "imei",
    "start",
    "start_date",
    "start_time",
    "end",
    "duration",
    "duration_ms",
    "lac",
    "ci",
    "cgi",
    "lai",
    "enb",
    "ta",
    "result",
    "mcc",
    "mnc",
    "rat",
]
KEYS = {
    "encoding": "a codec, such as gb18030",
    "delimiter": "one character",
    "header": "true or false: whether a line of column names stands before the records",
    "time": "how times (or dates, if apart) are written, as inspect names it, such as day/month/year",
    "time_of_day": "how the time of day is written where it has a column of its own, such as HH:MM:SS",
    "timezone": "the carrier's local time, such as Asia/Shanghai; --timezone goes before it",
    "country": "calling code of the country whose numbers these are, such as 86",
    "duration": "s, ms or HHMMSS: what a plain number is",
    "areas": "hex or decimal: LAC and TAC",
    "cells": "hex or decimal: CI and ECI",
    "[columns] ROLE": "header word, or number of the column from 1; 0 where no column has that role",
    "[record_types] KIND": "its words; kinds are moc, mtc, smo, smt, fwd, data, lu, ussd, other",
    "[results] answered, failed": "words of the result",
}
GOT = {"int": "a number", "float": "a number", "str": "text", "bool": "true or false", "array": "a list"}
OPTIONS = ("encoding", "delimiter", "time", "time_of_day", "timezone", "country", "duration", "areas", "cells")


class RecordTypes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Words of the record type, by kind."""

    moc: list[str] = []
    mtc: list[str] = []
    smo: list[str] = []
    smt: list[str] = []
    fwd: list[str] = []
    data: list[str] = []
    lu: list[str] = []
    ussd: list[str] = []
    other: list[str] = []


class Results(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Words of the result."""

    answered: list[str] = []
    failed: list[str] = []


class Dialect(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a dialect file says; empty where it says nothing."""

    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    time: str = ""
    time_of_day: str = ""
    timezone: str = ""
    country: str = ""
    duration: Literal["", "s", "ms", "HHMMSS"] = ""
    areas: Literal["", "hex", "decimal"] = ""
    cells: Literal["", "hex", "decimal"] = ""
    columns: dict[str, str | int] = {}
    record_types: RecordTypes = RecordTypes()
    results: Results = Results()

    def types(self) -> dict[str, str]:
        """Kind of each folded record-type word."""
        told = msgspec.structs.asdict(self.record_types)
        return {word_key(word): kind for kind, words in told.items() for word in words}

    def outcomes(self) -> dict[str, bool]:
        """Whether answered, of each folded result word."""
        told = ((True, self.results.answered), (False, self.results.failed))
        return {word_key(word): answered for answered, words in told for word in words}

    def bases(self) -> dict[str, bool]:
        """lac, ci -> hexadecimal, where told."""
        return {role: base == "hex" for role, base in (("lac", self.areas), ("ci", self.cells)) if base}


def load_dialect(path: Path) -> Dialect:
    """Reads a dialect file. Raises ExportError that names the key at fault."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExportError(f"dialect {path}: cannot be read ({error.strerror}); check its name and rights") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ExportError(f"dialect {path}: not TOML ({error})") from error
    try:
        dialect = msgspec.convert(told, Dialect, strict=True)
    except msgspec.ValidationError as error:
        raise ExportError(f"dialect {path}: {in_words(str(error))}") from error
    for fault in _faults(dialect):
        raise ExportError(f"dialect {path}: {fault}")
    return dialect


def in_words(message: str) -> str:
    """What msgspec says of a value, as a person who writes a dialect needs it: key, what is wrong, what goes there."""
    what, _, at = message.partition(" - at ")
    key = at.strip("`").removeprefix("$").removeprefix(".")
    if unknown := re.search("unknown field `(.*)`", what):
        whole = f"{key}.{unknown[1]}" if key else unknown[1]
        return f"{whole} is no key; keys are {', '.join(KEYS)}"
    table = key.partition(".")[0]
    goes = KEYS.get(key) or next((says for name, says in KEYS.items() if name.startswith(f"[{table}]")), "see the docs")
    if told := re.search("Expected `(.*?)`, got `(.*)`", what):
        wanted = {"array": ", not a list of words in quotes", "str": ", not text in quotes"}.get(told[1], "")
        return f"{key} is {GOT.get(told[2], told[2])}{wanted}; it says {goes}"
    return f"{key}: {what[:1].lower()}{what[1:]}; it says {goes}"


def _faults(dialect: Dialect) -> list[str]:
    found = [
        f"columns.{role} is no role; roles are {', '.join(ROLE_NAMES)}"
        for role in dialect.columns
        if role not in ROLE_NAMES
    ]
    for table, words in (
        ("record_types", msgspec.structs.asdict(dialect.record_types)),
        ("results", msgspec.structs.asdict(dialect.results)),
    ):
        of: dict[str, str] = {}
        for name, word in ((name, word) for name, held in words.items() for word in held):
            if word_key(word) and of.setdefault(word_key(word), name) != name:
                found.append(f"{table}: {word!r} stands in {of[word_key(word)]} and in {name}; it means one thing")
    if dialect.encoding:
        try:
            codecs.lookup(dialect.encoding)
        except LookupError:
            found.append(f"encoding {dialect.encoding!r} is unknown; use one such as gb18030, utf-8, cp1251")
    if len(dialect.delimiter) > 1:
        found.append(f"delimiter {dialect.delimiter!r} is longer than one character")
    if dialect.country and home_by_code(dialect.country) is None:
        found.append(f"country {dialect.country!r} is no calling code; use one such as 86")
    for key, ways in (("time", (*WAYS, *PARTS)), ("time_of_day", PARTS)):
        name = getattr(dialect, key)
        if name and way_named(name, ways) is None:
            found.append(f"{key} {name!r} is unknown; use one of: {', '.join(way.name for way in ways)}")
    if dialect.timezone:
        try:
            ZoneInfo(dialect.timezone)
        except (KeyError, ValueError, OSError):
            found.append(f"timezone {dialect.timezone!r} is no zone; use a name such as Asia/Shanghai")
    return found


def way_named(name: str, ways: Sequence[TimeWay]) -> TimeWay | None:
    """The way to write times that is called so."""
    return next((way for way in ways if way.name == name), None)


def column_of(told: str | int, names: Sequence[str], role: str, where: str) -> int:
    """Column (from 0) that a dialect means; -1 for none. Raises ExportError where the file has no such column."""
    if isinstance(told, int):
        if 0 <= told <= len(names):
            return told - 1
        raise ExportError(f"export {where}: the dialect's columns.{role} = {told}, but it has {len(names)} columns")
    keys = [word_key(name) for name in names]
    if word_key(told) in keys:
        return keys.index(word_key(told))
    raise ExportError(
        f"export {where}: the dialect's columns.{role} = {told!r} is none of its headers ({', '.join(names)[:120]})"
    )


def write_dialect(path: Path, told: dict[str, Any]) -> None:
    """Writes a dialect file to start from. Raises ExportError, also where there is one: somebody may have mended it."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(dialect_text(told))
    except FileExistsError as error:
        raise ExportError(f"dialect {path}: is there already; move it away, or choose another name") from error
    except OSError as error:
        raise ExportError(f"dialect {path}: cannot be written ({error.strerror})") from error


def dialect_text(told: dict[str, Any]) -> str:
    """The TOML file of a dialect: options, then the tables columns, record_types and results."""
    lines = [f"{key} = {_toml(told[key])}" for key in ("encoding", "delimiter", "header", *OPTIONS[2:]) if key in told]
    for table in ("columns", "record_types", "results"):
        if told.get(table):
            lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in told[table].items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '"' + "".join(char if char >= " " else f"\\u{ord(char):04x}" for char in text) + '"'
