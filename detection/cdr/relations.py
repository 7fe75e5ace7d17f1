"""What columns are to one another: whose number stands where, which code means outward, which cell lies where."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detection.cdr.contents import Column, follows
from detection.cdr.countries import Home, one_form
from detection.cdr.record_words import duration_of
from detection.cdr.words import is_empty

OUT, IN = ("moc", "smo"), ("mtc", "smt", "fwd")


@dataclass(frozen=True, slots=True)
class Parties:
    """Which columns hold which party, and why."""

    roles: dict[str, int]
    why: dict[str, str]


def in_one_form(column: Column, home: Home) -> list[str | None]:
    """Numbers of a column in one form; None where empty."""
    known: dict[str, str | None] = {}
    for value in column.values:
        if value not in known:
            known[value] = None if is_empty(value) else one_form(value, home)
    return [known[value] for value in column.values]


def at_home(column: Column, home: Home) -> float:
    """Share of numbers that are the home country's mobiles, in whatever form."""
    if not home.code:
        return 1.0
    if home.code == "86":
        pattern = re.compile(r"1[3-9]\d{9}")
    else:
        pattern = re.compile(
            f"{home.code}[{home.mobile or '0-9'}]\\d{{{min(home.lengths) - 1},{max(home.lengths) - 1}}}"
        )
    forms = [form for value in column.counts if (form := one_form(value, home))]
    return sum(bool(pattern.fullmatch(form)) for form in forms) / max(1, len(forms))


def own_numbers(
    outward: Sequence[bool | None], first: Sequence[str | None], second: Sequence[str | None]
) -> list[str | None]:
    """The number that is the SIM's own if `first` calls `second`."""
    return [None if out is None else one if out else two for out, one, two in zip(outward, first, second, strict=True)]


def outward_of(kinds: Column, table: dict[str, str] | None = None) -> list[bool | None]:
    """True for records that go out, False for those that come in, None for others."""
    known = table if table is not None else kinds.kinds
    return [True if (kind := known.get(value)) in OUT else False if kind in IN else None for value in kinds.values]


def find_parties(
    columns: Sequence[Column],
    at: Sequence[int],
    key: Sequence[str] | None,
    outward: list[bool | None] | None,
    home: Home,
) -> Parties:
    """Roles of number columns `at` by whose number they hold: what belongs to the identity `key` is the SIM's."""
    forms = {n: in_one_form(columns[n], home) for n in at}
    if len(at) == 1:
        only = at[0]
        own = key is None or follows(key, forms[only]) > 0.9
        return Parties(
            {"served" if own else "other": only}, {"served" if own else "other": "the only column of telephone numbers"}
        )
    if key is not None:
        fits = sorted(((follows(key, forms[n]), -n) for n in at), reverse=True)
        if fits[0][0] > 0.9 and (fits[1][0] < fits[0][0] - 0.05):
            served = -fits[0][1]
            return _with_served(columns, served, [n for n in at if n != served], forms, outward)
    if outward is not None and any(out is False for out in outward):
        best = None
        for first in at:
            for second in at:
                if first != second:
                    owned = own_numbers(outward, forms[first], forms[second])
                    fit = follows(key, owned) if key is not None else 1 - len(set(owned)) / max(1, len(owned))
                    if best is None or fit > best[0] + 0.02:
                        best = (fit, first, second)
        alone = max(1 - len(set(forms[n])) / max(1, len(forms[n])) for n in at)
        if best is not None and (best[0] > 0.9 if key is not None else best[0] > alone + 0.05):
            why = "with the direction, the SIM's own number is always on this side"
            return Parties({"calling": best[1], "called": best[2]}, {"calling": why, "called": why})
    first, second = at[:2]
    different = [len(set(forms[n])) for n in (first, second)]
    if outward is not None and max(different) > 1.3 * min(different):
        served, other = (first, second) if different[0] < different[1] else (second, first)
        why = "of the columns of telephone numbers, the one with the {} different ones"
        return Parties({"served": served, "other": other}, {"served": why.format("fewer"), "other": why.format("more")})
    return Parties(
        {"calling": first, "called": second},
        {"calling": "the first column of telephone numbers", "called": "the second column of telephone numbers"},
    )


def _with_served(
    columns: Sequence[Column],
    served: int,
    rest: list[int],
    forms: dict[int, list[str | None]],
    outward: list[bool | None] | None,
) -> Parties:
    roles, why = {"served": served}, {"served": "holds one number for each identity"}
    rest = sorted(rest, key=lambda n: (-columns[n].filled_share, n))
    if len(rest) >= 2:
        both = rest[:2]
        pairs = list(zip(forms[served], forms[both[0]], forms[both[1]], strict=True))
        told = [(own == one, own == two) for own, one, two in pairs if own and (one or two)]
        if sum(one or two for one, two in told) > 0.95 * max(1, len(told)):
            ways = outward or [True] * len(pairs)
            first_calls = sum(
                (own == one) == way for (own, one, _), way in zip(pairs, ways, strict=True) if own and way is not None
            )
            first, second = both if first_calls * 2 >= len(told) else both[::-1]
            roles |= {"calling": first, "called": second}
            why |= dict.fromkeys(("calling", "called"), "holds the SIM's number or the other party's, by direction")
            return Parties(roles, why)
    if rest:
        roles["other"] = rest[0]
        why["other"] = "holds many numbers for each identity"
    return Parties(roles, why)


def find_cell_pair(columns: Sequence[Column], at: Sequence[int]) -> tuple[int, int] | None:
    """(area, cell) columns: each cell number stands under one area, and there are more cells than areas."""
    best: tuple[float, float, int, int] | None = None
    usable = [n for n in at if columns[n].hexes > 0.95 and _long_enough(columns[n])]
    for lac in usable:
        for ci in usable:
            areas, cells = columns[lac], columns[ci]
            if lac == ci or cells.distinct < max(2, len(areas.usual)) or cells.distinct > 0.7 * len(cells.filled):
                continue
            if len(areas.usual) >= len(cells.usual) and lac > ci:
                continue
            fit = follows([_or_none(value) for value in cells.values], [_or_none(value) for value in areas.values])
            if len(areas.usual) < 2 or len(cells.usual) < 2 or fit <= 0.95:
                continue
            rank = (round(fit, 2), -abs(ci - lac - 1) / 100, lac, ci)
            if best is None or rank[:2] > best[:2]:
                best = rank
    return None if best is None else (best[2], best[3])


def _long_enough(column: Column) -> bool:
    return max((len(value) for value in column.usual), default=0) >= 3


def _or_none(value: str) -> str | None:
    return None if is_empty(value) else value


def seconds_of(column: Column) -> list[float | None]:
    return [None if is_empty(value) else duration_of(value) for value in column.values]


def outcomes(result: Column, durations: Sequence[float | None], calls: Sequence[bool]) -> dict[str, bool]:
    """What each result value means, told by whether calls with it lasted; only values that are clear are told."""
    lasted: dict[str, Counter[bool]] = {}
    for value, seconds, call in zip(result.values, durations, calls, strict=True):
        if call and seconds is not None and not is_empty(value):
            lasted.setdefault(value, Counter())[seconds > 0] += 1
    told = {}
    for value, counts in lasted.items():
        if counts.total() >= 5 and max(counts.values()) > 0.9 * counts.total():
            told[value] = counts[True] > counts[False]
    return told if len(set(told.values())) == 2 else {}


def by_the_end(starts: Sequence[int | None], ends: Sequence[int | None]) -> float:
    """Share of records whose second time is at or after the first, by no more than a day."""
    both = [end - start for start, end in zip(starts, ends, strict=True) if start is not None and end is not None]
    return sum(0 <= gap <= 86_400 for gap in both) / len(both) if both else 0.0
