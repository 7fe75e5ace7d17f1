"""`catpool cdr rank --engine spark`: features on Spark are those of DuckDB, by way of spark-submit as on a cluster."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from detection.cdr.engine import LOCAL, NEEDED, USUAL, settings
from detection.town import city

TOP = Path(__file__).resolve().parent.parent


def suspects(out: Path) -> list[dict[str, str]]:
    with (out / "suspects.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parts("java")
def test_spark_gives_the_same_suspects(tmp_path: Path) -> None:
    made = city.make(45, 700, 1, boxes={"naive": 1, "sms": 1})
    (tmp_path / "cdr.csv").write_text("\n".join(city.csv_lines(made)) + "\n", encoding="utf-8")
    (tmp_path / "CELLS.csv").write_text("\n".join(city.cells_lines(made)) + "\n", encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    env = os.environ | {
        "CATPOOL_HOME": str(tmp_path / "home"),
        "PYSPARK_PYTHON": sys.executable,
        "TMPDIR": str(tmp_path / "tmp"),
    }
    submit = [str(Path(sys.executable).with_name("spark-submit")), "--master", "local[2]"]
    words = ["cdr", "rank", "cdr.csv", "--cells", "CELLS.csv", "--timezone", "Asia/Shanghai"]
    for command in (
        [sys.executable, str(TOP / "catpool.py"), *words, "--out", "duckdb"],
        [*submit, str(TOP / "catpool.py"), *words, "--engine", "spark", "--out", "spark"],
    ):
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-2000:]
    one, two = suspects(tmp_path / "duckdb"), suspects(tmp_path / "spark")
    assert any(row["detected_at"] for row in one)
    for row in (*one, *two):
        row["score"] = f"{float(row['score']):.9f}"
    assert one == two
    assert (tmp_path / "duckdb" / "leads.json").read_bytes() == (tmp_path / "spark" / "leads.json").read_bytes()
    assert not [entry for entry in (tmp_path / "tmp").iterdir() if entry.name.startswith(".catpool")]


class Given(dict[str, str]):
    """What spark-submit said, as SparkConf gives it."""

    def set(self, key: str, value: str) -> None:
        self[key] = value

    def setIfMissing(self, key: str, value: str) -> None:  # noqa: N802
        self.setdefault(key, value)


def test_a_cluster_keeps_its_own_settings() -> None:
    assert settings(Given()) == NEEDED | USUAL | LOCAL
    given = {"spark.master": "yarn", "spark.log.level": "INFO", "spark.sql.session.timeZone": "Asia/Tokyo"}
    assert settings(Given(given)) == USUAL | given | NEEDED
