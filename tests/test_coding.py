"""Channel coding, against the standard's formulas written out bit by bit, and against itself undone by algebra."""

import numpy as np

from sensor.gsm.coding import (
    BLOCK_BITS,
    FIRE_ROWS,
    INTERLEAVED_TO,
    SCH_ROWS,
    add_parity,
    bits_to_octets,
    convolve,
    deinterleave,
    encode_blocks,
    encode_sch,
    fire_syndrome,
    interleave,
    octets_to_bits,
    read_sch,
    sch_information,
    sch_syndrome,
)

RNG = np.random.default_rng(7)
FIRE = 1 << 40 | 1 << 26 | 1 << 23 | 1 << 17 | 1 << 3 | 1
SCH = 1 << 10 | 1 << 8 | 1 << 6 | 1 << 5 | 1 << 4 | 1 << 2 | 1


def divide(bits: list[int], polynomial: int) -> int:
    """Remainder of a polynomial, first bit the highest power, by long division."""
    value = int("".join(map(str, bits)), 2)
    degree = polynomial.bit_length()
    while value.bit_length() >= degree:
        value ^= polynomial << (value.bit_length() - degree)
    return value


def test_the_fire_code_is_the_product_of_its_factors() -> None:
    product = 0
    for shift in (23, 0):
        product ^= (1 << 17 | 1 << 3 | 1) << shift
    assert product == FIRE


def test_remainder_with_parity_is_all_ones() -> None:
    for _ in range(20):
        word = add_parity(RNG.integers(0, 2, BLOCK_BITS, dtype=np.int8), FIRE_ROWS)
        assert divide(word.tolist(), FIRE) == (1 << 40) - 1
        sch = add_parity(RNG.integers(0, 2, 25, dtype=np.int8), SCH_ROWS)
        assert divide(sch.tolist(), SCH) == (1 << 10) - 1


def test_every_error_of_a_burst_of_twelve_shows() -> None:
    words = add_parity(RNG.integers(0, 2, (212, BLOCK_BITS), dtype=np.int8), FIRE_ROWS)
    assert not fire_syndrome(words).any()
    for at, word in enumerate(words):
        word[at : at + 12] ^= RNG.integers(0, 2, 12, dtype=np.int8)
        word[at] ^= 1
    flipped = fire_syndrome(words).any(axis=1)
    assert flipped.sum() >= 211  # an error pattern of 12 zeros would leave a word whole
    assert not sch_syndrome(add_parity(np.zeros((1, 25), dtype=np.int8), SCH_ROWS)).any()


def test_the_convolutional_code_is_the_formula() -> None:
    bits = RNG.integers(0, 2, 35, dtype=np.int8)
    coded = convolve(bits)
    u = [0, 0, 0, 0, *bits.tolist(), 0, 0, 0, 0]  # u[k + 4] is u(k) of TS 45.003 §4.1.3
    for k in range(39):
        assert coded[2 * k] == u[k + 4] ^ u[k + 1] ^ u[k]
        assert coded[2 * k + 1] == u[k + 4] ^ u[k + 3] ^ u[k + 1] ^ u[k]


def test_the_interleaver_is_the_formula_and_can_be_undone() -> None:
    for k in (0, 1, 7, 8, 100, 455):
        burst, place = INTERLEAVED_TO[k] // 114, INTERLEAVED_TO[k] % 114
        assert (burst, place) == (k % 4, 2 * (49 * k % 57) + k % 8 // 4)
    assert sorted(INTERLEAVED_TO.tolist()) == list(range(456))
    soft = RNG.standard_normal((5, 456)).astype(np.float32)
    spread = np.empty_like(soft)
    spread[:, INTERLEAVED_TO] = soft
    assert (deinterleave(spread.reshape(5, 4, 114)) == soft).all()
    bits = RNG.integers(0, 2, (5, 456), dtype=np.int8)
    assert (deinterleave(interleave(bits)) == bits).all()


def undone(coded: np.ndarray) -> np.ndarray:
    """The bits of code words without error: c(2k) xor c(2k+1) is u(k-1)."""
    pairs = coded.reshape(*coded.shape[:-1], -1, 2)
    bits: np.ndarray = (pairs[..., 0] ^ pairs[..., 1])[..., 1:]
    return bits


def test_blocks_come_back() -> None:
    blocks = RNG.integers(0, 256, (50, 23), dtype=np.uint8)
    word = undone(deinterleave(encode_blocks(blocks)))
    assert not word[:, 224:].any()
    assert not fire_syndrome(word[:, :224]).any()
    assert (bits_to_octets(word[:, :BLOCK_BITS]) == blocks).all()


def test_octets_are_sent_lowest_bit_first() -> None:
    assert octets_to_bits(np.array([[0x01, 0x80] + [0] * 21], dtype=np.uint8))[0, :16].tolist() == [
        *(1, 0, 0, 0, 0, 0, 0, 0),
        *(0, 0, 0, 0, 0, 0, 0, 1),
    ]


def test_sch_information_comes_back() -> None:
    for bsic, t1, t2, t3_prime in ((0, 0, 0, 0), (63, 2047, 25, 4), (25, 1365, 10, 2), (38, 682, 21, 1)):
        information = sch_information(bsic, t1, t2, t3_prime)
        assert read_sch(information) == (bsic, t1, t2, t3_prime)
        assert (undone(encode_sch(information))[:25] == information).all()


def test_sch_fields_lie_in_the_octets_of_the_message() -> None:
    """TS 44.018 §9.1.30, the four octets written out: BSIC 8-3, T1 over 2-1, 8-1, 8; T2 7-3; T3' over 2-1, 1."""
    bsic, t1, t2, t3_prime = 0b110101, 0b10110011101, 0b10110, 0b011
    octets = [
        bsic << 2 | t1 >> 9,
        t1 >> 1 & 255,
        (t1 & 1) << 7 | t2 << 2 | t3_prime >> 1,
        t3_prime & 1,
    ]
    bits = np.unpackbits(np.array(octets, dtype=np.uint8), bitorder="little")[:25]
    assert sch_information(bsic, t1, t2, t3_prime).tolist() == bits.tolist()
