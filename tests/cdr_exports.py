"""Small exports made up for the tests, in any dialect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from detection.cdr.contents import luhn_digit
from detection.cdr.pseudonyms import Names
from detection.cdr.record_words import KINDS
from detection.cdr.records import Records, open_engine, read_records

FIRST_S = 1_772_409_600  # 2026-03-02 00:00:00, local
HEADER = "record_type,imsi,imei,msisdn,other_party,start_time,duration,lac,ci,ta"


@dataclass(frozen=True, slots=True)
class Row:
    """One record, in plain values."""

    outgoing: bool
    sim: int
    other: str
    t_s: int
    duration_s: int

    @property
    def imsi(self) -> str:
        return f"46000{1_000_000_000 + self.sim}"

    @property
    def imei(self) -> str:
        body = f"86{self.sim:06d}{self.sim * 17 % 10**6:06d}"
        return body + str(luhn_digit(body))

    @property
    def number(self) -> str:
        return f"138{self.sim:08d}"

    @property
    def lac(self) -> int:
        return 1201 + self.sim % 3

    @property
    def ci(self) -> int:
        return 30_000 + self.sim

    @property
    def ta(self) -> int:
        return self.sim % 5

    def time(self, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        return datetime.fromtimestamp(self.t_s, UTC).strftime(form)


def rows(n: int = 120) -> list[Row]:
    """Records of 24 SIMs over a few hours, no two alike."""
    return [
        Row(at % 3 != 0, at * 7 % 24, f"139{at * 104_729 % 10**8:08d}", FIRST_S + at * 97, 1 + at * 31 % 290)
        for at in range(n)
    ]


def plain(row: Row) -> str:
    kind = "MOC" if row.outgoing else "MTC"
    party = f"{row.imsi},{row.imei},{row.number},{row.other}"
    return f"{kind},{party},{row.time()},{row.duration_s},{row.lac},{row.ci},{row.ta}"


def export(write: Callable[[Row], str] = plain, header: str = HEADER, n: int = 120) -> str:
    lines = [header] if header else []
    return "\n".join([*lines, *(write(row) for row in rows(n))]) + "\n"


def read(path: Path, timezone: str | None = "Asia/Shanghai") -> Records:
    naming = Names(b"k" * 32, clear=True)
    return read_records([path], open_engine(memory_mb=500, threads=2), timezone=timezone, naming=naming)


def first_row(records: Records) -> tuple[object, ...]:
    """kind, sim, number, other, t_s, duration_s of the first record."""
    row = records.table.order_by("row").limit(1).to_pyarrow().to_pylist()[0]
    people = records.people
    who = people.sims.of(row["sim_id"]), people.party(row["number_id"]), people.party(row["other_id"])
    return KINDS[row["kind"]], *who, row["t_s"], row["duration_s"]
