"""Basic encoding rules, ITU-T X.690 §8: tag, length, contents; lengths definite or indefinite.

A tag is the number that its identifier octets form, big end first, the constructed bit (0x20) included: 0x7F8113 is
[APPLICATION 147], constructed. A field table gives tags a name (the contents are kept under it) or a table of their
own (the element is opened); what it doesn't know is stepped over, so that a vendor's additions do no harm.
"""

from collections.abc import Callable, Container, Iterator

Fields = dict[int, "str | Fields"]
IsRecord = Callable[[int, bytes, int], bool]  # tag, octets, where the contents begin

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


def read_header(octets: bytes, at: int) -> tuple[int, int, int]:
    """(tag, length or -1 if indefinite, where the contents begin) of the element at `at`.

    Raises BerError, and NeedMoreError where the header goes on past the octets.
    """
    start, limit = at, len(octets)
    try:
        tag = octets[at]
        at += 1
        if tag & 0x1F == 0x1F:
            tag, at = _long_tag(octets, start)
        length = octets[at]
    except IndexError:
        raise NeedMoreError from None
    at += 1
    if length < 0x80:
        return tag, length, at
    if length == 0x80:
        if not octets[start] & CONSTRUCTED:
            raise BerError(start, "an indefinite length on an element that holds no elements")
        return tag, -1, at
    count = length & 0x7F
    if count > 5:
        raise BerError(start, f"a length of {count} octets")
    if at + count > limit:
        raise NeedMoreError
    return tag, int.from_bytes(octets[at : at + count]), at + count


def end_of(octets: bytes, at: int, strangers: Container[int] = (), is_stranger: IsRecord | None = None) -> int:
    """Where the element at `at` ends, its end-of-contents octets included.

    `strangers` are tags of elements that can't be within another, if `is_stranger` says so too: where one is met, the
    end of the outer one is missing. Raises BerError, NeedMoreError.
    """
    outer, length, at_now = read_header(octets, at)
    if length >= 0:
        return at_now + length
    depth = 1
    try:
        while depth:
            start = at_now
            tag = octets[at_now]
            at_now += 1
            if tag & 0x1F == 0x1F:
                tag, at_now = _long_tag(octets, start)
            length = octets[at_now]
            at_now += 1
            if length == 0 == tag:
                depth -= 1
                continue
            if length >= 0x80:
                tag, length, at_now = read_header(octets, start)
            if tag in strangers and (is_stranger is None or is_stranger(tag, octets, at_now)):
                raise BerError(at, f"the end of element 0x{outer:X} is missing")
            if length < 0:
                depth += 1
                if depth > DEEPEST:
                    raise BerError(at, "elements nested too deep")
                continue
            if length > LONGEST_FIELD and not octets[start] & CONSTRUCTED:
                raise BerError(start, f"a field of {length} octets")
            at_now += length
            if at_now - at > LONGEST_RECORD:
                raise BerError(at, f"the end of element 0x{outer:X} is missing")
    except IndexError:
        raise NeedMoreError from None
    return at_now


def _long_tag(octets: bytes, at: int) -> tuple[int, int]:
    """(tag, where its length stands) of a tag of several octets. Raises BerError, IndexError."""
    tag, start = octets[at], at
    while True:
        at += 1
        octet = octets[at]
        tag = tag << 8 | octet
        if octet < 0x80:
            return tag, at + 1
        if at - start > 3:
            raise BerError(start, "a tag of more than 4 octets")


def collect(
    octets: bytes, at: int, end: int, fields: Fields, found: dict[str, bytes], depth: int = 0, until_end: bool = False
) -> int:
    """Puts the contents of the fields between `at` and `end` under their names into `found`, the first of each.

    With `until_end` it stops behind the end-of-contents octets instead. Gives where it stopped. Raises BerError where
    the elements don't fill their parent exactly.
    """
    if depth > DEEPEST:
        raise BerError(at, "elements nested too deep")
    start = at
    try:
        while at < end:
            start = at
            tag = octets[at]
            at += 1
            if tag & 0x1F == 0x1F:
                tag, at = _long_tag(octets, start)
            length = octets[at]
            at += 1
            if length >= 0x80:
                _, length, at = read_header(octets, start)
            wanted = fields.get(tag)
            if length < 0:
                if type(wanted) is str:
                    inside, at = at, end_of(octets, start)
                    found.setdefault(wanted, octets[inside : at - 2])
                    continue
                at = collect(octets, at, end, wanted or {}, found, depth + 1, True)  # type: ignore[arg-type]
                continue
            stop = at + length
            if stop > end:
                raise BerError(start, f"element 0x{tag:X} reaches {stop - end} octets past what holds it")
            if wanted is not None:
                if type(wanted) is dict:
                    collect(octets, at, stop, wanted, found, depth + 1)
                elif wanted not in found:
                    found[wanted] = octets[at:stop]  # type: ignore[index]
            elif tag == 0 == length and until_end:
                return at
            at = stop
    except (IndexError, NeedMoreError):
        raise BerError(start, "it ends in the middle of an element") from None
    if until_end:
        raise BerError(start, "the end of an element is missing")
    return at


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
