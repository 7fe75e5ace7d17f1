"""What a ranking leaves in DIR, and in CATPOOL_HOME for raids to teach from."""

from datetime import datetime
from pathlib import Path

from detection.cdr import block, victims
from detection.cdr.leads_file import write_leads, write_rejects, write_suspects, write_table
from detection.cdr.rank import Ranking
from detection.cdr.records import Records
from detection.cdr.runs import Head, keep_run, utc
from detection.cdr.versions import base_version
from detection.errors import ExportError

CLEAR_FILES = ("victims.csv", "block.csv")  # they exist only under a case
OPEN, CLOSED = 0o666, 0o600  # modes of what is written, which the umask may narrow further; under a case


def forget_clear(out: Path) -> None:
    """Removes the lists that an earlier run under a case left in DIR. Raises ExportError where that can't be done."""
    for name in CLEAR_FILES:
        try:
            (out / name).unlink(missing_ok=True)
        except OSError as error:
            raise ExportError(
                f"{out / name}: holds clear identities of an earlier run and cannot be removed ({error.strerror})"
            ) from error


def write_outputs(out: Path, records: Records, found: Ranking, clear: bool) -> list[str]:
    """Writes every file, each whole or not at all; gives their names.

    `clear`: they hold clear identities, all of them, and are for their owner's eyes alone. Otherwise nothing clear of
    an earlier run stays in DIR; before this point a run that fails has changed nothing there.
    """
    mode = CLOSED if clear else OPEN
    if not clear:
        forget_clear(out)
    write_rejects(out / "rejects.csv", records.rejects, hide=not clear, mode=mode)
    write_leads(out / "leads.json", found.leads, mode)
    write_suspects(out / "suspects.csv", found.suspects, mode)
    names = ["suspects.csv", "leads.json", "rejects.csv"]
    if clear:
        write_table(out / "victims.csv", victims.COLUMNS, victims.rows(found.victims), mode)
        write_table(out / "block.csv", block.COLUMNS, block.rows(found.suspects, found.since), mode)
        names += CLEAR_FILES
    return names


def keep_for_raids(folder: Path, found: Ranking, owner: str, now: datetime) -> None:
    """Keeps what the ranking thought of its suspects, under pseudonyms."""
    keep_run(folder / "runs", Head(now, utc(found.history.ends_s), base_version(), owner), found.kept)
