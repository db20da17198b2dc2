"""The one sum whose cost grows with the answers, on Spark: the same query, translated.

Belongs here: a Spark session, and what DuckDB's dialect must become for Spark to run it. Not here:
any query: counted.sql is read by cube.py, whatever the engine. Needs the extra `spark` and Java.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipelines.estimation.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "PHARE_SPARK_MASTER"
WEIGHTED = "weighted"
MOST_COUNTED = 40  # columns a query: Spark groups by no more than 64, breakdowns included
N, W, W2 = pa.int64(), pa.decimal128(38, 9), pa.decimal128(38, 18)


def count_answers(queries: Sequence[str], weighted: Path) -> pa.Table:
    """Return what the table `counted` holds that `queries` (counted.sql) make in DuckDB.

    Sums of weights are decimals of the same scale, equal to DuckDB's to the last digit. The master
    is PHARE_SPARK_MASTER, by default this machine; it must reach the file under the same path.
    Raises EngineError when PySpark is not installed.
    """
    with _session() as session:
        session.read.parquet(str(weighted)).createOrReplaceTempView(WEIGHTED)
        found = pa.concat_tables(session.sql(translated(one)).toArrow() for one in queries)
    types = {"n": N, "w": W, "w2": W2}
    schema = pa.schema([(one.name, types.get(one.name, pa.string())) for one in found.schema])
    return found.cast(schema)


def translated(query: str) -> str:
    """Return the select of a CREATE TABLE … AS in Spark's dialect, reading the view `weighted`."""
    import sqlglot
    from sqlglot import exp

    create = sqlglot.parse_one(query, read="duckdb")
    select = create.expression
    if not isinstance(create, exp.Create) or select is None:
        raise ValueError("the query makes no table")
    for table in select.find_all(exp.Table):
        if isinstance(table.this, exp.Func):  # read_parquet($weighted): the only source of rows
            table.set("this", exp.to_identifier(WEIGHTED))
    text: str = select.sql(dialect="spark")
    return text


@contextmanager
def _session() -> Iterator["SparkSession"]:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineError("estimation-no-spark", extra="spark") from None
    builder = (
        SparkSession.builder.master(os.environ.get(MASTER, "local[*]"))
        .appName("phare")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.caseSensitive", "true")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", str(2 * (os.cpu_count() or 1)))
    )
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()
