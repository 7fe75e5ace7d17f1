"""Where the cells of an export stand: the mast of each, and what acts on them say of a place."""

from collections.abc import Sequence
from dataclasses import dataclass

from detection.cdr import siting
from detection.cdr.acts import Acts
from detection.cdr.gateways import Spot
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

MOST_SPOTS = 40  # cells and rings, the most heard first, that a place goes by


@dataclass(frozen=True, slots=True)
class Masts:
    """The cells of an export by their index, the mast of each where CELLS.csv has one, and all masts as (lat, lon)."""

    cells: Sequence[CellIdentity]
    placed: Sequence[PlacedCell | None]
    points: list[tuple[float, float]]

    def site(self, acts: Acts, most: int = MOST_SPOTS, points: int = siting.GRID_POINTS) -> siting.Site | None:
        """The place that explains acts best, by their `most` heard spots; `points`: how fine the grid is."""
        return siting.site(self._sightings(acts)[:most], self.points, points)

    def fits(self, spots: list[Spot]) -> bool:
        """Whether one place explains these cells and rings, as far as their masts are known."""
        known = [seen for cell, ta in spots if (seen := self._sighting(cell, ta, 1.0)) is not None]
        return siting.fits(known, self.points)

    def _sightings(self, acts: Acts) -> list[siting.Sighting]:
        counted: dict[Spot, int] = {}
        for spot in zip(acts.cell.tolist(), acts.ta.tolist(), strict=True):
            if spot[0] >= 0:
                counted[spot] = counted.get(spot, 0) + 1
        total = sum(counted.values())
        most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MOST_SPOTS]
        return [seen for (cell, ta), n in most if (seen := self._sighting(cell, ta, n / total)) is not None]

    def _sighting(self, cell: int, ta: int, weight: float) -> siting.Sighting | None:
        placed = self.placed[cell]
        return None if placed is None else siting.Sighting(placed, None if ta < 0 else ta, weight)


def find_masts(cells: Sequence[CellIdentity], placed: Sequence[PlacedCell]) -> Masts:
    """Of an export's cells, from those of CELLS.csv."""
    return Masts(cells, place_cells(cells, placed), sorted({(cell.lat, cell.lon) for cell in placed}))


def place_cells(cells: Sequence[CellIdentity], placed: Sequence[PlacedCell]) -> list[PlacedCell | None]:
    """The mast of each cell of an export: by LAC and CI, by MCC and MNC too where both sides know them."""
    by_pair: dict[tuple[int | None, int | None], list[PlacedCell]] = {}
    by_cell: dict[int | None, list[PlacedCell]] = {}
    for cell in placed:
        by_pair.setdefault((cell.identity.lac, cell.identity.ci), []).append(cell)
        by_cell.setdefault(cell.identity.ci, []).append(cell)
    found: list[PlacedCell | None] = []
    for who in cells:
        near = by_pair.get((who.lac, who.ci), [])
        if not near and who.lac is None and len(by_cell.get(who.ci, [])) == 1:
            near = by_cell[who.ci]
        found.append(next((cell for cell in near if _one_network(who, cell.identity)), None))
    return found


def _one_network(who: CellIdentity, other: CellIdentity) -> bool:
    return (who.mcc is None or other.mcc in (None, who.mcc)) and (who.mnc is None or other.mnc in (None, who.mnc))
