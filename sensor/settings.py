"""One TOML file, one strict loader; each room has a frozen dataclass for its section."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sensor.errors import SettingsError

ROOMS = ("kit", "sensor", "detection", "web")
Section = TypeVar("Section")


def setting(default: Any, says: str) -> Any:
    """A field of a settings dataclass: its default, and the line that documents it wherever settings are listed."""
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={"says": says})
    return field(default=default, metadata={"says": says})


@dataclass(frozen=True, slots=True)
class KitSettings:
    """Section [kit]: who this kit is."""

    name: str = setting("kit-1", "name of this kit in readings, on the map and in evidence")
    timezone: str = setting("", 'local time as an IANA name, such as "Asia/Shanghai"; empty: the machine\'s')


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Section [sensor]: what the kit listens with."""

    source: str = setting("", 'SOURCE of the radio, such as "rtl_tcp://127.0.0.1:1234"; empty: no radio')
    rate_hz: float = setting(1_000_000.0, "samples a second asked of a live source")
    frequencies_hz: list[float] = setting([], "centre frequencies (Hz) to listen on, in turn")
    gain_db: float = setting(30.0, "tuner gain; manual, so that levels can be compared")
    modems: list[str] = setting([], "modem ports, best named below /dev/serial/by-id")
    gpsd: str = setting("127.0.0.1:2947", "host and port of gpsd; empty: no GPS")
    keep_days: int = setting(30, "older readings are purged")
    keep_mb: int = setting(2_000, "a larger journal is purged from its oldest end")


def defaults(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """(key, default as TOML, what it says) of each setting of a room, in the order of the code."""
    for item in fields(kind):
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        yield item.name, as_toml(default), item.metadata.get("says", "")


def in_force(path: Path, room: str, kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """(key, value as TOML, what it says) of each setting of a room as the file at `path` has it."""
    section = load_section(path, room, kind)
    for item in fields(kind):
        yield item.name, as_toml(getattr(section, item.name)), item.metadata.get("says", "")


def as_toml(value: Any) -> str:
    """A setting's value as TOML writes it; JSON's strings, numbers, booleans and lists are TOML's too."""
    return json.dumps(value, ensure_ascii=False)


def load_section(path: Path, room: str, kind: type[Section]) -> Section:
    """Section `room` of the TOML file at `path` as `kind`; the defaults when there is no file.

    Raises SettingsError with the file, the key and the mend: a typo is an error, never ignored.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return kind()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings {path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings {path}: not TOML: {error}") from error
    unknown = sorted(set(document) - set(ROOMS))
    if unknown:
        raise SettingsError(f"settings {path}: unknown section [{unknown[0]}]; there are {', '.join(ROOMS)}")
    section = document.get(room, {})
    if not isinstance(section, dict):
        raise SettingsError(f"settings {path}: {room!r} is a section: write [{room}] on a line, its keys below")
    known = getattr(kind, "__dataclass_fields__", {})
    stray = sorted(set(section) - set(known))
    if stray:
        raise SettingsError(f"settings {path}: unknown key {stray[0]!r} in [{room}]; there are {', '.join(known)}")
    try:
        return msgspec.convert(section, kind, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings {path}: [{room}] {error}") from error
