"""Channel decoding against MOD's encoder, and against plain counting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.gsm import coding
from sensor.gsm.decoding import decode_blocks, decode_sch, viterbi


def noisy(coded: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return (1.0 - 2.0 * coded + rng.normal(0, deviation, coded.shape)).astype(np.float32)


def test_blocks_come_back_through_noise() -> None:
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 256, (40, 23)).astype(np.uint8)
    octets, whole = decode_blocks(noisy(coding.encode_blocks(blocks), 0.5, rng))
    assert whole.all()
    assert (octets == blocks).all()


def test_noise_alone_passes_no_parity() -> None:
    soft = np.random.default_rng(2).normal(0, 1, (400, 4, 114)).astype(np.float32)
    assert not decode_blocks(soft)[1].any()


def test_silence_is_no_block() -> None:
    assert not decode_blocks(np.zeros((1, 4, 114), np.float32))[1].any()


def test_a_block_survives_one_burst_of_four() -> None:
    rng = np.random.default_rng(3)
    blocks = rng.integers(0, 256, (10, 23)).astype(np.uint8)
    soft = noisy(coding.encode_blocks(blocks), 0.1, rng)
    soft[:, 2] = 0
    octets, whole = decode_blocks(soft)
    assert whole.all()
    assert (octets == blocks).all()


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=23, max_size=23), st.sets(st.integers(0, 223), min_size=1, max_size=6))
def test_no_wrong_word_passes(l2: bytes, flipped: set[int]) -> None:
    bits = coding.octets_to_bits(np.frombuffer(l2, np.uint8)[None])
    word = coding.add_parity(bits, coding.FIRE_ROWS)
    word[:, list(flipped)] ^= 1
    soft = 1.0 - 2.0 * coding.interleave(coding.convolve(word))
    assert not decode_blocks(soft.astype(np.float32))[1].any()


def test_the_decoder_finds_the_likeliest_word() -> None:
    """All 2^6 words of six bits, counted out."""
    rng = np.random.default_rng(4)
    words = ((np.arange(64)[:, None] >> np.arange(6)) & 1).astype(np.int8)
    signs = 1.0 - 2.0 * coding.convolve(words)
    soft = rng.normal(0, 1, (50, signs.shape[1])).astype(np.float32)
    best = words[np.argmax(soft @ signs.T, axis=1)]
    assert (viterbi(soft)[:, :6] == best).all()


def test_sch_comes_back_and_noise_rarely() -> None:
    rng = np.random.default_rng(5)
    information = rng.integers(0, 2, (60, 25)).astype(np.int8)
    read, whole = decode_sch(noisy(coding.encode_sch(information), 0.5, rng))
    assert whole.all()
    assert (read == information).all()
    passed = decode_sch(rng.normal(0, 1, (4000, 78)).astype(np.float32))[1].mean()
    assert passed == pytest.approx(2**-10, abs=2e-3)


def test_no_blocks_decode_to_none() -> None:
    octets, whole = decode_blocks(np.zeros((0, 4, 114), np.float32))
    assert octets.shape == (0, 23)
    assert whole.shape == (0,)
