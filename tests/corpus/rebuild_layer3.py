"""Rebuilds layer3.jsonl: blocks with what is read of them, for test_messages.

    python tests/corpus/rebuild_layer3.py RECORDINGS

RECORDINGS is the folder with load-simbox, load-ordinary and two-cells (an Osmocom base station without radio, no real
phones). Every kind of block of theirs goes in, up to eight a kind; then blocks made here: what those cells don't send.
Read the difference before you commit it: the test holds the code to this file, so the file must be right.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from sensor.gsm.messages import (
    ImmediateAssignment,
    ImmediateAssignmentExtended,
    ImmediateAssignmentReject,
    SystemInformation1,
    SystemInformation2,
    SystemInformation3,
    SystemInformation4,
    blank,
    message_type,
    paging,
    read,
)
from sensor.gsm.messages.cell_parameters import CellOptions, CellSelection, ControlChannel, RachControl
from sensor.gsm.messages.channel import Channel
from sensor.gsm.messages.immediate_assignment import Grant
from sensor.gsm.messages.location_area import LocationArea
from sensor.gsm.messages.request_reference import RequestReference

CORPUS = Path(__file__).with_name("layer3.jsonl")
A_KIND = 8


def recorded(folder: Path) -> list[tuple[str, bytes]]:
    """Up to eight different blocks of each message type of each file."""
    found: dict[bytes, str] = {}
    for path in sorted(folder.glob("load-*/frames.jsonl")) + sorted(folder.glob("two-cells/frames*.jsonl")):
        counts: dict[int | None, int] = {}
        for line in path.read_text().splitlines():
            l2 = bytes.fromhex(json.loads(line)["l2"])
            kind = message_type(l2)
            if l2 not in found and counts.get(kind, 0) < A_KIND:
                counts[kind] = counts.get(kind, 0) + 1
                found[l2] = path.parent.name
    return [(name, l2) for l2, name in found.items()]


def made() -> list[tuple[str, bytes]]:
    """What the recorded cells don't send."""
    still = Channel("TCH/F", 3, None, 5, arfcn=700)
    hops = Channel("TCH/H", 2, 1, 5, maio=9, hsn=44)
    near = Grant(RequestReference(0xE5, 42431), 0, still)
    far = Grant(RequestReference(0x87, 17), 63, hops, b"\x0f\x01", 1234)
    packet = Grant(RequestReference(0x73, 4000), 5, Channel("PDCH", 6, None, 2, arfcn=1023), packet=True)
    area = LocationArea("310", "410", 65534)
    downlink = bytearray(ImmediateAssignment(packet, downlink=True).encode())
    downlink[12:17] = b"\xd1\x12\x34\x56\x78"  # HH, packet downlink assignment, a made-up TLLI
    return [
        ("hopping, starting time", ImmediateAssignment(far).encode()),
        ("carrier named", ImmediateAssignment(near, page_mode=3).encode()),
        ("packet uplink", ImmediateAssignment(packet).encode()),
        ("packet downlink with a TLLI", bytes(downlink)),
        ("two grants", ImmediateAssignmentExtended((near, Grant(far.request, 7, still))).encode()),
        ("two refusals", ImmediateAssignmentReject(((near.request, 10), (far.request, 255))).encode()),
        ("MNC of three digits, combined", SystemInformation3(1, area, ControlChannel(1, 2, 9, 0, False)).encode()),
        (
            "barred cell, NECI 0",
            SystemInformation3(
                65535,
                LocationArea("460", "02", 1),
                ControlChannel(6, 0, 2, 1530, True, False),
                CellOptions(True, 0, 64),
                CellSelection(0, 14, 31, 1, -47),
                RachControl(1, 50, True, False, 0xFFFF),
            ).encode(),
        ),
        ("cell broadcast", SystemInformation4(area, CellSelection(0), cbch=Channel("SDCCH/8", 1, 2, 5, 100)).encode()),
        ("hopping cell", SystemInformation1((0, 512, 700, 885, 1023), band_1900=True).encode()),
        ("more neighbours", SystemInformation2(tuple(range(512, 600, 9)), 0b1000, more=True, ba_ind=1).encode()),
        *((f"{n} paged", paging.encode(tuple(0x1000_0001 * (1 + k) for k in range(n)))) for n in range(5)),
        ("no message: a fill frame", bytes.fromhex("030301" + "2b" * 20)),
        ("all zero", bytes(23)),
        ("all ones", b"\xff" * 23),
    ]


def line(name: str, l2: bytes) -> str:
    """One block as the corpus has it."""
    message = read(l2)
    public, paged = blank(l2)
    fields = None if message is None else {"message": type(message).__name__} | asdict(message)
    entry = {"from": name, "l2": l2.hex(), "read": fields, "blank": public.hex(), "paged": paged}
    return json.dumps(entry, default=lambda octets: octets.hex())


if __name__ == "__main__":
    blocks = recorded(Path(sys.argv[1])) + made()
    CORPUS.write_text("\n".join(line(name, l2) for name, l2 in blocks) + "\n")
