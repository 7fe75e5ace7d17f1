"""Lists of ARFCNs: cell channel, neighbour cell and frequency list, 3GPP TS 44.018 §10.5.2.1b, .13, .22, annex J.

The format stands in octet 1, bits 8, 7, 4, 3, 2 (bits 6 and 5 are EXT-IND and BA-IND of a neighbour list):

| 8 7 . . 4 3 2 | format            | then                                                                          |
|---------------|-------------------|-------------------------------------------------------------------------------|
| 0 0           | bit map 0         | 124 bits: ARFCN 124 in octet 1 bit 4, down to ARFCN 1 in octet 16 bit 1       |
| 1 0     0     | 1024 range        | F0 (1 bit: ARFCN 0 is in), W(1) 10 bits, W(2)-W(3) 9, W(4)-W(7) 8 ...          |
| 1 0     1 0 0 | 512 range         | ORIG-ARFCN (10 bits), W(1) 9 bits, W(2)-W(3) 8 ...                             |
| 1 0     1 0 1 | 256 range         | ORIG-ARFCN, W(1) 8 bits ...                                                   |
| 1 0     1 1 0 | 128 range         | ORIG-ARFCN, W(1) 7 bits ...                                                   |
| 1 0     1 1 1 | variable bit map  | ORIG-ARFCN, then a bit for each of ORIG-ARFCN + 1, + 2 ... (modulo 1024)      |

The W are a binary tree of differences: each halves the circle on which its children lie; W(k) = 0 ends the list.
"""

BITMAP_0_LAST = 124
RANGES = {0b100: 512, 0b101: 256, 0b110: 128}  # by bits 4-2
RANGE_CODES = {1024: 0b000, **{size: code for code, size in RANGES.items()}}
VARIABLE_BITMAP = 0b111
ARFCNS = 1024
LIST_OCTETS = 16  # of the cell channel and neighbour cell descriptions


def read_frequency_list(octets: bytes) -> tuple[int, ...]:
    """The ARFCNs of a list of any format, ascending; empty for a format that the standard reserves."""
    if not octets:
        return ()
    value, length = int.from_bytes(octets, "big"), 8 * len(octets)
    form, kind = octets[0] >> 6, octets[0] >> 1 & 7
    if form == 0:
        return tuple(n for n in range(1, min(BITMAP_0_LAST, length - 4) + 1) if value >> (n - 1) & 1)
    if form != 2:
        return ()
    if kind < 4:
        return _read_range(value, length - 5, 1024)
    if kind == VARIABLE_BITMAP:
        return _read_variable_bitmap(value, length - 7)
    return _read_range(value, length - 7, RANGES[kind])


def _take(value: int, left: int, width: int) -> tuple[int, int]:
    """The next `width` bits of the lowest `left` bits, and how many are left."""
    left -= width
    return value >> left & (1 << width) - 1, left


def _read_variable_bitmap(value: int, left: int) -> tuple[int, ...]:
    if left < 10:
        return ()
    origin, left = _take(value, left, 10)
    marked = {(origin + n) % ARFCNS for n in range(1, left + 1) if value >> (left - n) & 1}
    return tuple(sorted({origin} | marked))


def _read_range(value: int, left: int, size: int) -> tuple[int, ...]:
    """ARFCNs of a range format of `size`, from the lowest `left` bits of `value`."""
    found: set[int] = set()
    origin = 0
    if size == 1024:
        with_zero, left = _take(value, left, 1)
        found |= {0} if with_zero else set()
    elif left >= 10:
        origin, left = _take(value, left, 10)
        found.add(origin)
    words = [0]
    while left >= (width := _width(size, len(words))) > 0:
        word, left = _take(value, left, width)
        if word == 0:
            break
        words.append(word)
    found |= {(origin + _unfold(words, index, size)) % ARFCNS for index in range(1, len(words))}
    return tuple(sorted(found))


def _width(size: int, index: int) -> int:
    """Bits of W(index), index from 1: one less for each level of the tree."""
    return size.bit_length() - index.bit_length()


def _unfold(words: list[int], index: int, size: int) -> int:
    """F(index): W(index) led back to the root of the tree, §10.5.2.13.3 and annex J."""
    number = words[index]
    while index > 1:
        level = 1 << (index.bit_length() - 1)
        modulus = 2 * size // level - 1
        if 2 * index < 3 * level:  # in the half circle before the parent
            index -= level // 2
            number += words[index] - size // level
        else:
            index -= level
            number += words[index]
        number = (number - 1) % modulus + 1
    return number


def encode_frequency_list(arfcns: tuple[int, ...], octets: int = LIST_OCTETS) -> bytes:
    """The list in the first format that holds it: bit map 0, variable bit map, 128, 256, 512 or 1024 range.

    Raises ValueError where none does.
    """
    wanted = sorted(set(arfcns))
    if all(1 <= n <= min(BITMAP_0_LAST, 8 * octets - 4) for n in wanted):
        return sum(1 << (n - 1) for n in wanted).to_bytes(octets, "big")
    bits = 8 * octets - 17
    if 0 < wanted[-1] - wanted[0] <= bits or len(wanted) == 1:
        marks = sum(1 << (bits - n + wanted[0]) for n in wanted[1:])
        return _pack(VARIABLE_BITMAP, wanted[0] << bits | marks, 10 + bits, octets)
    for size in (128, 256, 512, 1024):
        packed = _encode_range(wanted, size, octets)
        if packed is not None:
            return packed
    raise ValueError(f"{len(wanted)} ARFCNs from {wanted[0]} to {wanted[-1]} fit no format of {octets} octets")


def _pack(kind: int, value: int, width: int, octets: int) -> bytes:
    """Format bits in front of `value`; bits 6 and 5 of octet 1 are left 0."""
    head = 5 if kind == RANGE_CODES[1024] else 7
    code = 0b10000 if head == 5 else 0b1000000 | kind
    return (code << (8 * octets - head) | value << (8 * octets - head - width)).to_bytes(octets, "big")


def _encode_range(wanted: list[int], size: int, octets: int) -> bytes | None:
    """`wanted`, ascending, as a range format, or None where it does not fit."""
    origin = 0 if size == 1024 else wanted[0]
    rest = [n - origin for n in wanted if n != origin]
    if rest and rest[-1] >= size:
        return None
    words = [0] * (len(rest) + 1)
    _fold(rest, 1, size, words)
    value, width = (int(0 in wanted), 1) if size == 1024 else (origin, 10)
    for index, word in enumerate(words[1:], start=1):
        if _width(size, index) <= 0:
            return None
        value, width = value << _width(size, index) | word, width + _width(size, index)
    if width + (5 if size == 1024 else 7) > 8 * octets:
        return None
    return _pack(RANGE_CODES[size], value, width, octets)


def _fold(numbers: list[int], index: int, size: int, words: list[int]) -> None:
    """Fills words[index] and below so that `_unfold` gives `numbers` (1 to the circle's length), annex J."""
    if not numbers:
        return
    level = 1 << (index.bit_length() - 1)
    modulus, half = 2 * (size // level) // 2 - 1, size // level // 2
    before = _below(index + level, len(words) - 1)
    for root in numbers:
        left = [(n - root + half - 1) % modulus + 1 for n in numbers if n != root]
        if sum(n < half for n in left) == before:
            break
    words[index] = root
    _fold([n for n in left if n < half], index + level, size, words)
    right = [(n - half - 1) % modulus + 1 for n in left if n >= half]
    _fold(right, index + 2 * level, size, words)


def _below(index: int, count: int) -> int:
    """How many of the indices 1 to `count` lie in the subtree of `index`."""
    if index > count:
        return 0
    level = 1 << (index.bit_length() - 1)
    return 1 + _below(index + level, count) + _below(index + 2 * level, count)
