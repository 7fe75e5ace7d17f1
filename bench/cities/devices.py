"""IMEIs: TACs of handsets by taste, of radio modules, and forged ones. Check digit after TS 23.003 annex B."""

import numpy as np

from .terrain import Ints


class Shop:
    """Hands out IMEIs of one city: popular handsets, cheap feature phones, modules for machines."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.handsets = rng.choice(np.arange(35_000_000, 35_999_999), 90, replace=False)
        self.handsets[::3] = rng.choice(np.arange(86_000_000, 86_999_999), 30, replace=False)
        self.taste = rng.permutation(1.0 / np.arange(1, 91) ** rng.uniform(0.7, 1.1))
        self.taste /= self.taste.sum()
        self.modules = rng.choice(np.arange(86_100_000, 86_990_000), 14, replace=False)

    def handset(self, count: int) -> Ints:
        return whole(self.rng.choice(self.handsets, count, p=self.taste), self.rng.integers(0, 10**6, count))

    def module(self, count: int, models: int = 14) -> Ints:
        return whole(self.rng.choice(self.modules[:models], count), self.rng.integers(0, 10**6, count))

    def batch(self, count: int, *, module: bool) -> Ints:
        """Devices bought together: one TAC, serials near each other."""
        tac = self.rng.choice(self.modules) if module else self.rng.choice(self.handsets, p=self.taste)
        serial = int(self.rng.integers(0, 990_000)) + np.cumsum(self.rng.integers(1, 9, count))
        return whole(np.full(count, tac), serial % 10**6)


def whole(tac: Ints, serial: Ints) -> Ints:
    """15 digits of an IMEI from TAC (8) and serial (6)."""
    body = np.asarray(tac, np.int64) * 10**6 + serial
    total = np.zeros(len(body), np.int64)
    rest = body.copy()
    for place in range(14):
        digit = rest % 10 * (2 if place % 2 == 0 else 1)
        total += digit // 10 + digit % 10
        rest //= 10
    return np.asarray(body * 10 + -total % 10)


def next_to(imei: Ints, step: int = 1) -> Ints:
    """The neighbour's IMEI, as of the second slot of a phone."""
    body = imei // 10
    return whole(body // 10**6, (body % 10**6 + step) % 10**6)
