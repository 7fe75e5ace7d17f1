"""Learning from raids: outcomes into the ledger, a re-fitted layer tried on raids held back, and used if better."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from detection.cdr import kinds, verdict, versions
from detection.cdr.layer import AS_SHIPPED
from detection.cdr.outcomes import Learnt, Result, learn, read_ledger, write_ledger
from detection.cdr.runs import Run
from detection.cdr.trial import LEAST_LEADS, Measured, Raided, Trial, try_out


@dataclass(frozen=True, slots=True)
class Feedback:
    """What came of it: new lines by sort, what taught nothing, and the trial (None: too few fresh raids)."""

    new: dict[str, int]
    unclear: int
    unknown: list[Result]
    stale: int  # outcomes of rankings by another base score
    fresh: int
    old_number: int
    trial: Trial | None
    number: int | None  # of the version that was adopted
    disputed: tuple[str, ...] = ()  # subjects of new outcomes of which others were told: the latest counts


def feed_back(
    folder: Path, results: Sequence[Result], runs: Sequence[Run], now: datetime, by: str, dry_run: bool
) -> Feedback:
    """Takes results in, re-fits, compares, adopts if better. `dry_run` writes nothing."""
    held = read_ledger(folder)
    new, unknown = learn(results, runs, held)
    ledger = [*held, *new]
    base = versions.base_version()
    number, seen_ids, old = 0, frozenset[str](), AS_SHIPPED
    for version in versions.versions(folder):
        if version.number == versions.in_use(folder) and version.base == base:
            number, seen_ids, old = version.number, frozenset(version.card.raids), version.layer
    usable = settled([line for line in ledger if line.base == base])
    names = [kind.name for kind in kinds.kinds()]
    seen = [raided(line, names) for line in usable if line.id in seen_ids]
    fresh = [line for line in usable if line.id not in seen_ids]
    alarm = float(np.log(verdict.ALARM / (1 - verdict.ALARM)))
    trial = try_out(seen, [raided(line, names) for line in fresh], names, old, alarm)
    adopted = None
    if not dry_run:
        if new:
            write_ledger(folder, ledger)
        if trial is not None and trial.better:
            adopted = _adopt(folder, trial, usable, base, now, by)
    return Feedback(
        dict(Counter(line.outcome for line in new)),
        sum(result.outcome == "unclear" for result in results),
        unknown,
        sum(line.base != base for line in ledger),
        len(fresh),
        number,
        trial,
        adopted,
        disputed(new, ledger),
    )


def disputed(new: Sequence[Learnt], ledger: Sequence[Learnt]) -> tuple[str, ...]:
    """Subjects of new lines of which the ledger holds another outcome too."""
    told: dict[str, set[str]] = {}
    for line in ledger:
        told.setdefault(line.subject, set()).add(line.outcome)
    return tuple(sorted({line.subject for line in new if len(told[line.subject]) > 1}))


def settled(lines: Sequence[Learnt]) -> list[Learnt]:
    """One line a subject: the latest word, and of one day the last that came."""
    latest: dict[str, Learnt] = {}
    for line in lines:
        if line.subject not in latest or line.date >= latest[line.subject].date:
            latest[line.subject] = line
    return list(latest.values())


def raided(line: Learnt, names: Sequence[str]) -> Raided:
    """What the layer learns from a line."""
    shares = np.array([[sim.kinds.get(name, 0.0) for name in names] for sim in line.sims])
    odds = np.array([sim.odds for sim in line.sims])
    return Raided(line.id, odds, shares, line.outcome != "honest", line.weight)


def _adopt(folder: Path, trial: Trial, usable: Sequence[Learnt], base: str, now: datetime, by: str) -> int:
    number = max([0, *(version.number for version in versions.versions(folder))]) + 1
    before, after = trial.before, trial.after
    dates = sorted(line.date for line in usable)
    card = versions.Card(
        made=now,
        by=by,
        outcomes=dict(Counter(line.outcome for line in usable)),
        raids=tuple(line.id for line in usable),
        held_back=trial.held_back,
        log_loss=(round(before.log_loss, 6), round(after.log_loss, 6)),
        average_precision=(_known(before.average_precision), _known(after.average_precision)),
        true_alarms=(before.true_alarms, after.true_alarms),
        false_alarms=(before.false_alarms, after.false_alarms),
        first_date=dates[0],
        last_date=dates[-1],
    )
    layer = trial.new
    versions.add(folder, versions.Version(number, base, layer.offset, layer.slope, dict(layer.kinds), card))
    versions.use(folder, number)
    return number


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)


def told(found: Feedback) -> list[str]:
    """What came of it, for people."""
    new = sum(found.new.values())
    sorts = ", ".join(f"{n} {name}" for name, n in sorted(found.new.items()))
    lines = [f"{new} new outcome{'s' if new != 1 else ''}" + (f": {sorts}." if new else ".")]
    if found.unclear:
        lines.append(f"{found.unclear} unclear: they teach nothing.")
    if found.unknown:
        some = ", ".join(result.subject[0] for result in found.unknown[:5]) + ("..." if len(found.unknown) > 5 else "")
        lines.append(
            f"{len(found.unknown)} left out, since no ranking kept here, before them or soon after, knows them: {some}"
        )
    if found.disputed:
        some = ", ".join(found.disputed[:5]) + ("..." if len(found.disputed) > 5 else "")
        lines.append(f"Several outcomes are told of {some}: the latest date counts, of one day the last line.")
    if found.stale:
        lines.append(
            f"{found.stale} left out, since another version of the score ranked them: rank those exports anew."
        )
    if found.trial is None:
        lines.append(
            f"Nothing re-fitted: {found.fresh} raid{' is' if found.fresh == 1 else 's are'} new to model"
            f" {found.old_number}, {LEAST_LEADS} are needed."
        )
        return lines
    lines += compared(found.trial, found.old_number)
    if found.number is not None:
        lines.append(f"Adopted as model {found.number}: {found.trial.why}. `--use {found.old_number}` goes back.")
    elif found.trial.better:
        lines.append(f"It would be adopted: {found.trial.why}. Nothing written (--dry-run).")
    else:
        lines.append(f"Not adopted: {found.trial.why}. Model {found.old_number} stays.")
    return lines


def compared(trial: Trial, old_number: int) -> list[str]:
    """Old and new on the raids held back, as a table."""

    def row(name: str, pick: str, form: str) -> str:
        values = [getattr(measured, pick) for measured in (trial.before, trial.after)]
        one, two = ("-" if value != value else format(value, form) for value in values)
        return f"  {name:<24}{one:>10}{two:>11}"

    return [
        f"On {trial.held_back} raids held back:     model {old_number:<4} re-fitted",
        row("log loss a raid", "log_loss", ".4f"),
        row("average precision", "average_precision", ".4f"),
        row("SIMs raised, in boxes", "true_alarms", "d"),
        row("SIMs raised, honest", "false_alarms", "d"),
    ]


__all__ = ["Feedback", "Measured", "compared", "feed_back", "raided", "settled", "told"]
