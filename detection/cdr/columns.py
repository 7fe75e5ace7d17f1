"""Which column is what: by its header's word where that is known, else by what it holds; and why."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from detection.cdr import contents
from detection.cdr.formats import vocabulary
from detection.cdr.times import TimeReading, read_parts, read_times
from detection.cdr.words import header_keys, is_empty
from detection.errors import ExportError

DELIMITERS = (",", "\t", ";", "|", "^", "~", "\x01")
HEADER_WITHIN = 20
SAMPLE = 2_000

ROLES = {
    "record_type": "record type",
    "service": "service (call or message)",
    "served": "served number",
    "calling": "calling number",
    "called": "called number",
    "other": "other party",
    "imsi": "IMSI",
    "imei": "IMEI",
    "start": "start",
    "start_date": "start: date",
    "start_time": "start: time of day",
    "duration": "duration, s",
    "duration_ms": "duration, ms",
    "lac": "LAC/TAC",
    "ci": "CI/ECI",
    "cgi": "cell in one column",
    "ta": "timing advance",
    "result": "result",
    "mcc": "MCC",
    "mnc": "MNC",
    "rat": "radio access",
}

MISSING_COSTS = {
    "imsi": "SIMs are told apart by their numbers alone; a SIM whose number changes counts as two",
    "imei": "SIMs that take turns in one device cannot be joined by it",
    "duration": "answered and failed calls look the same where no result says it",
    "cell": "boxes cannot be placed, and SIMs that stand together are not joined",
    "ta": "the place of a lead is a whole sector, not a ring in it",
    "record_type": "every record counts as an outgoing call",
    "other": "strangers called once, the strongest mark, cannot be counted",
    "result": "a call counts as answered when it lasted",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are cut into fields, and which field has which role."""

    delimiter: str
    fields: int
    header_line: int | None  # 0-based; lines before it hold no records
    names: tuple[str, ...]  # header words, or "column 1" and so on
    roles: dict[str, int]  # role -> column
    reasons: dict[str, str]  # role -> why
    time: TimeReading
    missing: tuple[str, ...] = ()
    numbered_types: str = ""  # dialect of numbers in the record type column; empty: words
    header_text: str = ""
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)  # the sample


def sniff(lines: Sequence[str]) -> tuple[str, int]:
    """(delimiter, fields of most lines) of sample lines; fields is 1 where no delimiter stands out."""
    present = [line for line in lines if line.strip()][:500]
    best = (0.0, ",", 1)
    for delimiter in DELIMITERS:
        counts = Counter(_fields_of(line, delimiter) for line in present)
        fields, lines_alike = max(((n, k) for n, k in counts.items() if n > 1), key=lambda nk: nk[1], default=(1, 0))
        score = lines_alike / max(1, len(present)) * (1 + 0.1 * min(fields, 20))
        if score > best[0]:
            best = (score, delimiter, fields)
    return best[1], best[2]


def _fields_of(line: str, delimiter: str) -> int:
    if '"' in line:
        line = re.sub(r'"(?:[^"]|"")*"', "", line)
    return line.count(delimiter) + 1


def cut(line: str, delimiter: str) -> list[str]:
    """Fields of a sample line, quotes undone."""
    if '"' not in line:
        return line.split(delimiter)
    from detection.cdr.spool import split_quoted

    return split_quoted(line, delimiter) or line.split(delimiter)


def lay_out(lines: Sequence[str], name: str, overrides: dict[str, str] | None = None) -> Layout:
    """The layout of a text export from its first lines. Raises ExportError where it is no CDR export."""
    delimiter, fields = sniff(lines)
    if fields < 2:
        raise ExportError(
            f"export {name}: not a CSV of call records: no delimiter (comma, semicolon, tab, bar) splits its lines"
        )
    header_line = find_header(lines, delimiter, fields)
    first = 0 if header_line is None else header_line + 1
    whole = (cut(line, delimiter) for line in lines[first:] if line.strip())
    rows = tuple(tuple(row) for row in whole if len(row) == fields)[: SAMPLE * 10]
    names = tuple(f"column {n + 1}" for n in range(fields))
    if header_line is not None:
        names = tuple(word.strip().strip("\ufeff\"'") for word in cut(lines[header_line], delimiter))
    text = "" if header_line is None else lines[header_line].strip()
    return assign(names, rows, name, delimiter=delimiter, header_line=header_line, header_text=text)


def find_header(lines: Sequence[str], delimiter: str, fields: int) -> int | None:
    """Index of the header line: the first that has the records' width and words instead of numbers."""
    for at, line in enumerate(lines[:HEADER_WITHIN]):
        words = cut(line, delimiter)
        if len(words) != fields:
            continue
        known = sum(any(key in vocabulary().columns for key in header_keys(word)) for word in words)
        digits = sum(bool(re.search(r"\d{4,}", word)) for word in words)
        wordy = sum(bool(re.search(r"[^\W\d_]", word)) for word in words)
        if digits == 0 and (known >= 2 or known >= fields / 2 or wordy >= 0.8 * fields):
            return at
        if digits:
            return None
    return None


def assign(
    names: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    name: str,
    *,
    delimiter: str = ",",
    header_line: int | None = None,
    header_text: str = "",
) -> Layout:
    """Roles of columns from header words and contents. Raises ExportError without a time or a party."""
    columns = [[row[at] for row in rows[: SAMPLE * 2]] for at in range(len(names))]
    roles: dict[str, int] = {}
    reasons: dict[str, str] = {}
    if header_line is not None:
        by_words(names, roles, reasons)
        _check_by_contents(columns, roles, reasons)
    by_contents(columns, roles, reasons, headed=header_line is not None)
    time = choose_time(columns, roles, reasons, name)
    if not {"served", "calling", "called", "imsi"} & set(roles):
        raise ExportError(
            f"export {name}: no column holds a number or an IMSI of a party (found: {', '.join(names)[:120]})"
        )
    numbered = numbered_dialect(columns[roles["record_type"]]) if "record_type" in roles else ""
    if numbered:
        reasons["record_type"] += f"; its numbers are read as in {numbered}"
    return Layout(
        delimiter,
        len(names),
        header_line,
        names,
        roles,
        reasons,
        time,
        what_is_missing(roles),
        numbered,
        header_text,
        rows,
    )


def by_words(names: Sequence[str], roles: dict[str, int], reasons: dict[str, str]) -> None:
    for wanted in (0, 1):
        for at, word in enumerate(names):
            keys = header_keys(word)
            role = vocabulary().columns.get(keys[wanted]) if at not in roles.values() else None
            if role is not None and role not in roles:
                roles[role] = at
                reasons[role] = f'its header is "{word.strip()}"'


def _check_by_contents(columns: list[list[str]], roles: dict[str, int], reasons: dict[str, str]) -> None:
    """Mends header words of two meanings by what their columns hold."""
    start = roles.get("start")
    if start is not None and "start_date" in roles and read_times(contents.filled(columns[start])) is None:
        roles["start_time"] = roles.pop("start")
        reasons["start_time"] = reasons.pop("start") + ", and it holds times of day"
    date = roles.get("start_date")
    if date is not None and "start" not in roles and read_times(contents.filled(columns[date])) is not None:
        roles["start"] = roles.pop("start_date")
        reasons["start"] = reasons.pop("start_date") + ", and it holds whole times"
    for role in ("ci", "lac"):
        at = roles.get(role)
        if at is not None and "cgi" not in roles and contents.global_cell_share(columns[at]) > 0.8:
            roles["cgi"] = roles.pop(role)
            reasons["cgi"] = reasons.pop(role) + ", and it holds whole cell names"
    at = roles.get("cgi")
    if at is not None and contents.global_cell_share(columns[at]) < 0.5 <= contents.hex_share(columns[at]):
        del roles["cgi"]
        if "ci" not in roles:
            roles["ci"] = at
            reasons["ci"] = reasons["cgi"] + ", and it holds single numbers"
        reasons.pop("cgi")


def by_contents(columns: list[list[str]], roles: dict[str, int], reasons: dict[str, str], headed: bool) -> None:
    """Gives roles to columns that have none yet. Under a header only what a record can't do without."""

    def free() -> list[int]:
        return [at for at in range(len(columns)) if at not in roles.values() and contents.filled(columns[at])]

    def give(role: str, at: int, why: str) -> None:
        roles[role], reasons[role] = at, why

    if "start" not in roles and "start_date" not in roles:
        _times_by_contents(columns, free(), give)
    if "imsi" not in roles:
        fits = [(contents.imsi_share(columns[at]), -contents.luhn_share(columns[at]), -at) for at in free()]
        if fits and max(fits)[0] > 0.8 and (max(fits)[1] > -0.6):
            give("imsi", -max(fits)[2], f"{max(fits)[0]:.0%} of its values are IMSIs of one or two countries")
    if "imei" not in roles:
        fits3 = [(contents.imei_share(columns[at]), contents.luhn_share(columns[at]), -at) for at in free()]
        fits3 = [fit for fit in fits3 if fit[0] > 0.8]
        if fits3:
            share, luhn, at = max(fits3, key=lambda fit: (fit[1], fit[0]))
            give(
                "imei",
                -at,
                f"{share:.0%} of its values have 14 to 16 digits, {luhn:.0%} of those of 15 a valid check digit",
            )
    if "record_type" not in roles:
        for at in free():
            if contents.record_type_share(columns[at]) > 0.9 and contents.distinct(columns[at]) <= 20:
                give("record_type", at, "its values are words for kinds of record")
                break
    if not {"served", "calling", "called"} & set(roles):
        _parties_by_contents(columns, free(), roles, give)
    if not headed:
        _rest_by_contents(columns, free, roles, give)


def _times_by_contents(columns: list[list[str]], free: list[int], give) -> None:  # type: ignore[no-untyped-def]
    certain = [at for at in free if (reading := read_times(contents.filled(columns[at]))) and not reading.way.unit_s]
    numeric = [at for at in free if (reading := read_times(contents.filled(columns[at]))) and reading.way.unit_s]
    for at in certain or numeric:
        reading = read_times(contents.filled(columns[at]))
        assert reading is not None
        give("start", at, f"the first column that holds times ({reading.way.name})")
        return
    for date in free:
        for time in free:
            if date != time and read_parts(contents.filled(columns[date]), contents.filled(columns[time])):
                give("start_date", date, "holds dates")
                give("start_time", time, "holds times of day")
                return


def _parties_by_contents(columns: list[list[str]], free: list[int], roles: dict[str, int], give) -> None:  # type: ignore[no-untyped-def]
    numbers = [
        at for at in free if contents.number_share(columns[at]) > 0.8 and contents.subscriber_share(columns[at]) > 0.3
    ]
    numbers = [at for at in numbers if contents.distinct(columns[at]) > 1 or len(columns[at]) < 20]
    if not numbers:
        return
    if len(numbers) == 1:
        only = numbers[0]
        own = "imsi" not in roles or contents.follows(columns[roles["imsi"]], columns[only]) > 0.95
        give("served" if own else "other", only, "the only column of telephone numbers")
        return
    first, second = numbers[:2]
    if "imsi" in roles:
        keys = columns[roles["imsi"]]
        one, two = contents.follows(keys, columns[first]), contents.follows(keys, columns[second])
        if max(one, two) > 0.95 and abs(one - two) > 0.05:
            served, other = (first, second) if one > two else (second, first)
            give("served", served, "holds one number for each IMSI")
            give("other", other, "holds many numbers for each IMSI")
            return
    if "record_type" in roles and contents.distinct(columns[second]) > 1.5 * contents.distinct(columns[first]):
        give("served", first, "the first column of telephone numbers, with the fewer different ones")
        give("other", second, "the second column of telephone numbers")
        return
    give("calling", first, "the first column of telephone numbers")
    give("called", second, "the second column of telephone numbers")


def _rest_by_contents(columns: list[list[str]], free, roles: dict[str, int], give) -> None:  # type: ignore[no-untyped-def]
    for at in free():
        if "cgi" not in roles and contents.global_cell_share(columns[at]) > 0.9:
            give("cgi", at, "its values are whole cell names (LAC-CI or longer)")
    for at in free():
        if "duration" not in roles and contents.clock_share(columns[at]) > 0.9:
            give("duration", at, "its values are times like H:M:S")
    small = [at for at in free() if contents.hex_share(columns[at]) > 0.95]
    if "record_type" not in roles:
        for at in list(small):
            kinds = set(contents.filled(columns[at]))
            if 2 <= len(kinds) <= 8 and numbered_dialect(columns[at]) and at <= min([roles.get("start", 99), 99]) + 1:
                give("record_type", at, "holds few small numbers, before the time")
                small.remove(at)
                break
    if "cgi" not in roles:
        _cell_by_contents(columns, small, roles, give)
    numeric = [at for at in free() if contents.small_number_share(columns[at], 100_000) > 0.98]
    if "duration" not in roles and numeric:
        widest = max(numeric, key=lambda at: (contents.distinct(columns[at]), -at))
        if contents.distinct(columns[widest]) > 12 or len(columns[widest]) < 30:
            give("duration", widest, "holds the most varied of the small numbers")
    for at in free():
        if "result" not in roles and contents.result_share(columns[at]) > 0.9 and contents.distinct(columns[at]) <= 12:
            named = contents.share(columns[at], lambda value: not value.strip().isdigit()) > 0.5
            if named or contents.distinct(columns[at]) <= 2:
                give("result", at, "its values are words or codes for results")
    for at in free():
        if "ta" not in roles and {"ci", "cgi"} & set(roles) and contents.small_number_share(columns[at], 1_282) > 0.98:
            give("ta", at, "holds small whole numbers, as timing advances are")


def _cell_by_contents(columns: list[list[str]], small: list[int], roles: dict[str, int], give) -> None:  # type: ignore[no-untyped-def]
    """A pair of columns of which the second (cell) decides the first (area), the first with fewer values."""
    best: tuple[float, int, int] | None = None
    for lac in small:
        for ci in small:
            if lac == ci or contents.distinct(columns[ci]) < max(2, contents.distinct(columns[lac])):
                continue
            longest = max(len(value.strip()) for value in contents.filled(columns[ci]))
            if longest < 3 or max(len(value.strip()) for value in contents.filled(columns[lac])) < 3:
                continue
            fit = contents.follows(columns[ci], columns[lac])
            if (
                fit > 0.95
                and contents.distinct(columns[ci]) < 0.7 * len(columns[ci])
                and (best is None or fit > best[0] + 1e-9)
            ):
                best = (fit, lac, ci)
    if best is not None:
        give("lac", best[1], "holds few numbers, each cell number under one of them")
        give("ci", best[2], "holds numbers each of which stands under one area code")


def numbered_dialect(values: Sequence[str]) -> str:
    """Which dialect's numbers a record-type column holds; empty where it holds words."""
    present = contents.filled(values)
    whole = [value.strip() for value in present if re.fullmatch(r"\d{1,3}(?:\.0)?", value.strip())]
    if len(whole) < 0.9 * max(1, len(present)) or not whole:
        return ""
    numbers = {int(float(value)) for value in whole}
    dialects = vocabulary().numbered
    if 0 in numbers or numbers & {6, 7}:
        return "ts32298" if numbers <= set(dialects["ts32298"]) else ""
    return "billing_cn" if numbers <= set(dialects["billing_cn"]) else ""


def choose_time(columns: list[list[str]], roles: dict[str, int], reasons: dict[str, str], name: str) -> TimeReading:
    """How times are read. Raises ExportError where no column can be read as one."""
    if "start" in roles:
        reading = read_times(contents.filled(columns[roles["start"]]))
        if reading is not None:
            reasons["start"] += f"; {reading.reason}"
            for part in ("start_date", "start_time"):
                roles.pop(part, None)
            return reading
    if "start_date" in roles:
        dates = contents.filled(columns[roles["start_date"]])
        for time in [roles[r] for r in ("start_time", "start") if r in roles]:
            parts = read_parts(dates, contents.filled(columns[time]))
            if parts is not None:
                roles.pop("start", None)
                roles["start_time"] = time
                reasons.setdefault("start_time", "holds times of day")
                reasons["start_date"] += f"; {parts.reason}"
                return parts
    for at in range(len(columns)):
        taken = [role for role, column in roles.items() if column == at]
        reading = read_times(contents.filled(columns[at])) if not set(taken) - {"start", "start_date"} else None
        if reading is not None:
            roles["start"] = at
            reasons["start"] = f"the column that holds times; {reading.reason}"
            return reading
    if not any(contents.filled(column) for column in columns):
        raise ExportError(f"export {name}: a header, and no record below it; ask for the export again")
    example = next((value for at in [roles.get("start", 0)] for value in contents.filled(columns[at])), "nothing")
    raise ExportError(
        f"export {name}: no column holds times that can be read (such as {example[:30]!r}); "
        "times like 2026-03-04 09:12:03, 20260304091203, Unix seconds or Excel days are known"
    )


def what_is_missing(roles: dict[str, int]) -> tuple[str, ...]:
    """Keys of MISSING_COSTS for which no column stands."""
    held = set(roles)
    if held & {"ci", "cgi"}:
        held.add("cell")
    if held & {"calling", "called"} and len(held & {"calling", "called", "served"}) > 1:
        held.add("other")
    if "duration_ms" in held:
        held.add("duration")
    if "service" in held:
        held.add("record_type")
    return tuple(key for key in MISSING_COSTS if key not in held)


def first_example(rows: Sequence[Sequence[str]], at: int) -> str:
    return next((row[at].strip() for row in rows if not is_empty(row[at])), "")
