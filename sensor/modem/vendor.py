"""What a vendor's dialect is: a record with how to know it, what to ask, and how to read the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sensor.cell import CellIdentity
from sensor.lte import earfcn as lte
from sensor.modem.redact import redact
from sensor.readings import CellReading, Stamp


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of an answer: the cells read, and the lines that could not be read (redacted)."""

    cells: tuple[CellReading, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A line to send and the reader of its answer; `read` None: the line only prepares the next."""

    command: str
    read: Callable[[Sequence[str], Stamp], Heard] | None = None
    timeout_s: float = 5.0
    last_resort: bool = False  # asked only if nothing was heard before


@dataclass(frozen=True, slots=True)
class Vendor:
    """One family of modems. `knows` are words of the answer to ATI or AT+CGMI, in capitals."""

    name: str
    knows: tuple[str, ...]
    questions: tuple[Question, ...]


def each_line(
    read: Callable[[str, Stamp], CellReading | None],
) -> Callable[[Sequence[str], Stamp], Heard]:
    """A reader of answers from a reader of lines that returns None for a blank cell and raises ValueError."""

    def read_all(lines: Sequence[str], stamp: Stamp) -> Heard:
        cells: list[CellReading] = []
        refused: list[str] = []
        for line in lines:
            try:
                cell = read(line, stamp)
            except (ValueError, IndexError):
                refused.append(redact(line))
            else:
                if cell is not None:
                    cells.append(replace(cell, raw=redact(line)))
        return Heard(tuple(cells), tuple(refused))

    return read_all


def lte_cell(stamp: Stamp, identity: CellIdentity, earfcn: int | None, **heard: Any) -> CellReading:
    """A reading of an LTE cell; band and carrier follow from the EARFCN."""
    band, carrier_hz = (lte.downlink(earfcn) if earfcn is not None else None) or (None, None)
    return CellReading(stamp, identity, band=band, carrier_hz=carrier_hz, earfcn=earfcn, **heard)
