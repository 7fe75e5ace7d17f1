"""Digits, addresses, times, networks and tags, octet by octet."""

import pytest

from detection.cdr.asn1 import digits
from detection.cdr.asn1.ber import BerError, NeedMoreError, collect, end_of, read_header, tag_number


@pytest.mark.parametrize(
    ("octets", "text"),
    [("64001032547698f0", "460001234567890"), ("a1b2c3", "1*2#3a"), ("", ""), ("ffff", "")],
)
def test_tbcd(octets: str, text: str) -> None:
    assert digits.tbcd(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("91683108108300f0", "+8613800138000"),  # international
        ("81013108108300f0", "1013800138000"),  # unknown type of number
        ("a1013254", "0102345"),  # national
        ("01816801", "8610"),  # an octet of presentation after the type
        ("91", ""),
        ("", ""),
    ],
)
def test_addresses(octets: str, text: str) -> None:
    assert digits.address(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("0d91683108108300f0", "+8613800138000"),  # with the count of its digits, TS 23.040
        ("91683108108300f0", "+8613800138000"),  # without
        ("05a101f6" + "00", "0"),
        ("0bd0c7f7fbcc2e03", "GoogleX"[:6]),  # seven bits a letter
    ],
)
def test_sms_addresses(octets: str, text: str) -> None:
    assert digits.sms_address(bytes.fromhex(octets)).startswith(text)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("2603040911502b0800", "2026-03-04T09:11:50+08:00"),
        ("2603040911502d0330", "2026-03-04T09:11:50-03:30"),
        ("2603040911502b08", ""),
        ("260304091150ff0800", ""),
        ("2a03040911502b0800", ""),
    ],
)
def test_timestamps(octets: str, text: str) -> None:
    assert digits.timestamp(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    ("octets", "codes"), [("64f000", ("460", "00")), ("130062", ("310", "260")), ("ffffff", ("", ""))]
)
def test_networks(octets: str, codes: tuple[str, str]) -> None:
    assert digits.plmn(bytes.fromhex(octets)) == codes


def test_tags() -> None:
    assert tag_number(147, "APPLICATION", True) == 0x7F8113
    assert tag_number(12, "CONTEXT-SPECIFIC", True) == 0xAC
    assert tag_number(33, "CONTEXT-SPECIFIC", False) == 0x9F21
    assert read_header(bytes.fromhex("7f811382012c"), 0) == (0x7F8113, 300, 6)
    assert read_header(bytes.fromhex("6180"), 0) == (0x61, -1, 2)
    with pytest.raises(BerError, match="length of 9 octets"):
        read_header(bytes.fromhex("6189000000000000000001"), 0)
    with pytest.raises(BerError, match="indefinite length on an element"):
        read_header(bytes.fromhex("4180"), 0)
    with pytest.raises(NeedMoreError):
        read_header(bytes.fromhex("7f81"), 0)
    with pytest.raises(BerError, match="nested too deep"):
        end_of(bytes.fromhex("6180") * 60, 0)
    with pytest.raises(BerError, match="past what holds it"):
        collect(bytes.fromhex("810401"), 0, 3, {}, {})
