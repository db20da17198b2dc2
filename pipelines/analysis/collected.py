"""The tables of a collection: its entries typed, and set side by side by declared concept.

Belongs here: accepted rows → the tables that are published. Not here: reading and checking rows
(intake, validation), the shape of the tables (pipelines.study.collected_tables). No row is about a
respondent, so nothing is withheld.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.study import NOT_APPLICABLE, Study
from pipelines.study.collected_tables import COMPARISONS
from pipelines.study.files import Comparison
from pipelines.study.tables import Field, Table, data_tables

NOTHING = ("", "_U", "_Z")  # what validation writes for an empty cell


def collect(study: Study, wave_id: str, responses: Path, files: dict[str, Path]) -> dict[str, int]:
    """Write the tables of a collection, one Parquet each; return their rows.

    `responses` holds the accepted entries in canonical text; `files` names the file of each table
    of `data_tables(study)`. Codes that are not given read `_Z`, other empty cells are null. Sorted
    by key: same input, same bytes.
    """
    entries, *others = data_tables(study)
    rows: dict[str, int] = {}
    with sql.connect(responses.parent) as connection:
        query = sql.read(
            "analysis/collected.sql",
            columns=", ".join(_typed(study, one) for one in entries.fields[1:-1]),
            identity=sql.name(study.identity),
        )
        values: dict[str, object] = {"responses": str(responses), "wave": wave_id}
        rows[entries.name] = _write(connection, entries, query, values, files[entries.name])
        for table in others:
            comparison = study.collected.comparison if study.collected else None
            if table.name == COMPARISONS and comparison:
                query, values = _compared(study, connection, comparison, files[entries.name])
                rows[table.name] = _write(connection, table, query, values, files[table.name])
    return rows


def _typed(study: Study, field: Field) -> str:
    """Return a published column: a number, a code (`_Z` where none is given) or a text."""
    column = sql.name(field.name)
    if field.type == "number":
        return f"TRY_CAST({column} AS DECIMAL({field.digits}, {field.decimals})) AS {column}"
    nothing = ", ".join(map(sql.literal, NOTHING))
    given = f"CASE WHEN {column} NOT IN ({nothing}) THEN {column} END"
    if study.about.columns[field.name].codelist:
        given = f"coalesce({given}, {sql.literal(NOT_APPLICABLE)})"
    return f"{given} AS {column}"


def _compared(
    study: Study, connection: DuckDBPyConnection, comparison: Comparison, entries: Path
) -> tuple[str, dict[str, object]]:
    known = [
        (name, wording, wording != concept.reference)
        for name, concept in comparison.concepts.items()
        for wording in (concept.reference, *concept.close)
    ]
    names, wordings, close = zip(*known, strict=True)
    connection.register(
        "concepts", pa.table({"name": names, "wording": wordings, "is_close": close})
    )
    table = next(one for one in data_tables(study) if one.name == COMPARISONS)
    own = {"wave", "verdict_of_comparison", "reason", "status"}
    query = sql.read(
        "analysis/concept_comparisons.sql",
        columns=sql.names(one for one in table.columns if one not in own),
        identity=sql.name(study.identity),
        **{part: sql.name(getattr(comparison, part))
           for part in ("concept", "wording", "unit", "doubt")},
    )  # fmt: skip
    return query, {"entries": str(entries), "certain": list(comparison.certain)}


def _write(
    connection: DuckDBPyConnection, table: Table, query: str, values: dict[str, object], path: Path
) -> int:
    found = connection.sql(query, params=values).to_arrow_table()
    schema = pa.schema([pa.field(one.name, _arrow(one)) for one in table.fields])
    # One chunk: where a batch ends must not show in the bytes.
    pq.write_table(found.cast(schema).combine_chunks(), path, compression="zstd")
    path.chmod(0o600)
    return int(found.num_rows)


def _arrow(field: Field) -> pa.DataType:
    is_number = field.type == "number"
    return pa.decimal128(field.digits, field.decimals) if is_number else pa.string()
