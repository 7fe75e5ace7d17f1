"""Layer 3 messages of the common channels, 3GPP TS 44.018 §9.1: a file is a message, or an element of several.

`read` understands a block, `blank` takes out whoever it names, `establishment` says why a phone asked. To add a
message: its file, and its line in READERS.
"""

from collections.abc import Callable

from sensor.gsm.messages import (
    immediate_assignment,
    immediate_assignment_extended,
    immediate_assignment_reject,
    paging,
    system_information_1,
    system_information_2,
    system_information_3,
    system_information_4,
)
from sensor.gsm.messages.establishment import ESTABLISHMENTS, establishment
from sensor.gsm.messages.header import message_type, whole
from sensor.gsm.messages.immediate_assignment import ImmediateAssignment
from sensor.gsm.messages.immediate_assignment_extended import ImmediateAssignmentExtended
from sensor.gsm.messages.immediate_assignment_reject import ImmediateAssignmentReject
from sensor.gsm.messages.paging import PagingRequest
from sensor.gsm.messages.system_information_1 import SystemInformation1
from sensor.gsm.messages.system_information_2 import SystemInformation2
from sensor.gsm.messages.system_information_3 import SystemInformation3
from sensor.gsm.messages.system_information_4 import SystemInformation4

__all__ = [
    "ESTABLISHMENTS",
    "ImmediateAssignment",
    "ImmediateAssignmentExtended",
    "ImmediateAssignmentReject",
    "Message",
    "PagingRequest",
    "SystemInformation1",
    "SystemInformation2",
    "SystemInformation3",
    "SystemInformation4",
    "blank",
    "establishment",
    "message_type",
    "read",
]

Message = (
    SystemInformation1
    | SystemInformation2
    | SystemInformation3
    | SystemInformation4
    | ImmediateAssignment
    | ImmediateAssignmentExtended
    | ImmediateAssignmentReject
    | PagingRequest
)

IMMEDIATE_PACKET_ASSIGNMENT = 0x69  # TS 44.018 §9.1.18b: all rest octets

READERS: dict[int, Callable[[bytes], Message]] = {
    system_information_1.TYPE: system_information_1.read,
    system_information_2.TYPE: system_information_2.read,
    system_information_3.TYPE: system_information_3.read,
    system_information_4.TYPE: system_information_4.read,
    immediate_assignment.TYPE: immediate_assignment.read,
    immediate_assignment_extended.TYPE: immediate_assignment_extended.read,
    immediate_assignment_reject.TYPE: immediate_assignment_reject.read,
    paging.TYPE_1: paging.read,
    paging.TYPE_2: paging.read,
    paging.TYPE_3: paging.read,
}


def read(l2: bytes) -> Message | None:
    """The message of a block of 23 octets, or None where it is none of those known. Never raises."""
    kind = message_type(l2)
    reader = READERS.get(kind) if kind is not None else None
    return reader(whole(l2)) if reader else None


def blank(l2: bytes) -> tuple[bytes, int | None]:
    """The block without identities, and how many a paging request held (None: no paging request, or blank already).

    Octets 5 to 23 of a paging request and the rest octets of a packet assignment become 0x2b.
    """
    kind = message_type(l2)
    if kind in paging.KINDS:
        block = whole(l2)
        return paging.blank(block), paging.count_identities(block)
    if kind == immediate_assignment.TYPE:
        return immediate_assignment.blank(whole(l2)), None
    if kind == IMMEDIATE_PACKET_ASSIGNMENT:
        return paging.blank(whole(l2)), None
    return l2, None
