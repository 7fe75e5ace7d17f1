"""Cells of files of one source whose numbers are partly hex by their letters, partly digits alone.

An hour's file of a hex export may by chance hold no letter; a file of the same header may be decimal, since another
system wrote it. The cells that the hex files know tell which: those of a neighbour are mostly the same ones.
"""

from collections.abc import Mapping, Sequence

from detection.cdr.columns import Layout
from detection.cdr.places import CellTable, CellTexts, read_cells_of
from detection.lead import PlacedCell

Place = tuple[int | None, int | None]


def read_cells_by_source(
    texts: Mapping[int, Sequence[CellTexts]], layouts: Mapping[int, Layout], placed: Sequence[PlacedCell]
) -> dict[int, CellTable]:
    """The cells of each source, by its number; a source without letters as the hex one of its kin, where that fits."""
    read: dict[int, CellTable] = {}
    lettered = {layouts[at].kin: at for at in texts if layouts[at].lettered}
    for at in sorted(texts, key=lambda at: not layouts[at].lettered):
        layout = layouts[at]
        read[at] = read_cells_of(texts[at], placed, layout.cell_base)
        twin = lettered.get(layout.kin, at)
        if twin != at and not layout.cell_base:
            together = read_cells_of([*texts[at], *texts[twin]], placed)
            read[at] = _likelier(read[at], texts[at], together, _places(read[twin]), placed)
    return read


def _likelier(
    own: CellTable,
    texts: Sequence[CellTexts],
    together: CellTable,
    twin: set[Place],
    placed: Sequence[PlacedCell],
) -> CellTable:
    """Texts as they read by themselves, or with the hex ones: whichever are more of the cells known."""
    known = twin | {(cell.identity.lac, cell.identity.ci) for cell in placed}
    alone, alike = (_places(table, texts) & known for table in (own, together))
    return own if len(alone) > len(alike) else together


def _places(table: CellTable, texts: Sequence[CellTexts] | None = None) -> set[Place]:
    cells = map(table.cells.get, texts) if texts is not None else table.cells.values()
    return {(cell.lac, cell.ci) for cell in cells if cell is not None}
