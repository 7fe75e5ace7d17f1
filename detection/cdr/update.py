"""`catpool cdr update`: an export into the running state, and all that it then knows, to be ranked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from ibis.backends.duckdb import Backend

from detection.cdr.ages import is_set
from detection.cdr.answers import first_of
from detection.cdr.export import find_files
from detection.cdr.features import Source
from detection.cdr.kept import kept_records
from detection.cdr.ledger import Ledger, State, digest, open_ledger
from detection.cdr.pseudonyms import Names
from detection.cdr.records import Records
from detection.cdr.running import DAY_S, Taken, take_in
from detection.errors import ExportError

MOST_NAMED = 5  # files held already that are named one by one


@contextmanager
def taking_in(
    exports: Sequence[Path],
    root: Path,
    owner: str,
    names: Names,
    days: int,
    engine: Backend,
    now: datetime,
    read: Callable[[Sequence[Path]], Records],
) -> Iterator[tuple[Records, Source, list[str]]]:
    """(all that is known, its features, lines to be said); the state is this process's alone meanwhile.

    `read` reads the files that are new. Raises ExportError.
    """
    with open_ledger(root, owner, names) as ledger:
        files = {digest(path): path for path in find_files(exports)}
        new = {mark: path for mark, path in files.items() if mark not in ledger.state.files}
        records, said = (
            None,
            held_lines(ledger.state, [(path, mark) for mark, path in files.items() if mark not in new]),
        )
        if new:
            records = read(list(new.values()))
            refuse_zone(ledger.state, records, exports[0])
            if not is_set(now):
                refuse_jump(ledger.state, records, days, exports[0])
            said += _told(take_in(ledger, records, dict.fromkeys(new, int(now.timestamp())), days), days)
        if not ledger.state.parts:
            raise ExportError(f"export {exports[0]}: no record of it is of the last {days} days that are kept")
        known, source = kept_records(ledger, engine, records)
        said.append(_told_state(ledger))
        yield known, source, said


def refuse_zone(state: State, records: Records, export: Path) -> None:
    """Raises ExportError where an export is read in another local time than what is held: one of them is hours off."""
    zones = [zone for zone in (state.zone, records.zone) if zone in available_timezones()]
    if state.parts and len(set(zones)) == 2:
        raise ExportError(
            f"export {export}: read in {zones[1]}, but the running state is in {zones[0]}: give --timezone {zones[0]},"
            " or another --owner if this is another region; nothing was changed"
        )


def refuse_jump(state: State, records: Records, days: int, export: Path) -> None:
    """Where no clock tells the future: raises ExportError if most records would push out all that is held."""
    held = max((part.last_s for part in state.parts), default=None)
    middle = first_of(records.table.agg(middle=records.table.t_s.quantile(0.5)))["middle"]
    if held is not None and middle > held + days * DAY_S:
        raise ExportError(
            f"export {export}: its records are more than {days} days after all that is held, and this machine's clock"
            " is not set, so nobody can say whether that is true: set the clock and start again; nothing was changed"
        )


def held_lines(state: State, held: Sequence[tuple[Path, str]]) -> list[str]:
    """What is said of each (file, its digest) that the state holds: since when, in the carrier's time."""
    lines = [
        f"{path.name} is held already, {_since(state, mark)}: nothing of it was added."
        for path, mark in held[:MOST_NAMED]
    ]
    if len(held) > MOST_NAMED:
        lines.append(f"So are {len(held) - MOST_NAMED} more of the files given.")
    return lines


def _since(state: State, mark: str) -> str:
    at, zone = state.since.get(mark), state.zone
    if at is None:
        return "from an earlier update"
    try:
        taken, clock = datetime.fromtimestamp(at, ZoneInfo(zone)), zone
    except (KeyError, ValueError, OSError):  # an export whose times carry their own offsets
        taken, clock = datetime.fromtimestamp(at, UTC), "UTC"
    return f"since {taken:%Y-%m-%d %H:%M} ({clock})"


def _told(taken: Taken, days: int) -> list[str]:
    lines = [f"Added {taken.added} records to the running state."]
    if taken.known:
        lines.append(f"{taken.known} records were known from an earlier update, and add nothing.")
    if taken.too_old:
        lines.append(f"{taken.too_old} records are older than the {days} days that are kept, and were left out.")
    if taken.anew:
        lines.append("All that is kept was counted anew.")
    if taken.recounted:
        sims = "1 SIM" if taken.recounted == 1 else f"{taken.recounted} SIMs"
        lines.append(f"{sims} had records that came late, and were counted anew.")
    return lines


def _told_state(ledger: Ledger) -> str:
    rows = sum(part.rows for part in ledger.state.parts)
    return f"The running state holds {rows} records, in {ledger.folder}."
