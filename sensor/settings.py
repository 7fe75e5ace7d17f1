"""One TOML file, one strict loader; each room has a frozen dataclass for its section."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from sensor.errors import SettingsError

ROOMS = ("kit", "sensor", "detection", "web")
Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class KitSettings:
    """Section [kit]: who this kit is."""

    name: str = "kit-1"
    timezone: str = ""  # IANA name of the local time; empty: the machine's


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Section [sensor]: what the kit listens with."""

    source: str = ""  # SOURCE of the radio, e.g. "rtl_tcp://127.0.0.1:1234"; empty: no radio
    rate_hz: float = 1_000_000.0
    frequencies_hz: list[float] = field(default_factory=list)  # carriers to listen on, in turn
    gain_db: float = 30.0
    modems: list[str] = field(default_factory=list)  # device paths, best below /dev/serial/by-id
    gpsd: str = "127.0.0.1:2947"  # empty: no GPS
    keep_days: int = 30  # older readings are purged
    keep_mb: int = 2_000  # a larger journal is purged from its oldest end


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
    known = getattr(kind, "__dataclass_fields__", {})
    stray = sorted(set(section) - set(known))
    if stray:
        raise SettingsError(f"settings {path}: unknown key {stray[0]!r} in [{room}]; there are {', '.join(known)}")
    try:
        return msgspec.convert(section, kind, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings {path}: [{room}] {error}") from error
