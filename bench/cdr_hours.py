"""What `cdr update` costs hour by hour, beside `cdr rank` of all hours at once.

    python bench/cdr_hours.py [SUBSCRIBERS] [DAYS]

Files of an hour, of a made-up city, are added to a running state one after another, each in a process of its own.
A line an hour: records of the hour, records known before it, CPU s to read it, to take it in (with what the state
writes) and to rank all that is known; the last line is the whole at once. Ranking grows with the SIMs and suspects
that are known, taking in with the hour's records.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from detection.cdr.kept import kept_records
from detection.cdr.ledger import digest, open_ledger
from detection.cdr.pseudonyms import Names
from detection.cdr.rank import rank
from detection.cdr.records import open_engine, read_records
from detection.cdr.running import take_in
from detection.town import city

NAMES = Names(b"b" * 32)
ZONE = "Asia/Shanghai"


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def update(path: Path, root: Path) -> dict[str, float]:
    """Adds one file; CPU s of each step."""
    with open_ledger(root, "", NAMES) as ledger:
        before = sum(part.rows for part in ledger.state.parts)
        engine, begun = open_engine(), cpu_s()
        records = read_records([path], engine, timezone=ZONE, naming=NAMES)
        read = cpu_s()
        taken = take_in(ledger, records, {digest(path): 0}, 8)
        took = cpu_s()
        known, source = kept_records(ledger, engine, records)
        found = rank(known, NAMES, [], source=source)
        done = cpu_s()
    return {
        "rows": taken.added,
        "before": before,
        "read": read - begun,
        "take": took - read,
        "rank": done - took,
        "sims": found.sims,
        "recounted": taken.recounted,
    }


def at_once(paths: list[Path]) -> dict[str, float]:
    begun = cpu_s()
    records = read_records(paths, open_engine(), timezone=ZONE, naming=NAMES)
    read = cpu_s()
    found = rank(records, NAMES, [])
    return {"rows": records.account.accepted, "read": read - begun, "rank": cpu_s() - read, "sims": found.sims}


def main(subscribers: int = 20_000, days: int = 1) -> None:
    folder = Path(tempfile.mkdtemp(prefix="catpool-hours-"))
    try:
        paths = write(subscribers, days, folder)
        for path in paths:
            told = alone("update", str(path), str(folder / "state"))
            print(
                f"{path.stem}: {told['rows']:.0f} records after {told['before']:.0f}: CPU s read {told['read']:.2f}, "
                f"take in {told['take']:.2f}, rank {told['rank']:.2f} ({told['sims']:.0f} SIMs)",
                flush=True,
            )
        told = alone("at_once", *map(str, paths))
        print(f"at once: {told['rows']:.0f} records: CPU s read {told['read']:.2f}, rank {told['rank']:.2f}")
        held = sum(entry.stat().st_size for entry in (folder / "state").rglob("*.parquet"))
        print(f"the state: {held / 1e6:.1f} MB, {held / told['rows']:.0f} octets a record")
    finally:
        shutil.rmtree(folder)


def write(subscribers: int, days: int, folder: Path) -> list[Path]:
    """Files of an hour each."""
    header, *rows = city.csv_lines(city.make(1, subscribers, days))
    hours: dict[str, list[str]] = {}
    for row in rows:
        hours.setdefault(row.split(",")[5][:13], []).append(row)
    paths = []
    for hour, held in sorted(hours.items()):
        paths.append(folder / f"{hour.replace(' ', 'T')}.csv")
        paths[-1].write_text("\n".join([header, *held]) + "\n", encoding="utf-8")
    return paths


def alone(*words: str) -> dict[str, float]:
    """A step in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    if sys.argv[1:2] == ["update"]:
        print(json.dumps(update(Path(sys.argv[2]), Path(sys.argv[3]))))
    elif sys.argv[1:2] == ["at_once"]:
        print(json.dumps(at_once([Path(name) for name in sys.argv[2:]])))
    else:
        main(*map(int, sys.argv[1:]))
