"""Channel coding of the common channels and the SCH, 3GPP TS 45.003 §4.1, §4.4, §4.7.

| step         | BCCH, PCH, AGCH                                  | SCH                                             |
|--------------|--------------------------------------------------|-------------------------------------------------|
| information  | 184 bits: 23 octets, lowest bit of octet 1 first | 25 bits                                         |
| parity       | 40 bits: (D^23 + 1)(D^17 + D^3 + 1), a Fire code | 10 bits: D^10 + D^8 + D^6 + D^5 + D^4 + D^2 + 1 |
| tail         | 4 zeros                                          | 4 zeros                                         |
| convolution  | G0 = 1 + D^3 + D^4, G1 = 1 + D + D^3 + D^4       | the same                                        |
| interleaving | 456 bits over 4 bursts, §4.1.4                   | none: 78 bits in one burst                      |

Parity is chosen so that the remainder of information and parity together is all ones. Everything here works on
batches: leading axes are blocks. Bits are np.int8; deinterleave also takes soft values.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sensor.gsm.burst import Bits

BLOCK_OCTETS = 23
BLOCK_BITS = 184
FIRE_PARITY_BITS = 40
SCH_BITS = 25
SCH_PARITY_BITS = 10
TAIL_BITS = 4
CODED_BITS = 456  # 2 * (184 + 40 + 4)
SCH_CODED_BITS = 78  # 2 * (25 + 10 + 4)
BURSTS_PER_BLOCK = 4

CONSTRAINT_LENGTH = 5
GENERATORS = ((0, 3, 4), (0, 1, 3, 4))  # delays that G0 and G1 add up, TS 45.003 §4.1.3
FIRE_TERMS = (40, 26, 23, 17, 3, 0)  # (D^23 + 1)(D^17 + D^3 + 1), TS 45.003 §4.1.2
SCH_TERMS = (10, 8, 6, 5, 4, 2, 0)  # TS 45.003 §4.7

Scalar = TypeVar("Scalar", bound=np.generic)


def remainder_rows(terms: tuple[int, ...], length: int) -> NDArray[np.float32]:
    """Row k: D^(length - 1 - k) modulo the polynomial of `terms`, highest power first; (length, degree).

    So `word @ rows`, modulo 2, is the remainder of a word of `length` bits whose first bit is the highest power.
    """
    degree = terms[0]
    polynomial = sum(1 << power for power in terms)
    rows = np.zeros((length, degree), dtype=np.float32)
    value = 1
    for power in range(length):
        rows[length - 1 - power] = [(value >> bit) & 1 for bit in range(degree - 1, -1, -1)]
        value <<= 1
        if value >> degree:
            value ^= polynomial
    return rows


FIRE_ROWS = remainder_rows(FIRE_TERMS, BLOCK_BITS + FIRE_PARITY_BITS)
SCH_ROWS = remainder_rows(SCH_TERMS, SCH_BITS + SCH_PARITY_BITS)


def remainder(word: Bits, rows: NDArray[np.float32]) -> Bits:
    """Remainder (..., degree) of words (..., length); float sums below 2^24 are exact."""
    return ((word.astype(np.float32) @ rows).astype(np.int32) & 1).astype(np.int8)


def add_parity(information: Bits, rows: NDArray[np.float32]) -> Bits:
    """Information with its parity behind it: the remainder of both is all ones."""
    empty = np.zeros((*information.shape[:-1], rows.shape[1]), dtype=np.int8)
    parity = remainder(np.concatenate([information, empty], axis=-1), rows) ^ 1
    return np.concatenate([information, parity], axis=-1)


def fire_syndrome(word: Bits) -> Bits:
    """Syndrome (..., 40) of words (..., 224) of information and parity; all 0 where the block is whole."""
    return remainder(word, FIRE_ROWS) ^ 1


def sch_syndrome(word: Bits) -> Bits:
    """Syndrome (..., 10) of words (..., 35); all 0 where the SCH is whole."""
    return remainder(word, SCH_ROWS) ^ 1


def convolve(bits: Bits) -> Bits:
    """Rate-1/2 code (..., 2 n + 8) of bits (..., n), four zero tail bits added: c(2k) of G0, c(2k+1) of G1."""
    n = bits.shape[-1] + TAIL_BITS
    padding = [(0, 0)] * (bits.ndim - 1)
    padded = np.pad(bits, [*padding, (TAIL_BITS, TAIL_BITS)])
    streams = []
    for delays in GENERATORS:
        parts = [padded[..., TAIL_BITS - delay : TAIL_BITS - delay + n] for delay in delays]
        streams.append(np.bitwise_xor.reduce(np.stack(parts), axis=0))
    return np.stack(streams, axis=-1).reshape(*bits.shape[:-1], 2 * n)


_k = np.arange(CODED_BITS)
INTERLEAVED_TO = 114 * (_k % 4) + 2 * ((49 * _k) % 57) + (_k % 8) // 4  # TS 45.003 §4.1.4: B = k mod 4, then j
del _k


def interleave(coded: Bits) -> Bits:
    """Coded bits (..., 456) spread over four bursts (..., 4, 114)."""
    spread = np.empty_like(coded)
    spread[..., INTERLEAVED_TO] = coded
    return spread.reshape(*coded.shape[:-1], BURSTS_PER_BLOCK, 114)


def deinterleave(bursts: NDArray[Scalar]) -> NDArray[Scalar]:
    """Bits or soft values of four bursts (..., 4, 114) back in coding order (..., 456)."""
    flat: NDArray[Scalar] = bursts.reshape(*bursts.shape[:-2], CODED_BITS)
    return flat[..., INTERLEAVED_TO]


def octets_to_bits(blocks: NDArray[np.uint8]) -> Bits:
    """Octets (..., 23) as bits (..., 184), the lowest bit of each octet first (TS 44.004 §7.1, TS 45.003 §2)."""
    return np.unpackbits(blocks, axis=-1, bitorder="little").astype(np.int8)


def bits_to_octets(bits: NDArray[Any]) -> NDArray[np.uint8]:
    """The reverse of `octets_to_bits`."""
    return np.packbits(bits.astype(np.uint8), axis=-1, bitorder="little")


def encode_blocks(blocks: NDArray[np.uint8]) -> Bits:
    """Layer 2 blocks (n, 23) as the coded bits of their bursts (n, 4, 114)."""
    return interleave(convolve(add_parity(octets_to_bits(blocks), FIRE_ROWS)))


def encode_sch(information: Bits) -> Bits:
    """SCH information (..., 25) as the coded bits of its burst (..., 78)."""
    return convolve(add_parity(information, SCH_ROWS))


_SCH_FIELDS = (  # (place in the 25 bits, field, bit of the field), from the octets of TS 44.018 §9.1.30
    *((at, "t1", 9 + at) for at in range(2)),
    *((2 + bit, "bsic", bit) for bit in range(6)),
    *((8 + bit, "t1", 1 + bit) for bit in range(8)),
    *((16 + bit, "t3_prime", 1 + bit) for bit in range(2)),
    *((18 + bit, "t2", bit) for bit in range(5)),
    (23, "t1", 0),
    (24, "t3_prime", 0),
)


def sch_information(bsic: int, t1: int, t2: int, t3_prime: int) -> Bits:
    """The 25 bits that a synchronisation burst carries, TS 44.018 §9.1.30."""
    fields = {"bsic": bsic, "t1": t1, "t2": t2, "t3_prime": t3_prime}
    bits = np.zeros(SCH_BITS, dtype=np.int8)
    for at, name, bit in _SCH_FIELDS:
        bits[at] = fields[name] >> bit & 1
    return bits


def read_sch(information: Bits) -> tuple[int, int, int, int]:
    """BSIC, T1, T2 and T3' of 25 SCH bits. T2 over 25 or T3' over 4 mean that this is no SCH."""
    fields = {"bsic": 0, "t1": 0, "t2": 0, "t3_prime": 0}
    for at, name, bit in _SCH_FIELDS:
        fields[name] |= int(information[at]) << bit
    return fields["bsic"], fields["t1"], fields["t2"], fields["t3_prime"]
