"""How fast `cdr rank` is, end to end, beside one full per-SIM aggregation by the same DuckDB in the same run.

    python bench/cdr_speed.py [MILLIONS,...] [csv|parquet|both] [DIR]

Default: 1,4,15 both, in a temporary folder (15 M rows take 1.6 GB as CSV). Rows are those of a made-up city of 10,000
subscribers and three days, its honest ones laid side by side as often as needed: other SIMs, numbers, devices and cells
each time, the same days; its boxes stand in the first one alone. In the order of time.
DuckDB's own work is to read every column and to make, per IMSI, counts, distinct numbers and cells, sums and extremes.
A line a size: seconds (wall and CPU) and rows a second of both, how many times DuckDB's time the whole ranking takes,
peak memory of the ranking.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from detection.town import city
from detection.town.canvas import FRAUD, City

SUBSCRIBERS, DAYS = 10_000, 3
WORDS = ("MOC", "MTC", "SMS-MO", "SMS-MT", "LU")
AGGREGATION = """
    SELECT imsi, count(*), count(DISTINCT other_party), count(DISTINCT ci), sum(TRY_CAST(duration AS BIGINT)),
           min(start_time), max(start_time), count(DISTINCT imei), max(msisdn), max(lac), max(ta), max(record_type)
    FROM {source} GROUP BY imsi
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What a run took."""

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0


def main(millions: tuple[float, ...], forms: tuple[str, ...], folder: Path) -> None:
    os.environ.setdefault("CATPOOL_HOME", str(folder / "home"))
    print(f"duckdb {duckdb.__version__}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}", flush=True)
    seed = seed_table(city.make(1, SUBSCRIBERS, DAYS, rat="lte"))
    for size in millions:
        for form in forms:
            path = folder / f"export-{size:g}.{form}"
            begun = time.perf_counter()
            with ProcessPoolExecutor(1, get_context("spawn")) as other:  # else its memory would count as the ranking's
                rows = other.submit(write, seed, int(size * 1e6), path).result()
            made_s = time.perf_counter() - begun
            own = aggregate(path)
            whole = rank(path, folder / f"out-{size:g}-{form}")
            print(line(form, rows, path, made_s, own, whole), flush=True)
            path.unlink()


def seed_table(made: City) -> pa.Table:
    """The city's records as columns of numbers that `write` turns into texts."""
    cells = made.cells
    honest = ~np.isin(np.array(made.kind_of), FRAUD)[made.sim]
    return pa.table(
        {
            "honest": np.where(honest, np.cumsum(honest) - 1, -1),  # its place among those of honest subscribers
            "kind": np.array(WORDS)[made.kind],
            "sim": made.sim.astype(np.int32),
            "imei": np.array([int(imei[:14]) for imei in made.imei.tolist()]),
            "imsi": np.array([int(imsi) for imsi in np.array(made.imsi)[made.sim].tolist()]),
            "msisdn": np.array([int(number) for number in np.array(made.msisdn)[made.sim].tolist()]),
            "other": np.array(made.numbers)[made.other],
            "t_s": made.t_s,
            "duration": made.duration_s,
            "lac": np.array([cell.identity.lac for cell in cells])[made.cell],
            "ci": np.array([cell.identity.ci for cell in cells])[made.cell],
            "ta": made.timing_advance,
            "result": np.where(made.answered, "answered", "failed"),
        }
    )


def write(seed: pa.Table, rows: int, path: Path) -> int:
    """Writes that many rows (the city's own at least); gives how many."""
    rows = max(rows, len(seed))
    honest = int(seed["honest"].to_numpy().max()) + 1
    copies, part = divmod(rows - len(seed), honest)
    con = duckdb.connect()
    con.execute(f"SET temp_directory = '{path.parent}'; SET memory_limit = '5GB'")
    con.register("seed", seed)
    con.execute(f"""
        CREATE VIEW rows AS SELECT kind AS record_type, (imsi + c * 100000)::VARCHAR AS imsi,
            ((imei + c * 7919) * 10)::VARCHAR AS imei, (msisdn + c * 100003)::VARCHAR AS msisdn,
            CASE WHEN regexp_full_match(other, '1[3-9]\\d{{9}}') THEN (other::BIGINT + c * 100003)::VARCHAR ELSE other
            END AS other_party, strftime(make_timestamp(t_s * 1000000), '%Y-%m-%d %H:%M:%S') AS start_time,
            duration::VARCHAR AS duration, (lac + c)::VARCHAR AS lac, (ci + c * 65536)::VARCHAR AS ci,
            ta::VARCHAR AS ta, result
        FROM seed s, range({copies + 2}) r(c)
        WHERE c = 0 OR honest >= 0 AND (c <= {copies} OR honest < {part}) ORDER BY t_s, c, imsi
    """)
    options = "FORMAT parquet" if path.suffix == ".parquet" else "HEADER, DELIMITER ','"
    con.execute(f"COPY rows TO '{path}' ({options})")
    con.close()
    return rows


def aggregate(path: Path) -> Work:
    """One full per-SIM aggregation by DuckDB, in a process of its own."""
    source = f"read_parquet('{path}')" if path.suffix == ".parquet" else f"read_csv('{path}', all_varchar = true)"
    code = f"import duckdb; duckdb.sql('''SELECT count(*) FROM ({AGGREGATION.format(source=source)})''').fetchall()"
    return run([sys.executable, "-c", code])


def rank(path: Path, out: Path) -> Work:
    command = str(Path(sys.executable).with_name("catpool"))
    return run([command, "cdr", "rank", str(path), "--timezone", "Asia/Shanghai", "--out", str(out)])


def run(command: list[str]) -> Work:
    """Runs a command and measures it. Raises CalledProcessError where it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    told = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(told, file=sys.stderr)
        raise subprocess.CalledProcessError(process.returncode, command)
    return Work(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def line(form: str, rows: int, path: Path, made_s: float, own: Work, whole: Work) -> str:
    return (
        f"{form} {rows / 1e6:g} M rows ({path.stat().st_size / 1e6:,.0f} MB, made in {made_s:.0f} s): "
        f"DuckDB {own.wall_s:.1f} s ({own.cpu_s:.1f} CPU, {rows / own.wall_s / 1e6:.2f} M rows/s), "
        f"cdr rank {whole.wall_s:.1f} s ({whole.cpu_s:.1f} CPU, {rows / whole.wall_s / 1e6:.2f} M rows/s): "
        f"{whole.wall_s / own.wall_s:.1f} times (CPU {whole.cpu_s / own.cpu_s:.1f}), peak {whole.peak_mb:,.0f} MB"
    )


if __name__ == "__main__":
    asked = tuple(float(text) for text in (sys.argv[1] if len(sys.argv) > 1 else "1,4,15").split(","))
    form = sys.argv[2] if len(sys.argv) > 2 else "both"
    forms = ("csv", "parquet") if form == "both" else (form,)
    with tempfile.TemporaryDirectory(prefix="cdr-speed-", dir=sys.argv[3] if len(sys.argv) > 3 else None) as made:
        main(asked, forms, Path(made))
