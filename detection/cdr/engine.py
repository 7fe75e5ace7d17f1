"""The engines that the feature expressions run on."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from detection.errors import ExportError

FOLDER = ".catpool-spark-"
NEEDED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
USUAL = {  # unless spark-submit says otherwise
    "spark.master": "local[*]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
LOCAL = {  # on one machine: no network, and no more tasks than the work is worth
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}


def settings(given: Any) -> Any:
    """A SparkConf with what the features need, and the usual where nothing else is given."""
    for key, value in NEEDED.items():
        given.set(key, value)
    for key, value in USUAL.items():
        given.setIfMissing(key, value)
    if given.get("spark.master").startswith("local"):
        for key, value in LOCAL.items():
            given.setIfMissing(key, value)
    return given


def open_spark() -> Any:
    """An Ibis backend on a Spark session: what spark-submit says, else this machine (local[*]). Raises ExportError.

    The clock is UTC, and ANSI mode is on, as in DuckDB a cast that fails is an error.
    """
    try:
        import ibis
        from pyspark import SparkConf
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ExportError(
            "--engine spark: pyspark is not installed; pip install 'catpool[spark]' with Java 17, or leave --engine out"
        ) from error
    try:
        session = SparkSession.builder.appName("catpool").config(conf=settings(SparkConf())).getOrCreate()
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ExportError(f"--engine spark: Spark did not start ({first[:120]}); it needs Java 17") from error
    return ibis.pyspark.connect(session)


def hand_over(records: ir.Table, spark: Any) -> ir.Table:
    """Records on Spark, by way of Parquet in a folder of this run's own below TMPDIR, which all nodes must see.

    They hold whole numbers that mean nothing outside the run. What a run that was killed left there is removed.
    """
    top = Path(tempfile.gettempdir())
    for left in top.glob(f"{FOLDER}*"):
        number = left.name.removeprefix(FOLDER)
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = top / f"{FOLDER}{os.getpid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = str(folder / "records.parquet")
    records.select(*(name for name in records.columns if name != "rest")).to_parquet(path)
    return spark.read_parquet(path, table_name="records")
