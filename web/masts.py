"""Masts: where a named cell stands, and which of a nation's cells a map can draw. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import cos, radians

from detection.lead import PlacedCell
from sensor.cell import CellIdentity


def same_cell(one: CellIdentity, other: CellIdentity) -> bool:
    """Whether two names can be one cell: LAC and CI alike, and nothing that both say differs."""
    if None in (one.lac, one.ci) or one.rat != other.rat:
        return False
    alike = one.lac == other.lac and one.ci == other.ci
    return alike and all(a is None or b is None or a == b for a, b in ((one.mcc, other.mcc), (one.mnc, other.mnc)))


class Masts:
    """Placed cells, found by name."""

    def __init__(self, placed: Sequence[PlacedCell]) -> None:
        self.placed = placed
        self._by_numbers: defaultdict[tuple[str, int | None, int | None], list[PlacedCell]] = defaultdict(list)
        for cell in placed:
            self._by_numbers[cell.identity.rat, cell.identity.lac, cell.identity.ci].append(cell)

    def find(self, identity: CellIdentity) -> PlacedCell | None:
        """Where a cell stands: the row of its very name, else the only one that can be it, else None."""
        named = self._by_numbers.get((identity.rat, identity.lac, identity.ci), [])
        fitting = [cell for cell in named if same_cell(identity, cell.identity)]
        exact = next((cell for cell in fitting if cell.identity == identity), None)
        return exact or (fitting[0] if len(fitting) == 1 else None)

    def around(self, identities: Iterable[CellIdentity], most: int) -> list[PlacedCell]:
        """The named cells and the `most` nearest to their middle, in the order of the list."""
        if len(self.placed) <= most:
            return list(self.placed)
        named = [cell for identity in identities if (cell := self.find(identity)) is not None]
        middle = named or self.placed
        lat, lon = (sum(getattr(cell, axis) for cell in middle) / len(middle) for axis in ("lat", "lon"))
        wide = cos(radians(lat))
        nearest = sorted(self.placed, key=lambda cell: (cell.lat - lat) ** 2 + ((cell.lon - lon) * wide) ** 2)
        kept = {id(cell) for cell in [*named, *nearest[:most]]}
        return [cell for cell in self.placed if id(cell) in kept]
