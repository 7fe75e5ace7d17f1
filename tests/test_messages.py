"""Layer 3 messages: the golden corpus, pycrate as an independent reader, and blocks that are valid but strange."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pycrate_mobile.TS44018_RR
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensor.gsm.messages import (
    READERS,
    ImmediateAssignment,
    ImmediateAssignmentExtended,
    ImmediateAssignmentReject,
    Message,
    PagingRequest,
    SystemInformation1,
    SystemInformation2,
    SystemInformation3,
    SystemInformation4,
    blank,
    message_type,
    paging,
    read,
)
from sensor.gsm.messages.cell_parameters import RETRANSMISSIONS, TX_INTEGERS
from sensor.gsm.messages.channel import Channel, hopping_carriers, read_channel, read_packet_channel
from sensor.gsm.messages.immediate_assignment import Grant
from sensor.gsm.messages.location_area import LocationArea, read_location_area
from sensor.gsm.messages.request_reference import RequestReference, read_request_reference

oracle = pycrate_mobile.TS44018_RR
CORPUS = [json.loads(line) for line in (Path(__file__).parent / "corpus/layer3.jsonl").read_text().splitlines()]
CLASSES: dict[type[Message], Any] = {
    SystemInformation1: oracle.RRSystemInfo1,
    SystemInformation2: oracle.RRSystemInfo2,
    SystemInformation3: oracle.RRSystemInfo3,
    SystemInformation4: oracle.RRSystemInfo4,
    ImmediateAssignment: oracle.RRImmediateAssignment,
    ImmediateAssignmentExtended: oracle.RRImmediateAssignmentExt,
    ImmediateAssignmentReject: oracle.RRImmediateAssignmentReject,
}


def blocks_of(kind: type[Message]) -> list[bytes]:
    return [bytes.fromhex(entry["l2"]) for entry in CORPUS if (entry["read"] or {}).get("message") == kind.__name__]


def test_the_corpus_has_every_message() -> None:
    """An emptied corpus would hold the code to nothing."""
    assert len(CORPUS) >= 50
    held = {entry["l2"][4:6] for entry in CORPUS if entry["read"]}
    assert held == {f"{kind:02x}" for kind in READERS}


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["l2"][:12])
def test_the_corpus_is_read_and_blanked_as_it_says(entry: dict[str, Any]) -> None:
    l2 = bytes.fromhex(entry["l2"])
    message = read(l2)
    fields = None if message is None else {"message": type(message).__name__} | asdict(message)
    assert json.loads(json.dumps(fields, default=lambda octets: octets.hex())) == entry["read"]
    assert blank(l2) == (bytes.fromhex(entry["blank"]), entry["paged"])
    if message is not None and hasattr(message, "encode") and blank(l2)[0] == l2:
        assert message.encode() == l2


def parsed(l2: bytes, kind: type[Message]) -> Any:
    other = CLASSES[kind]()
    other.from_bytes(l2)
    return other


def values(other: Any, name: str) -> dict[str, int]:
    """Fields of an element that pycrate has read."""
    found: dict[str, int] = other[name][0].get_val_d()
    return found


@pytest.mark.parametrize("l2", blocks_of(SystemInformation3), ids=bytes.hex)
def test_system_information_3_as_pycrate_reads_it(l2: bytes) -> None:
    ours, other = read(l2), parsed(l2, SystemInformation3)
    assert isinstance(ours, SystemInformation3)
    control, options = values(other, "CtrlChanDesc"), values(other, "CellOpt")
    selection, rach = values(other, "CellSelParams"), values(other, "RACHCtrl")
    assert ours.ci == other["CellId"][0].get_val()
    assert f"{ours.area.mcc}{ours.area.mnc}" == other["LAI"][0]["PLMN"].decode()
    assert ours.area.lac == values(other, "LAI")["LAC"]
    assert ours.control.ccch_conf == control["CCCHConf"]
    assert ours.control.bs_ag_blks_res == control["BS-AG-BLKS-RES"]
    assert ours.control.bs_pa_mfrms == control["BS-PA-MFRMS"] + 2
    assert ours.control.t3212_min == 6 * control["T3212"]
    assert (ours.control.attach, ours.control.mscr) == (control["ATT"], control["MSCRel"])
    assert ours.options.radio_link_timeout == 4 * (options["RadioLinkTimeout"] + 1)
    assert (ours.options.power_control, ours.options.dtx) == (options["PwrCtrlInd"], options["DTXInd"])
    assert ours.selection.neci == selection["NECI"]
    assert ours.selection.rx_access_min_dbm == selection["RXLEV-ACCESS-MIN"] - 110
    assert ours.selection.hysteresis_db == 2 * selection["CellReselectHyst"]
    assert ours.rach.max_retransmissions == RETRANSMISSIONS[rach["MaxRetrans"]]
    assert ours.rach.tx_integer == TX_INTEGERS[rach["TxInt"]]
    assert (ours.rach.barred, ours.rach.no_re_establishment) == (rach["CELL_BARR_ACCESS"], rach["CallReestab"])


@pytest.mark.parametrize("l2", blocks_of(SystemInformation4), ids=bytes.hex)
def test_system_information_4_as_pycrate_reads_it(l2: bytes) -> None:
    ours, other = read(l2), parsed(l2, SystemInformation4)
    assert isinstance(ours, SystemInformation4)
    assert ours.selection.neci == values(other, "CellSelParams")["NECI"]
    assert ours.area.lac == values(other, "LAI")["LAC"]
    assert f"{ours.area.mcc}{ours.area.mnc}" == other["LAI"][0]["PLMN"].decode()


@pytest.mark.parametrize("l2", blocks_of(ImmediateAssignment), ids=bytes.hex)
def test_immediate_assignment_as_pycrate_reads_it(l2: bytes) -> None:
    ours, other = read(l2), parsed(l2, ImmediateAssignment)
    assert isinstance(ours, ImmediateAssignment)
    assert ours.grant.timing_advance == other["TimingAdvance"][0].get_val()
    assert_same_request(ours.grant.request, values(other, "RequestRef"))
    assert ours.grant.packet == bool(values(other, "DedicatedModeOrTBF")["TD"])
    if not ours.grant.packet:
        assert_same_channel(ours.grant.channel, other[4].get_alt()[0].get_val_d())


@pytest.mark.parametrize("l2", blocks_of(ImmediateAssignmentExtended), ids=bytes.hex)
def test_immediate_assignment_extended_as_pycrate_reads_it(l2: bytes) -> None:
    ours, other = read(l2), parsed(l2, ImmediateAssignmentExtended)
    assert isinstance(ours, ImmediateAssignmentExtended)
    for number, grant in enumerate(ours.grants, start=1):
        assert grant.timing_advance == other[f"TimingAdvance{number}"][0].get_val()
        assert_same_request(grant.request, values(other, f"RequestRef{number}"))
        assert_same_channel(grant.channel, values(other, f"ChanDesc{number}"))


@pytest.mark.parametrize("l2", blocks_of(ImmediateAssignmentReject), ids=bytes.hex)
def test_immediate_assignment_reject_as_pycrate_reads_it(l2: bytes) -> None:
    ours, other = read(l2), parsed(l2, ImmediateAssignmentReject)
    assert isinstance(ours, ImmediateAssignmentReject)
    found = [(values(other, f"RequestRef{n}"), other[f"WaitInd{n}"][0].get_val()) for n in range(1, 5)]
    for (reference, wait_s), (theirs, theirs_s) in zip(ours.rejects, found, strict=False):
        assert_same_request(reference, theirs)
        assert wait_s == theirs_s
    assert all(theirs in found[: len(ours.rejects)] for theirs in found)


def assert_same_request(ours: RequestReference, theirs: dict[str, int]) -> None:
    assert ours.ra == theirs["RA"]
    fn = next(fn for fn in range(theirs["T3"], 1326, 51) if fn % 26 == theirs["T2"])  # the definition of T2 and T3
    assert ours.fn_mod_42432 == 1326 * theirs["T1prime"] + fn


def assert_same_channel(ours: Channel, theirs: dict[str, Any]) -> None:
    assert (ours.time_slot, ours.tsc, ours.hopping) == (theirs["TN"], theirs["TSC"], bool(theirs["HopChan"]))
    named = oracle.ChanDesc()["ChanType"]._dic.get(theirs["ChanType"], "TCH/H")  # pycrate 0.8.1 does not name TCH/H
    assert ours.kind in named
    if ours.subchannel is not None and ours.kind != "TCH/H":
        assert named.endswith(f"subchannel {ours.subchannel}")


@pytest.mark.parametrize(
    ("code", "kind", "subchannel"),
    [
        (1, "TCH/F", None),
        *((2 + n, "TCH/H", n) for n in range(2)),
        *((4 + n, "SDCCH/4", n) for n in range(4)),
        *((8 + n, "SDCCH/8", n) for n in range(8)),
        (0, None, None),
        (17, "TCH/F", None),  # training sequence set 2
        (24, "SDCCH/8", 0),
    ],
)
def test_channel_kinds(code: int, kind: str | None, subchannel: int | None) -> None:
    assert read_channel(bytes([code << 3 | 6, 0xE0, 1])) == Channel(kind, 6, subchannel, 7, arfcn=1)


def test_hopping_channels() -> None:
    assert read_channel(bytes([0x0A, 0xBA, 0x6C])) == Channel("TCH/F", 2, None, 5, maio=41, hsn=44)
    assert read_packet_channel(bytes([0x0A, 0xBA, 0x6C])) == Channel("PDCH", 2, None, 5, maio=41, hsn=44)
    assert read_packet_channel(bytes([0x0A, 0xAA, 0x90])) == Channel("PDCH", 2, None, 5, maio=41)
    assert hopping_carriers((0, 5, 9, 700), b"\x0b") == (5, 9, 0)  # bits 1, 2 and 4; ARFCN 0 is the last
    assert hopping_carriers((), b"\xff") == ()


def test_network_codes_are_text() -> None:
    for mcc, mnc in (("460", "00"), ("460", "02"), ("310", "410"), ("001", "001")):
        area = LocationArea(mcc, mnc, 1201)
        assert read_location_area(area.encode()) == area
    assert read_location_area(bytes.fromhex("64f00004b1")) == LocationArea("460", "00", 1201)
    assert read_location_area(bytes.fromhex("fffffffffe")) == LocationArea(None, None, 65534)
    assert read_location_area(LocationArea(None, None, 7).encode()) == LocationArea(None, None, 7)


def test_request_references_beyond_their_range_are_folded() -> None:
    assert read_request_reference(b"\x00\xff\xff").fn_mod_42432 < 42432


PAGED = [  # (octets from the fourth on, identities)
    ("21 00 01f0", 0),  # one octet, "no identity": an empty paging block
    ("21 00 00", 0),  # a length of 0
    ("21 00 05f412345678", 1),  # TMSI
    ("21 00 05f4ffffffff", 0),  # a TMSI of ones is none
    ("21 00 082964000123456789", 1),  # IMSI
    ("21 00 05f412345678 1705f487654321", 2),
    ("21 00 01f0 1705f487654321", 1),
    ("21 00 05f412345678 1701f0", 1),
    ("21 00 05f412345678 1805f487654321", 1),  # another element
    ("21 00 11f0" + "00" * 15, 0),
    ("22 00 1234567887654321", 2),
    ("22 00 1234567887654321 1705f411112222", 3),
    ("22 00 1234567887654321 17082964000123456789", 3),
    ("22 00 12345678ffffffff 1701f0", 1),
    ("24 00 11111111222222223333333344444444", 4),
    ("24 00 1111111122222222ffffffffffffffff", 2),
]


@pytest.mark.parametrize(("text", "expected"), PAGED)
def test_paged_identities_are_counted_and_gone(text: str, expected: int) -> None:
    body = bytes.fromhex(text)
    l2 = (bytes([(1 + len(body)) << 2 | 1, 6]) + body).ljust(23, b"\x2b")
    public, paged = blank(l2)
    assert paged == expected
    assert public == l2[:4] + b"\x2b" * 19
    assert blank(public) == (public, None)  # who comes later can't tell any more
    message, later = read(l2), read(public)
    assert isinstance(message, PagingRequest)
    assert isinstance(later, PagingRequest)
    assert (message.paged, later.paged) == (expected, None)


def test_an_identity_in_the_rest_octets_does_not_count_but_goes() -> None:
    l2 = bytes.fromhex("15062100 01f0 1705f487654321".replace(" ", "")).ljust(23, b"\x2b")  # pseudo length 5
    assert blank(l2) == (l2[:4] + b"\x2b" * 19, 0)


def test_made_up_paging_is_counted() -> None:
    for count in range(5):
        assert blank(paging.encode(tuple(range(1, 1 + count))))[1] == count


def test_packet_rest_octets_go_and_dedicated_ones_stay() -> None:
    request = RequestReference(0x70, 99)
    packet = Grant(request, 1, Channel("PDCH", 1, None, 1, arfcn=5), packet=True)
    timed = Grant(request, 1, Channel("PDCH", 1, None, 1, maio=3, hsn=2), b"\x03", 77, packet=True)
    for grant, length in ((packet, 12), (timed, 16)):
        l2 = ImmediateAssignment(grant).encode()[:length] + b"\xd1\x12\x34\x56\x78".ljust(23 - length, b"\x99")
        public, paged = blank(l2)
        assert (public, paged) == (l2[:length] + b"\x2b" * (23 - length), None)
        assert read(public) == read(l2)
    spoken = ImmediateAssignment(Grant(request, 1, Channel("TCH/F", 1, None, 1, arfcn=5))).encode()
    frequencies = spoken[:12] + bytes([0x2B ^ 0x80]) + b"\x12" * 10  # HL: frequency parameters, nobody's identity
    assert blank(frequencies) == (frequencies, None)
    assigned = spoken[:12] + bytes([0x2B ^ 0xC0]) + b"\x12" * 10  # HH: a packet assignment all the same
    assert blank(assigned)[0] == spoken[:12] + b"\x2b" * 11


def test_a_packet_assignment_hides_no_rest_octets_behind_a_strange_length() -> None:
    l2 = bytearray(
        ImmediateAssignment(Grant(RequestReference(0, 0), 0, Channel("PDCH", 0, None, 0), packet=True)).encode()
    )
    l2[12:] = b"\x77" * 11
    for pseudo_length in (0, 1, 5, 11, 20, 63):
        for allocation in (0, 1, 8, 9, 255):
            l2[0], l2[11] = pseudo_length << 2 | 1, allocation
            kept = allocation if allocation <= 8 else 0
            assert blank(bytes(l2))[0][12 + kept :] == b"\x2b" * (11 - kept)


KINDS = st.sampled_from([*sorted(READERS), 0x69, 0x00, 0x02])
BLOCKS = st.one_of(
    st.binary(max_size=30),
    st.builds(
        lambda head, kind, tail: bytes([head, 6, kind]) + tail, st.integers(0, 255), KINDS, st.binary(max_size=20)
    ),
    st.builds(
        lambda head, kind, tail: bytes([head, 6, kind]) + tail,
        st.integers(0, 255),
        KINDS,
        st.binary(min_size=20, max_size=20),
    ),
)


@given(BLOCKS)
@example(b"")
@example(b"\x06\x06\x21")
def test_no_block_raises_and_none_keeps_an_identity(l2: bytes) -> None:
    message = read(l2)
    public, paged = blank(l2)
    read(public)
    kind = message_type(l2)
    if kind in paging.KINDS:
        assert isinstance(message, PagingRequest)
        assert public[4:] == b"\x2b" * 19
        assert paged is None or 0 <= paged <= 4
    else:
        assert paged is None
    assert blank(public)[0] == public
    assert (message is None) == (kind not in READERS)


@given(BLOCKS)
def test_the_skip_indicator_hides_no_identity(l2: bytes) -> None:
    if len(l2) == 23 and message_type(l2) in paging.KINDS:
        skipped = l2[:1] + bytes([l2[1] | 0xF0]) + l2[2:]
        assert blank(skipped)[0][4:] == b"\x2b" * 19


@pytest.mark.recordings
def test_a_base_stations_blocks_come_out_octet_for_octet(shared_recordings: Path) -> None:
    """Every block of every cell recorded without radio: read, written again, blanked."""
    lines = [
        json.loads(text)
        for path in sorted(shared_recordings.glob("*/frames*.jsonl"))
        for text in path.read_text().splitlines()
    ]
    assert len(lines) > 7000
    for line in lines:
        l2 = bytes.fromhex(line["l2"])
        message = read(l2)
        public, paged = blank(l2)
        assert paged == line.get("paged")
        if isinstance(message, PagingRequest):
            assert public == l2[:4] + b"\x2b" * 19
        else:
            assert public == l2
            assert message is None or message.encode() == l2
