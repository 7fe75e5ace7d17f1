"""SIMs that belong together: one device, one spot, one road, calls among themselves.

Only SIMs that look like a box's on their own are joined by where they stand, so that a house, an office or a
dormitory around a box does not fall in with it. A shared device joins more readily.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr import likeness
from detection.cdr.acts import Acts
from detection.cdr.history import History

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STATIC_SHARE = 0.6  # of a SIM's acts at its main spot, to count as standing there
SPOT_SHARE, LEAST_AT_SPOT = 0.15, 5  # of its acts, and acts, to count as standing at one of several
MOST_ON_ONE_SPOT = 400
CANDIDATE_DEVICE, CANDIDATE_SPOT = -2.0, 2.0  # least own evidence to be joined so


@dataclass(frozen=True, slots=True)
class Link:
    """Two SIMs held to be of one box, why, and from when that could be known (Unix s)."""

    one: int
    two: int
    why: str  # "device", "spot", "road", "calls"
    since_s: int


@dataclass(frozen=True, slots=True)
class Group:
    """SIMs of one suspected box; `joined_s` says from when each could be known to belong."""

    sims: tuple[int, ...]
    joined_s: tuple[int, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Spots:
    """Acts of SIMs at cells and rings, sorted by SIM: arrays of one length; ta is -1 where unknown."""

    sim: Ints
    cell: Ints
    ta: Ints
    acts: Ints
    first_s: Ints
    last_s: Ints


def find_links(own: Floats, family: Ints, history: History, spots: Spots) -> list[Link]:
    """Links among SIMs whose own evidence (log odds without prior) allows them.

    `family` parts what never stands in one box although it stands on one spot, such as a registration pool
    and a gateway.
    """
    links = [
        Link(one, two, "device", since)
        for one, two, since, _ in history.sharing
        if min(own[one], own[two]) >= CANDIDATE_DEVICE
    ]
    links += spot_links(own, family, spots)
    return links


def spot_links(own: Floats, family: Ints, spots: Spots) -> list[Link]:
    """SIMs that stand at one cell and one timing advance (or its neighbour): at their main spot, or at one of several.

    A bank that spreads over gateways has its SIMs on a few spots in turn; those that know two spots join them.
    """
    sim, cell, ta, since = standing(own, spots)
    places: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for s, c, a, t in zip(sim.tolist(), cell.tolist(), ta.tolist(), since.tolist(), strict=True):
        places.setdefault((int(family[s]), c, a), []).append((s, t))
    links = []
    for (f, c, a), members in sorted(places.items()):
        around = dict(places.get((f, c, a + 1), []) + members)
        if 2 <= len(around) <= MOST_ON_ONE_SPOT:
            anchor, known = members[0]
            links += [
                Link(min(anchor, s), max(anchor, s), "spot", max(known, t))
                for s, t in sorted(around.items())
                if s != anchor
            ]
    return links


def standing(own: Floats, spots: Spots) -> tuple[Ints, Ints, Ints, Ints]:
    """(SIM, cell, timing advance, since) of the spots at which SIMs above CANDIDATE_SPOT stand.

    Acts at neighbouring timing advances count together, and the middle one speaks for them.
    """
    held = own[spots.sim] >= CANDIDATE_SPOT
    sim, cell, ta, acts, first = (
        column[held] for column in (spots.sim, spots.cell, spots.ta, spots.acts, spots.first_s)
    )
    if not len(sim):
        return sim, cell, ta, first
    key = (sim * (cell.max() + 1) + cell) * (ta.max() + 5) + ta + 2
    order = np.argsort(key)
    sim, cell, ta, acts, first, key = (column[order] for column in (sim, cell, ta, acts, first, key))

    def beside(step: int) -> Ints:
        at = np.minimum(np.searchsorted(key, key + step), len(key) - 1)
        return np.where(key[at] == key + step, acts[at], 0)

    below, above = beside(-1), beside(1)
    pooled = acts + below + above
    total = np.bincount(sim, acts)[sim]
    main = np.zeros(int(sim.max()) + 1)
    np.maximum.at(main, sim, pooled)
    stands = (pooled == main[sim]) & (pooled >= STATIC_SHARE * total)
    stands |= (pooled >= LEAST_AT_SPOT) & (pooled >= SPOT_SHARE * total)
    stands &= (acts > below) & (acts >= above)
    return sim[stands], cell[stands], ta[stands], first[stands]


def group(links: list[Link], history: History) -> list[Group]:
    """Connected SIMs, each group in order of SIM."""
    parent: dict[int, int] = {}

    def root(sim: int) -> int:
        while parent.setdefault(sim, sim) != sim:
            parent[sim] = parent[parent[sim]]
            sim = parent[sim]
        return sim

    for link in links:
        one, two = root(link.one), root(link.two)
        if one != two:
            parent[max(one, two)] = min(one, two)
    members: dict[int, list[int]] = {}
    for sim in sorted(parent):
        members.setdefault(root(sim), []).append(sim)
    joined: dict[int, int] = {}
    held: dict[int, list[Link]] = {}
    for link in links:
        for sim in (link.one, link.two):
            joined[sim] = min(link.since_s, joined.get(sim, link.since_s))
        held.setdefault(root(link.one), []).append(link)
    return [
        Group(tuple(sims), tuple(joined[sim] for sim in sims), tuple(held[first]))
        for first, sims in sorted(members.items())
    ]


def cut(groups: list[Group], acts: Acts, number: Ints, tac: Ints, bonds: Callable[[Acts, Ints], Floats]) -> list[Group]:
    """The groups, each cut where its SIMs are too unlike to be of one box.

    `acts` hold those of all grouped SIMs; `number` gives the number id of every SIM, `tac` the TAC of every IMEI;
    `bonds`, from acts of SIMs, (n, n) log odds that ways travelled together add.
    """
    found = []
    for group in groups:
        sims = np.array(group.sims)
        own = acts.of_sims(sims) if len(sims) > 2 else acts
        for part in likeness.parts(own, sims, number[sims], tac, bonds):
            links = tuple(links_within(group.links, set(sims[part].tolist())))
            joined = tuple(group.joined_s[at] for at in part.tolist())
            found.append(Group(tuple(sims[part].tolist()), joined, links))
    return found


def links_within(links: Sequence[Link], held: set[int]) -> list[Link]:
    """Links among the SIMs of a part; those that had one SIM in common outside it are linked to each other instead."""
    found, first = [], dict[tuple[str, int], Link]()
    for link in links:
        if link.one in held and link.two in held:
            found.append(link)
        elif link.one in held or link.two in held:
            inside, lost = (link.one, link.two) if link.one in held else (link.two, link.one)
            other = first.setdefault((link.why, lost), Link(inside, inside, link.why, link.since_s))
            if other.one != inside:
                one, two = sorted((other.one, inside))
                found.append(Link(one, two, link.why, max(other.since_s, link.since_s)))
    return found
