"""Lists of ARFCNs, against the standard's formulas written out, pycrate, and themselves."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrate_mobile.TS44018_IE import CellChan

from sensor.gsm.messages.frequency_list import encode_frequency_list, read_frequency_list


def smod(a: int, n: int) -> int:
    """The number from 1 to n that is a modulo n."""
    return (a - 1) % n + 1


def formulas(w: list[int], half: int) -> list[int]:
    """F(1) to F(16) of W(1) to W(16), as TS 44.018 §10.5.2.13.3 and .4 list them; half is 512 or 256."""
    r1, r2, r3, r4 = 2 * half - 1, half - 1, half // 2 - 1, half // 4 - 1
    h1, h2, h3, h4 = half, half // 2, half // 4, half // 8
    w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, w16 = w
    return [
        w1,
        smod(w1 - h1 + w2, r1),
        smod(w1 + w3, r1),
        smod(w1 - h1 + smod(w2 - h2 + w4, r2), r1),
        smod(w1 + smod(w3 - h2 + w5, r2), r1),
        smod(w1 - h1 + smod(w2 + w6, r2), r1),
        smod(w1 + smod(w3 + w7, r2), r1),
        smod(w1 - h1 + smod(w2 - h2 + smod(w4 - h3 + w8, r3), r2), r1),
        smod(w1 + smod(w3 - h2 + smod(w5 - h3 + w9, r3), r2), r1),
        smod(w1 - h1 + smod(w2 + smod(w6 - h3 + w10, r3), r2), r1),
        smod(w1 + smod(w3 + smod(w7 - h3 + w11, r3), r2), r1),
        smod(w1 - h1 + smod(w2 - h2 + smod(w4 + w12, r3), r2), r1),
        smod(w1 + smod(w3 - h2 + smod(w5 + w13, r3), r2), r1),
        smod(w1 - h1 + smod(w2 + smod(w6 + w14, r3), r2), r1),
        smod(w1 + smod(w3 + smod(w7 + w15, r3), r2), r1),
        smod(w1 - h1 + smod(w2 - h2 + smod(w4 - h3 + smod(w8 - h4 + w16, r4), r3), r2), r1),
    ]


def packed(head: str, words: list[int], widths: list[int]) -> bytes:
    bits = head + "".join(f"{word:0{width}b}" for word, width in zip(words, widths, strict=True))
    return int(bits.ljust(128, "0"), 2).to_bytes(16, "big")


def test_range_1024_is_the_formulas() -> None:
    rng = random.Random(1)
    widths = [10] + [9] * 2 + [8] * 4 + [7] * 8 + [6]
    for _ in range(200):
        words = [rng.randrange(1, 1 << width) for width in widths]
        with_zero = rng.randrange(2)
        expected = set(formulas(words, 512)) | ({0} if with_zero else set())
        assert set(read_frequency_list(packed(f"10000{with_zero}", words, widths))) == expected


def test_range_512_is_the_formulas() -> None:
    rng = random.Random(2)
    widths = [9] + [8] * 2 + [7] * 4 + [6] * 8 + [5]
    for _ in range(200):
        words = [rng.randrange(1, 1 << width) for width in widths]
        origin = rng.randrange(1024)
        expected = {origin} | {(origin + n) % 1024 for n in formulas(words, 256)}
        assert set(read_frequency_list(packed(f"1000100{origin:010b}", words, widths))) == expected


def test_pycrate_reads_the_same() -> None:
    """Of bit map 0, 256 and 128 range; pycrate 0.8.1 gives no list for the others."""
    rng = random.Random(3)
    compared = {0x00: 0, 0x8A: 0, 0x8C: 0}
    for _ in range(600):
        lowest, span = rng.randrange(0, 760), rng.choice([123, 127, 255])
        arfcns = tuple(sorted({lowest + rng.randrange(span + 1) for _ in range(rng.randrange(1, 22))}))
        for size_arfcns in (arfcns, tuple(n for n in arfcns if 1 <= n <= 124)):
            if not size_arfcns:
                continue
            octets = encode_frequency_list(size_arfcns)
            if octets[0] & 0x8E not in compared:
                continue
            other = CellChan()
            other.from_bytes(octets)
            assert read_frequency_list(octets) == tuple(sorted(set(other.decode())))
            compared[octets[0] & 0x8E] += 1
    assert min(compared.values()) > 20


@given(st.sets(st.integers(0, 1023), min_size=1, max_size=16))
def test_sixteen_arfcns_always_fit(arfcns: set[int]) -> None:
    assert read_frequency_list(encode_frequency_list(tuple(arfcns))) == tuple(sorted(arfcns))


@given(st.integers(0, 900), st.sets(st.integers(0, 120), min_size=1, max_size=28))
def test_many_close_arfcns_fit(lowest: int, steps: set[int]) -> None:
    arfcns = tuple(sorted(lowest + step for step in steps))
    assert read_frequency_list(encode_frequency_list(arfcns)) == arfcns


def test_every_format_is_reached_and_the_hopeless_is_refused() -> None:
    lists = {  # (bits of octet 1 that tell the format, their values)
        (0xC0, 0x00): (1, 60, 124),
        (0xCE, 0x8E): (700, 760, 810),
        (0xCE, 0x8C): (700, 701, 827),
        (0xCE, 0x8A): (600, 601, 855),
        (0xCE, 0x88): (512, 700, 1000),
        (0xC8, 0x80): (0, 300, 1023),
    }
    for (mask, form), arfcns in lists.items():
        octets = encode_frequency_list(arfcns)
        assert octets[0] & mask == form
        assert read_frequency_list(octets) == arfcns
    with pytest.raises(ValueError, match="40 ARFCNs from 0 to 1014"):
        encode_frequency_list(tuple(range(0, 1024, 26)))


@given(st.binary(max_size=40))
def test_any_octets_are_read(octets: bytes) -> None:
    arfcns = read_frequency_list(octets)
    assert list(arfcns) == sorted(set(arfcns))
    assert all(0 <= n < 1024 for n in arfcns)
