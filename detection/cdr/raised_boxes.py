"""Boxes of raised SIMs: the name, form and place of each, and the gateways of one that stands at several places."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr import boxes, convoys, gateways, reasons, siting
from detection.cdr.acts import Acts
from detection.cdr.features import HOUR_S
from detection.cdr.pseudonyms import Names
from detection.cdr.scene import Scene
from detection.cdr.victims import LANDLINE

MOVING = ("car", "pair")
STANDING = 0.8  # share of a box's acts at its few places, from which it doesn't move
SETTLED = 0.5  # share of its cells that a box was on an hour before too, from which it stops for hours
LATEST_S = 2 * HOUR_S  # a moving box is placed by what it did this long before its last act

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gateway:
    """One place of a box: the SIMs that acted there, the SIMs that acted there most, its share of the box's acts."""

    name: str
    place: siting.Site | None
    sims: Ints
    home_of: frozenset[int]
    share: float
    acts: Acts


@dataclass(frozen=True, slots=True)
class Box:
    """A group of raised SIMs with its form (a key of reasons.FORMS) and place."""

    name: str
    form: str
    sims: Ints
    group: boxes.Group
    place: siting.Site | None
    gateways: tuple[Gateway, ...] = ()  # of a bank that stands at several places, the busiest first


def raised_boxes(
    scene: Scene, groups: Iterable[boxes.Group], raised: Ints, names: Names, lines: Collection[str]
) -> list[Box]:
    """The boxes that hold the `raised` SIMs; those of no group are one each. `lines`: lessons.Lessons."""
    parts = [(sims, group) for group in groups if len(sims := np.intersect1d(np.array(group.sims), raised))]
    grouped = {int(sim) for sims, _ in parts for sim in sims}
    for sim in raised.tolist():
        if sim not in grouped:
            parts.append((np.array([sim]), boxes.Group((sim,), (int(scene.history.first_s[sim]),), ())))
    return [_box(scene, sims, group, names, lines) for sims, group in parts]


def by_sim(found: Iterable[Box]) -> dict[int, Box]:
    """The box of each SIM that is in one."""
    return {int(sim): box for box in found for sim in box.sims}


def _box(scene: Scene, sims: Ints, group: boxes.Group, names: Names, lines: Collection[str]) -> Box:
    name = "L-" + min(names.letters("lead:" + scene.people.sim_letters(sim), 10) for sim in sims)
    acts = scene.of(sims)
    label = gateways.part(acts, scene.masts.fits) if len(sims) > 1 else np.zeros(len(acts.sim), np.int64)
    form = "landline" if _on_a_line(scene, sims, acts, lines) else _form(scene, sims, group, label)
    if form in MOVING:
        latest = acts.of(acts.t_s >= acts.t_s.max() - LATEST_S)
        return Box(name, form, sims, group, scene.masts.site(latest))
    places = _gateways(scene, name, acts, label)
    main = acts.of(label == 0) if (label == 0).any() else acts
    place = places[0].place if places else scene.masts.site(main)
    return Box(name, form, sims, group, place, places)


def _form(scene: Scene, sims: Ints, group: boxes.Group, label: Ints) -> str:
    """SIMs on one road are no car where a few places explain what they did."""
    on_roads = {sim for link in group.links if link.why == "road" for sim in (link.one, link.two)}
    roads = 2 * len(on_roads.intersection(sims.tolist())) >= len(sims) and float((label >= 0).mean()) < STANDING
    stops = roads and convoys.settled(scene.of(sims)) >= SETTLED
    return reasons.form_of(scene.posterior[sims], len(sims), roads, stops)


def _on_a_line(scene: Scene, sims: Ints, acts: Acts, lines: Collection[str]) -> bool:
    """Whether SIMs are fixed lines, heard on no cell, or a raid found one of them on a line."""
    own = scene.people.hidden()
    if any(name in lines for sim in sims.tolist() for name in (own.sim(sim), scene.number(sim, own))):
        return True
    numbers = scene.history.number_id[sims]
    fixed = (numbers >= 0) & (scene.people.party_class[np.maximum(numbers, 0)] == LANDLINE)
    return 2 * int(fixed.sum()) > len(sims) and not (acts.cell >= 0).any()


def _gateways(scene: Scene, name: str, acts: Acts, label: Ints) -> tuple[Gateway, ...]:
    """The places of a box that stands at more than one."""
    count = int(label.max(initial=-1)) + 1
    if count < 2:
        return ()
    homes = _homes(acts, label)
    return tuple(
        Gateway(
            f"{name}/{at + 1}",
            scene.masts.site(here),
            np.unique(here.sim),
            frozenset(sim for sim, home in homes.items() if home == at),
            len(here.sim) / len(acts.sim),
            here,
        )
        for at in range(count)
        for here in [acts.of(label == at)]
    )


def _homes(acts: Acts, label: Ints) -> dict[int, int]:
    """The place where each SIM acted most."""
    homes = {}
    for sim in np.unique(acts.sim[label >= 0]).tolist():
        homes[sim] = int(np.bincount(label[(acts.sim == sim) & (label >= 0)]).argmax())
    return homes
