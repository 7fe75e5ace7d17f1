"""Lines whose values stand a column off: a field was lost or doubled, and the rest moved into the gap.

Most such lines are refused anyway, for a time that is none. This tells the rest, by values that are unlike all
others of their column: one alone is odd, two are a shift.
"""

import re
from collections.abc import Sequence

from detection.cdr.columns import Layout
from detection.cdr.words import bare_text, is_empty

SHIFTED = "its values stand in the wrong columns"


def is_shifted(layout: Layout, values: Sequence[str]) -> bool:
    """True where two values of a line, or one that tells alone, are unlike all others of their column."""
    strange, empty = 0, 0
    role_of = {at: role for role, at in layout.roles.items()}
    for at, (low, high) in layout.shape.items():
        text = values[at].strip()
        if is_empty(text):
            empty += at in layout.always
        elif at not in role_of:
            continue  # remarks and names are of any length
        elif not low <= len(text) <= high:
            far = len(text) > high + 2 or len(text) < low - 2
            strange += 2 if _cannot_be(role_of.get(at, ""), text, high) else int(far)
    return strange > 0 and strange + empty >= 2  # empty fields alone are another kind of record


def _cannot_be(role: str, text: str, longest: int) -> bool:
    """True for a value that its role never holds: a number of 15 digits for a duration, an IMSI for a number."""
    bare = bare_text(text)
    if role in ("served", "calling", "called") and re.fullmatch(r"(?!00)\d{14,16}", bare):
        return longest < 14
    if role in ("duration", "duration_ms", "ta", "lac", "ci"):
        return len(bare) > longest + 4
    return role in ("record_type", "service", "result") and bool(re.search(r"\d{6}", bare))
