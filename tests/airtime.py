"""Blocks of a made-up GSM cell: SYSTEM INFORMATION 3 now and then, an assignment for each request."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sensor.gsm.block import FRAME_S, FRAMES_PER_HYPERFRAME, Block
from sensor.gsm.messages import ImmediateAssignment, SystemInformation3
from sensor.gsm.messages.cell_parameters import CellSelection
from sensor.gsm.messages.channel import Channel
from sensor.gsm.messages.immediate_assignment import Grant
from sensor.gsm.messages.location_area import LocationArea
from sensor.gsm.messages.request_reference import RequestReference

CALL, PAGING, REGISTRATION, PACKET = 0xE0, 0x80, 0x00, 0x70


@dataclass(frozen=True)
class Request:
    """What a phone asked for, when, and how far it is."""

    t_s: float
    ra: int
    timing_advance: int


def draw(rate_hz: float, seconds: float, ra: int, places: Iterable[int], rng: np.random.Generator) -> list[Request]:
    """Requests of one cause at random times, spread evenly over the places."""
    spread = list(places)
    return [
        Request(float(t), ra + int(rng.integers(16)), spread[int(rng.integers(len(spread)))])
        for t in rng.uniform(0, seconds, rng.poisson(rate_hz * seconds))
    ]


def on_air(
    requests: Iterable[Request],
    seconds: float,
    neci: int = 1,
    arfcn: int | None = 20,
    bsic: int | None = 25,
    ci: int = 3305,
    first_fn: int = 1000,
    repeats: int = 1,
) -> list[Block]:
    """The cell's blocks in order; `repeats`: how often each assignment is sent."""
    area = LocationArea("460", "00", 1201)
    system = SystemInformation3(ci=ci, area=area, selection=CellSelection(neci=neci)).encode()
    timed = [(t_s, "BCCH", system) for t_s in np.arange(0.0, seconds, 2.0)] + [(seconds, "BCCH", system)]
    for request in requests:
        fn = first_fn + round(request.t_s / FRAME_S)
        grant = Grant(
            RequestReference(request.ra, fn % 42432), request.timing_advance, Channel("SDCCH/8", 1, 0, 5, arfcn=20)
        )
        octets = ImmediateAssignment(grant).encode()
        timed += [(request.t_s + 0.1 + n * 0.3, "CCCH", octets) for n in range(repeats)]
    timed.sort(key=lambda row: row[0])
    return [
        Block(round(first_fn + t_s / FRAME_S) % FRAMES_PER_HYPERFRAME, channel, octets, arfcn=arfcn, bsic=bsic)
        for t_s, channel, octets in timed
    ]
