"""The engines that the feature expressions run on."""

from typing import Any

from detection.errors import ExportError


def open_spark() -> Any:
    """An Ibis backend on a Spark session (local[*] unless spark-submit set another). Raises ExportError.

    The clock is UTC, and ANSI mode is on, as in DuckDB a cast that fails is an error.
    """
    try:
        import ibis
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ExportError(
            "--engine spark: pyspark is not installed; pip install 'catpool[spark]' with Java 17, or leave --engine out"
        ) from error
    try:
        session = (
            SparkSession.builder.appName("catpool")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "8")
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
            .getOrCreate()
        )
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ExportError(f"--engine spark: Spark did not start ({first[:120]}); it needs Java 17") from error
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)
