"""`catpool cdr feedback`, `catpool cdr known` and `catpool cdr features`: what people teach the ranking."""

import getpass
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.home import Home, find_home

if TYPE_CHECKING:
    from detection.cdr.known import Mark
    from detection.cdr.outcomes import Result
    from detection.cdr.pseudonyms import Names


def _cdr_folder() -> tuple[Home, Path]:
    home = find_home().make()
    home.cdr.mkdir(mode=0o750, exist_ok=True)
    return home, home.cdr


@click.command()
@click.argument("outcomes", required=False, type=click.Path(path_type=Path), metavar="[OUTCOMES.csv]")
@click.option("--dry-run", is_flag=True, help="Re-fit and compare, write nothing.")
@click.option("--use", type=click.IntRange(min=0), metavar="N", help="Go back to model N; 0 is the score as shipped.")
@click.option("--models", is_flag=True, help="List the models kept, with their data cards.")
@click.option("--json", "as_json", is_flag=True, help="What came of it, or each model, as a JSON line.")
def feedback(outcomes: Path | None, dry_run: bool, use: int | None, models: bool, as_json: bool) -> None:
    """Learns from raids: of OUTCOMES.csv (lead or sim, outcome, date) and of this home's store."""
    if (use is not None) + models + (outcomes is not None) > 1 or (use is not None and dry_run):
        raise click.UsageError("give one of OUTCOMES.csv, --use N and --models (--dry-run goes with outcomes)")
    home, folder = _cdr_folder()
    if models:
        _list_models(folder, as_json)
    elif use is not None:
        _go_back(home, folder, use)
    else:
        _feed_back(home, folder, outcomes, dry_run, as_json)


def _feed_back(home: Home, folder: Path, outcomes: Path | None, dry_run: bool, as_json: bool) -> None:
    from dataclasses import asdict

    from detection.cdr.feedback import feed_back, told
    from detection.cdr.pseudonyms import Names, open_key
    from detection.cdr.runs import kept_runs

    results = _results(home, Names(open_key(home)), outcomes)
    runs = list(kept_runs(folder / "runs"))
    found = feed_back(folder, results, runs, datetime.now(UTC), getpass.getuser(), dry_run)
    if found.number is not None:
        _audit(home, "cdr feedback", f"model {found.number}", found.trial.why if found.trial else "")
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, default=str).replace("NaN", "null"))
    else:
        click.echo("\n".join(told(found)))


def _results(home: Home, names: "Names", path: Path | None) -> "list[Result]":
    """What the file and the store say, the file's word last."""
    from detection.cdr.ages import is_set
    from detection.cdr.outcomes import read_outcomes, stored_results
    from detection.store import Store

    stored: list[Result] = []
    if home.store.exists():
        with Store.open(home.store) as store:
            stored = stored_results(store.outcomes(), store.known_gateways())
    now = datetime.now(UTC)
    today = now.date() if is_set(now) else None
    return [*stored, *(read_outcomes(path, names, today) if path is not None else [])]


def _list_models(folder: Path, as_json: bool) -> None:
    import msgspec

    from detection.cdr.versions import in_use, versions

    number = in_use(folder)
    if not as_json:
        click.echo(f"model 0{'  (in use)' if number == 0 else ''}: the score as shipped")
    for version in versions(folder):
        card, mark = version.card, "  (in use)" if version.number == number else ""
        if as_json:
            click.echo(json.dumps(msgspec.to_builtins(version) | {"in_use": bool(mark)}, ensure_ascii=False))
            continue
        sorts = ", ".join(f"{n} {name}" for name, n in sorted(card.outcomes.items()))
        click.echo(
            f"model {version.number}{mark}: {card.made:%Y-%m-%d %H:%M} UTC by {card.by}, from {sorts}"
            f" ({card.first_date} to {card.last_date}); log loss {card.log_loss[0]:.4f} to {card.log_loss[1]:.4f}"
            f" on {card.held_back} raids held back"
        )


def _go_back(home: Home, folder: Path, number: int) -> None:
    from detection.cdr.versions import use

    use(folder, number)
    _audit(home, "cdr feedback --use", f"model {number}", "")
    click.echo(f"Model {number} ranks from now on." if number else "The score as shipped ranks from now on.", err=True)


def _audit(home: Home, action: str, subject: str, detail: str) -> None:
    from detection.store import Store

    with Store.open(home.store) as store:
        store.audit(datetime.now(UTC), getpass.getuser(), action, subject, detail)


@click.group()
def known() -> None:
    """Look-alikes that are known: no longer alarmed, still listed."""


@known.command("add")
@click.argument("subject", metavar="SUBJECT")
@click.option("--reason", required=True, metavar="TEXT", help="What it is: call centre X, licence number, address.")
@click.option("--by", required=True, metavar="NAME", help="Who says so.")
@click.option("--until", metavar="DATE", help="Last day on which it holds; without it, until removed.")
@click.option("--owner", default="", metavar="NAME", help="The carrier whose SIMs these are.")
def add_known(subject: str, reason: str, by: str, until: str | None, owner: str) -> None:
    """Marks a lead, SIM, number or IMEI (pseudonym, or clear: it is kept as its pseudonym; - reads it from stdin)."""
    if not reason.strip() or not by.strip():
        raise click.UsageError("--reason and --by need words: who reads this later must know what it is")
    last = _date(until)
    if last is not None and last < datetime.now(UTC).date():
        raise click.BadParameter(f"{last} is past: such a mark covers nothing", param_hint="--until")
    from detection.cdr.known import make_mark, read_marks, write_marks
    from detection.cdr.pseudonyms import Names, open_key
    from detection.cdr.runs import kept_runs
    from detection.store import Store

    home, folder = _cdr_folder()
    names, runs = Names(open_key(home)), list(kept_runs(folder / "runs"))
    with Store.open(home.store) as store:
        mark = make_mark(
            _subject(subject),
            names,
            runs,
            store.leads(merged=True),
            reason=" ".join(reason.split()),
            by=" ".join(by.split()),
            since=datetime.now(UTC).date(),
            until=last,
            owner=owner,
        )
        write_marks(folder, [*(one for one in read_marks(folder) if one.subject != mark.subject), mark])
        store.audit(datetime.now(UTC), getpass.getuser(), "cdr known add", mark.subject, mark.words)
    click.echo(_told(mark), err=True)


@known.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def list_known(as_json: bool) -> None:
    """Lists the marks, and which of them have run out."""
    import msgspec

    from detection.cdr.known import read_marks

    marks = read_marks(_cdr_folder()[1])
    for mark in marks:
        click.echo(json.dumps(msgspec.to_builtins(mark), ensure_ascii=False) if as_json else _told(mark))
    if not marks:
        click.echo("No look-alike is marked known.", err=True)


@known.command("remove")
@click.argument("subject", metavar="SUBJECT")
@click.option("--by", required=True, metavar="NAME", help="Who takes the mark away.")
def remove_known(subject: str, by: str) -> None:
    """Takes a mark away: its SIMs raise alarms again."""
    from detection.cdr.known import read_marks, write_marks
    from detection.cdr.pseudonyms import Names, open_key
    from detection.cdr.subjects import read_subject
    from detection.errors import DetectionError
    from detection.store import Store

    home, folder = _cdr_folder()
    named = read_subject(_subject(subject), Names(open_key(home)))
    marks = read_marks(folder)
    kept = [mark for mark in marks if mark.subject not in named]
    if len(kept) == len(marks):
        raise DetectionError(f"{named[0]}: not marked known; `catpool cdr known list` shows what is")
    with Store.open(home.store) as store:
        write_marks(folder, kept)
        store.audit(datetime.now(UTC), getpass.getuser(), "cdr known remove", named[0], f"by {by}")
    click.echo(f"{named[0]} raises alarms again.", err=True)


def _subject(text: str) -> str:
    """What is meant; "-" reads it from standard input, so that a clear identity stays out of the shell's history."""
    return sys.stdin.readline().strip() if text == "-" else text


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r}; write it as 2026-12-31", param_hint="--until") from None


def _told(mark: "Mark") -> str:
    until = ""
    if mark.until is not None:
        until = f", until {mark.until}" + (" (run out)" if mark.until < datetime.now(UTC).date() else "")
    owner = f", of {mark.owner}" if mark.owner else ""
    names = f"{len(mark.sims)} SIM name{'s' if len(mark.sims) != 1 else ''}, {len(mark.imeis)} IMEI"
    return f"{mark.subject}{owner}  {mark.words}{until}  ({names})"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def features(as_json: bool) -> None:
    """Prints what the ranking looks at: every feature by name, with its meaning."""
    from detection.cdr.catalogue import catalogue

    for row in catalogue():
        if as_json:
            click.echo(json.dumps({"of": row.of, "name": row.name, "meaning": row.meaning}, ensure_ascii=False))
        else:
            click.echo(f"{row.of:<16}{row.name:<18}{row.meaning}")


COMMANDS: list[click.Command] = [feedback, known, features]
