"""Basic encoding rules, ITU-T X.690 §8: tag, length, contents; lengths definite or indefinite.

A tag is the number that its identifier octets form, big end first, the constructed bit (0x20) included: 0x7F8113 is
[APPLICATION 147], constructed. A field table gives tags a name (the contents are kept under it) or a table of their
own (the element is opened); what it doesn't know is stepped over, so that a vendor's additions do no harm.
"""

from collections.abc import Callable, Iterator

Fields = dict[int, "str | Fields"]
Strange = Callable[[bytes, int], bool]

LONGEST_RECORD = 1 << 20  # octets; no event is longer
LONGEST_FIELD = 1024  # octets of a field in an element of indefinite length, which nothing else bounds
DEEPEST = 40  # levels of elements within elements
CLASSES = {"UNIVERSAL": 0x00, "APPLICATION": 0x40, "CONTEXT-SPECIFIC": 0x80, "PRIVATE": 0xC0}
CONSTRUCTED = 0x20


class BerError(ValueError):
    """Octets that are no BER; `at` counts from the start of what was given."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at


class NeedMoreError(Exception):
    """The element goes on past the octets at hand."""


def tag_number(number: int, tag_class: str, constructed: bool) -> int:
    """The tag as a number, from its parts (X.690 §8.1.2)."""
    first = CLASSES[tag_class] | (CONSTRUCTED if constructed else 0)
    if number < 31:
        return first | number
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | (number & 0x7F))
    return int.from_bytes(bytes([first | 0x1F, *reversed(digits)]))


def is_constructed(tag: int) -> bool:
    """Whether an element of this tag holds elements."""
    return bool(tag >> max(0, tag.bit_length() - 1) // 8 * 8 & CONSTRUCTED)


def read_header(octets: bytes, at: int) -> tuple[int, int, int]:
    """(tag, length or -1 if indefinite, where the contents begin) of the element at `at`.

    Raises BerError, and NeedMoreError where the header goes on past the octets.
    """
    start, limit = at, len(octets)
    if at >= limit:
        raise NeedMoreError
    tag = octets[at]
    at += 1
    if tag & 0x1F == 0x1F:
        while True:
            if at >= limit:
                raise NeedMoreError
            octet = octets[at]
            at += 1
            tag = tag << 8 | octet
            if octet < 0x80:
                break
            if at - start > 4:
                raise BerError(start, "a tag of more than 4 octets")
    if at >= limit:
        raise NeedMoreError
    length = octets[at]
    at += 1
    if length < 0x80:
        return tag, length, at
    if length == 0x80:
        if not is_constructed(tag):
            raise BerError(start, "an indefinite length on an element that holds no elements")
        return tag, -1, at
    count = length & 0x7F
    if count > 5:
        raise BerError(start, f"a length of {count} octets")
    if at + count > limit:
        raise NeedMoreError
    return tag, int.from_bytes(octets[at : at + count]), at + count


def end_of(octets: bytes, at: int, strange: "Strange | None" = None, depth: int = 0) -> int:
    """Where the element at `at` ends, its end-of-contents octets included.

    `strange` tells whether an element that can't be within another begins somewhere: then the end of the outer one
    is missing. Raises BerError, NeedMoreError.
    """
    tag, length, inside = read_header(octets, at)
    if length >= 0:
        return inside + length
    if depth > DEEPEST:
        raise BerError(at, "elements nested too deep")
    while octets[inside : inside + 2] != b"\x00\x00":
        if inside >= len(octets):
            raise NeedMoreError
        if strange is not None and strange(octets, inside):
            raise BerError(at, f"the end of element 0x{tag:X} is missing")
        child = inside
        inside = end_of(octets, child, strange, depth + 1)
        if inside - child > LONGEST_FIELD and not octets[child] & CONSTRUCTED:
            raise BerError(child, f"a field of {inside - child} octets")
        if inside > len(octets):
            raise NeedMoreError
        if inside - at > LONGEST_RECORD:
            raise BerError(at, f"the end of element 0x{tag:X} is missing")
    return inside + 2


def collect(octets: bytes, at: int, end: int, fields: Fields, found: dict[str, bytes], depth: int = 0) -> None:
    """Puts the contents of the fields between `at` and `end` under their names into `found`, the first of each.

    Raises BerError where the elements don't fill their parent exactly.
    """
    if depth > DEEPEST:
        raise BerError(at, "elements nested too deep")
    try:
        while at < end:
            start = at
            tag = octets[at]
            at += 1
            if tag & 0x1F == 0x1F:
                octet = 0x80
                while octet & 0x80:
                    octet = octets[at]
                    at += 1
                    tag = tag << 8 | octet
            length = octets[at]
            at += 1
            if length >= 0x80:
                _, length, at = read_header(octets, start)
            stop = at + length if length >= 0 else end_of(octets, start)
            if stop > end:
                raise BerError(start, f"element 0x{tag:X} reaches {stop - end} octets past what holds it")
            wanted = fields.get(tag)
            if wanted is not None:
                inner = stop if length >= 0 else stop - 2
                if type(wanted) is dict:
                    collect(octets, at, inner, wanted, found, depth + 1)
                elif wanted not in found:
                    found[wanted] = octets[at:inner]  # type: ignore[index]
            at = stop
    except (IndexError, NeedMoreError):
        raise BerError(min(at, end), "it ends in the middle of an element") from None


def children(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, contents) of the elements one after another. Raises BerError where they don't fill the octets."""
    at = 0
    while at < len(octets):
        try:
            tag, length, inside = read_header(octets, at)
            end = inside + length if length >= 0 else end_of(octets, at)
        except NeedMoreError:
            raise BerError(at, "it ends in the middle of an element") from None
        if end > len(octets):
            raise BerError(at, "it ends in the middle of an element")
        yield tag, octets[inside : end if length >= 0 else end - 2]
        at = end


class Window:
    """A stream of octets, of which a part is at hand: `octets` from `at` on; `base + at` is the place in the file."""

    __slots__ = ("_chunks", "at", "base", "cut", "ended", "octets")

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.octets = b""
        self.base = 0
        self.at = 0
        self.ended = False
        self.cut = False  # a gzip file without its end

    @property
    def place(self) -> int:
        """How many octets of the file lie before `at`."""
        return self.base + self.at

    def more(self) -> bool:
        """Brings in the next octets, and lets go of those before `at`; False at the end of the file."""
        for chunk in self._chunks:
            if not chunk:
                self.cut = True
                continue
            self.octets = self.octets[self.at :] + chunk
            self.base += self.at
            self.at = 0
            return True
        self.ended = True
        return False

    def hold(self, count: int) -> bool:
        """Makes sure that `count` octets are at hand; False where the file ends before."""
        while len(self.octets) - self.at < count:
            if not self.more():
                return False
        return True

    def skip(self, count: int) -> None:
        """Steps over octets, also more than are at hand."""
        while count > len(self.octets) - self.at:
            count -= len(self.octets) - self.at
            self.at = len(self.octets)
            if not self.more():
                return
        self.at += count
