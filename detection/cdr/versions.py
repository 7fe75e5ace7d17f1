"""Versions of the layer that raids taught: CATPOOL_HOME/cdr/model-0001.json and on, each with its data card.

`model-in-use` names the one that ranks; 0, or no such file, is the score as shipped. Nothing is ever overwritten, so
going back is naming an earlier number. A layer belongs to the base score that it was fitted on.
"""

import hashlib
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from detection.cdr.layer import AS_SHIPPED, Layer
from detection.cdr.leads_file import write_whole
from detection.errors import DetectionError

IN_USE = "model-in-use"


class Card(msgspec.Struct, frozen=True):
    """What a version was made of, and how it did on raids held back from it."""

    made: datetime
    by: str
    outcomes: dict[str, int]  # how many of each sort
    raids: tuple[str, ...]  # ids of the outcomes it has seen
    held_back: int
    log_loss: tuple[float, float]  # before, after
    average_precision: tuple[float | None, float | None]
    true_alarms: tuple[int, int]
    false_alarms: tuple[int, int]
    first_date: str = ""
    last_date: str = ""


class Version(msgspec.Struct, frozen=True):
    """A file model-NNNN.json."""

    number: int
    base: str
    offset: float
    slope: float
    kinds: dict[str, float]
    card: Card

    @property
    def layer(self) -> Layer:
        return Layer(self.offset, self.slope, self.kinds)


def base_version() -> str:
    """Which base score this catpool ships: a mark of all its weights."""
    mark = hashlib.sha256()
    for entry in sorted(files("detection.cdr").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith((".json", ".json.gz", ".npz")):
            mark.update(entry.name.encode() + entry.read_bytes())
    return mark.hexdigest()[:12]


def versions(folder: Path) -> list[Version]:
    """All versions kept, in order. Raises DetectionError where one can't be read."""
    found = []
    for path in sorted(folder.glob("model-[0-9]*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Version))
        except (OSError, msgspec.DecodeError) as error:
            raise DetectionError(
                f"model {path}: cannot be read ({error}); restore it, or `catpool cdr feedback --use 0`"
            ) from error
    return found


def in_use(folder: Path) -> int:
    """Number of the version that ranks; 0 as shipped."""
    try:
        text = (folder / IN_USE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return 0
    except (OSError, UnicodeDecodeError) as error:
        raise DetectionError(f"{folder / IN_USE}: cannot be read ({error})") from error
    if not text.isdigit():
        raise DetectionError(f"{folder / IN_USE}: {text!r} is no number; `catpool cdr feedback --use 0` mends it")
    return int(text)


def use(folder: Path, number: int) -> None:
    """Lets a version rank from now on. Raises DetectionError where there is none of this number."""
    known = [0, *(version.number for version in versions(folder))]
    if number not in known:
        told = ", ".join(str(one) for one in known)
        raise DetectionError(f"model {number}: there is none of this number under {folder}; there are {told}")
    write_whole(folder / IN_USE, f"{number}\n")


def add(folder: Path, version: Version) -> Path:
    """Writes a new version; it does not rank before `use` names it."""
    path = folder / f"model-{version.number:04d}.json"
    body: dict[str, Any] = msgspec.to_builtins(version)
    write_whole(path, msgspec.json.format(msgspec.json.encode(body), indent=1).decode() + "\n")
    return path


def ranking_layer(folder: Path) -> tuple[Layer, int, str]:
    """(layer, its number, a warning or "") that a ranking shall use."""
    number = in_use(folder)
    if number == 0:
        return AS_SHIPPED, 0, ""
    found = [version for version in versions(folder) if version.number == number]
    if not found:
        raise DetectionError(f"model {number} is in use but not in {folder}; `catpool cdr feedback --use 0` mends it")
    if found[0].base != base_version():
        why = f"model {number} was fitted on another version of the score and is left out: rank anew, then feed back"
        return AS_SHIPPED, 0, why
    return found[0].layer, number, ""
