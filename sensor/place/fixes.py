"""The newest fix of each receiver, and how long it holds. Pure: the time (monotonic, s) is passed in."""

from dataclasses import dataclass, replace

from sensor.place import STALE_S
from sensor.readings import Position


@dataclass(frozen=True, slots=True)
class _Held:
    position: Position
    heard_s: float


class Fixes:
    """Fixes by receiver. A receiver that says it has none loses the one it had."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._hdop: dict[str, float] = {}

    def put(self, receiver: str, position: Position, heard_s: float) -> None:
        self._held[receiver] = _Held(position, heard_s)

    def put_hdop(self, receiver: str, hdop: float) -> None:
        self._hdop[receiver] = hdop

    def lose(self, receiver: str | None = None) -> None:
        """Forgets what `receiver` said, or all of them."""
        for name in list(self._held) if receiver is None else [receiver]:
            self._held.pop(name, None)
            self._hdop.pop(name, None)

    def newest(self, now_s: float) -> Position | None:
        fresh = [(held.heard_s, name) for name, held in self._held.items() if now_s - held.heard_s <= STALE_S]
        if not fresh:
            return None
        name = max(fresh)[1]
        position = self._held[name].position
        return replace(position, hdop=self._hdop.get(name)) if position.hdop is None else position
