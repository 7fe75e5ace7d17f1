"""Assignments: who was given a channel on a cell, each once, with why the phone had asked.

A request's cause can only be read with the cell's NECI (see messages.establishment), which SYSTEM INFORMATION 3 and 4
repeat about once a second. Assignments heard before it wait for it, up to a minute of frames.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from sensor.cell import CellIdentity
from sensor.gsm.block import FRAME_S, Block
from sensor.gsm.messages import (
    ImmediateAssignment,
    ImmediateAssignmentExtended,
    SystemInformation1,
    SystemInformation3,
    SystemInformation4,
    establishment,
    read,
)
from sensor.gsm.messages.channel import hopping_carriers
from sensor.gsm.messages.establishment import PACKET
from sensor.gsm.messages.immediate_assignment import Grant
from sensor.gsm.multiframe import HYPERFRAME, REQUEST_MODULUS
from sensor.readings import AssignmentReading, Stamp

PATIENCE_FRAMES = round(60 / FRAME_S)  # how long an assignment waits for NECI
LARGEST_TIMING_ADVANCE = 63  # TS 45.010 §5.6.2, all bands but GSM 400
REPEAT_FRAMES = round(20 / FRAME_S)  # within which the same grant again is a repetition


@dataclass(frozen=True, slots=True)
class Hopping:
    """How a channel hops. `arfcns` is empty until SYSTEM INFORMATION 1 tells the cell allocation."""

    maio: int
    hsn: int | None  # None: a packet channel, whose sequence stands in SYSTEM INFORMATION 13
    mobile_allocation: str  # hex
    arfcns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One channel given to one phone; lines of `catpool listen`."""

    fn: int  # of the block that told it first
    arfcn: int | None  # the cell's carrier
    bsic: int | None
    ra: int
    fn_mod_42432: int  # when the phone asked, modulo 42432 frames
    establishment: str
    timing_advance: int
    channel_type: str | None  # TCH/F, TCH/H, SDCCH/4, SDCCH/8 or PDCH
    time_slot: int
    subchannel: int | None
    channel_arfcn: int | None = None  # the channel's own carrier; None where it hops
    hopping: Hopping | None = None
    starting_time: int | None = None  # frame number modulo 42432; None: at once
    neci: int | None = None
    identity: CellIdentity = field(default_factory=CellIdentity)
    time: datetime | None = None

    @property
    def request_fn(self) -> int:
        """Frame number of the phone's request: the last one before `fn` that the reference can mean."""
        return (self.fn - (self.fn - self.fn_mod_42432) % REQUEST_MODULUS) % HYPERFRAME

    def reading(self, stamp: Stamp) -> AssignmentReading:
        """The assignment as the journal keeps it."""
        return AssignmentReading(
            stamp=stamp,
            identity=self.identity,
            arfcn=self.arfcn,
            bsic=self.bsic,
            fn=self.fn,
            ra=self.ra,
            fn_mod_42432=self.fn_mod_42432,
            establishment=self.establishment,
            timing_advance=self.timing_advance,
            neci=self.neci,
            channel_type=self.channel_type,
            time_slot=self.time_slot,
            subchannel=self.subchannel,
        )

    def to_json(self) -> str:
        """One line as `catpool listen --json` writes it."""
        line: dict[str, object] = {"event": "assignment", "fn": self.fn, "arfcn": self.arfcn, "bsic": self.bsic}
        if self.time is not None:
            line["time"] = self.time.isoformat()
        line |= {
            "request_reference": {"ra": self.ra, "fn_mod_42432": self.fn_mod_42432},
            "establishment": self.establishment,
            "timing_advance": self.timing_advance,
            "channel_type": self.channel_type,
            "time_slot": self.time_slot,
            "subchannel": self.subchannel,
        }
        if self.hopping is None:
            line["channel_arfcn"] = self.channel_arfcn
        else:
            line["hopping"] = {
                "maio": self.hopping.maio,
                "hsn": self.hopping.hsn,
                "mobile_allocation": self.hopping.mobile_allocation,
                "arfcns": self.hopping.arfcns,
            }
        return json.dumps(line)


@dataclass(slots=True)
class CellState:
    """What is known of one cell while its blocks go by."""

    identity: CellIdentity = field(default_factory=CellIdentity)
    neci: int | None = None
    cell_allocation: tuple[int, ...] = ()
    waiting: list[tuple[Block, Grant]] = field(default_factory=list)
    waited_out: bool = False
    seen: dict[Grant, int] = field(default_factory=dict)  # frame number where each grant was last told


class AssignmentReader:
    """Makes assignments of the blocks of any number of cells, each cell's in order.

    Cells are told apart by carrier and BSIC; blocks with neither are of one unnamed cell.
    """

    def __init__(self, patience_frames: int = PATIENCE_FRAMES) -> None:
        self.patience_frames = patience_frames
        self.insane = 0  # grants that were dropped: a timing advance that no GSM cell of these bands gives
        self.cells: dict[tuple[int | None, int | None, int | None], CellState] = {}

    def cell(self, block: Block) -> CellState:
        """What is known of the cell of this block."""
        return self.cells.setdefault((block.arfcn, block.carrier_hz, block.bsic), CellState())

    def feed(self, block: Block) -> list[Assignment]:
        """The assignments that this block completes: its own, or those that waited for the NECI it tells."""
        state = self.cell(block)
        message = read(block.l2)
        if isinstance(message, SystemInformation1):
            state.cell_allocation = message.cell_allocation
        elif isinstance(message, SystemInformation3 | SystemInformation4):
            learn_identity(state, message)
        elif isinstance(message, ImmediateAssignment | ImmediateAssignmentExtended):
            grants = [grant for grant in message.grants if grant.timing_advance <= LARGEST_TIMING_ADVANCE]
            self.insane += len(message.grants) - len(grants)
            state.waiting += [(block, grant) for grant in grants if is_new(state, grant, block.fn)]
        if state.waiting and frames_between(state.waiting[0][0].fn, block.fn) > self.patience_frames:
            state.waited_out = True
        return release(state) if state.neci is not None or state.waited_out else []

    def finish(self) -> list[Assignment]:
        """The assignments whose cell's NECI never came."""
        return [assignment for state in self.cells.values() for assignment in release(state)]


def learn_identity(state: CellState, message: SystemInformation3 | SystemInformation4) -> None:
    """Takes identity and NECI from system information."""
    area = message.area
    ci = message.ci if isinstance(message, SystemInformation3) else state.identity.ci
    state.identity = CellIdentity("gsm", area.mcc, area.mnc, area.lac, ci)
    state.neci = message.selection.neci


def is_new(state: CellState, grant: Grant, fn: int) -> bool:
    """Whether this grant is no repetition of one told shortly before; forgets those long past."""
    key = replace(grant, starting_time=None)
    told = state.seen.get(key)
    if len(state.seen) > 1000:
        state.seen = {old: at for old, at in state.seen.items() if frames_between(at, fn) <= REPEAT_FRAMES}
    state.seen[key] = fn
    return told is None or frames_between(told, fn) > REPEAT_FRAMES


def frames_between(earlier: int, later: int) -> int:
    """Frames from one to the other, over the hyperframe's end."""
    return (later - earlier) % HYPERFRAME


def release(state: CellState) -> list[Assignment]:
    """Everything that waits, read with what is known now."""
    waiting, state.waiting = state.waiting, []
    return [make_assignment(block, grant, state) for block, grant in waiting]


def make_assignment(block: Block, grant: Grant, state: CellState) -> Assignment:
    """One grant as an assignment. A packet assignment's cause is "packet": a downlink one answers no request."""
    channel = grant.channel
    hopping = None
    if channel.maio is not None:
        carriers = hopping_carriers(state.cell_allocation, grant.mobile_allocation)
        hopping = Hopping(channel.maio, channel.hsn, grant.mobile_allocation.hex(), carriers)
    return Assignment(
        fn=block.fn,
        arfcn=block.arfcn,
        bsic=block.bsic,
        ra=grant.request.ra,
        fn_mod_42432=grant.request.fn_mod_42432,
        establishment=PACKET if grant.packet else establishment(grant.request.ra, state.neci),
        timing_advance=grant.timing_advance,
        channel_type=channel.kind,
        time_slot=channel.time_slot,
        subchannel=channel.subchannel,
        channel_arfcn=channel.arfcn,
        hopping=hopping,
        starting_time=grant.starting_time,
        neci=state.neci,
        identity=state.identity,
        time=block.time,
    )
