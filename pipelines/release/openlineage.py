"""OpenLineage: the run that made a release, as events that lineage servers read.

Belongs here: the NDJSON file of a release. Not here: lineage itself (lineage.py). Facets and names
follow the OpenLineage specification 2-0-2; written by hand, since the client adds nothing but HTTP.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from pipelines.release.inputs import Release
from pipelines.release.lineage import extract_columns, transformation
from pipelines.study.tables import Table, data_tables

OPENLINEAGE = "lineage/openlineage.ndjson"
PRODUCER = "urn:phare:pipelines"
SPEC = "https://openlineage.io/spec"
FileFacts = Mapping[str, tuple[str, int]]


def events(
    release: Release, version: str, files: FileFacts, run: Mapping[str, Any],
    times: tuple[str, str],
) -> str:  # fmt: skip
    """Return the events of a release as NDJSON: START, then COMPLETE with what was made.

    `times` are those of both, ISO with zone.
    """
    study, (started, ended) = release.study, times
    outputs = [
        _output(release, table, rows.num_rows, version, files) for table, rows in release.tables
    ]
    shared = {
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": _uuid(run["run_id"]), "facets": _run_facets(run)},
        "job": {"namespace": "phare", "name": f"{study.id}.release", "facets": _job_facets(run)},
        "inputs": [
            {
                "namespace": f"phare.raw.{study.id}",
                "name": f"{one.wave}/{one.file}",
                "facets": _facet("version", "DatasetVersion", "1-0-1", datasetVersion=one.sha256),
            }
            for one in release.sources
        ],
    }
    told = (
        {"eventType": "START", "eventTime": started, **shared, "outputs": []},
        {"eventType": "COMPLETE", "eventTime": ended, **shared, "outputs": outputs},
    )
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in told)


def _output(
    release: Release, table: Table, rows: int, version: str, files: FileFacts
) -> dict[str, Any]:
    fields = [
        {"name": one.name, "type": one.type, "description": one.description.en}
        for one in table.fields
    ]
    facets = {
        **_facet("schema", "Schema", "1-2-0", fields=fields),
        **_facet("version", "DatasetVersion", "1-0-1", datasetVersion=version),
    }
    if table.name in {one.name for one in data_tables(release.study)}:  # codes are declared
        facets |= _facet("columnLineage", "ColumnLineage", "1-2-0", fields=_columns(release, table))
    path = f"data/{table.name}.parquet"
    statistics = _facet(
        "outputStatistics", "OutputStatistics", "1-0-2",
        kind="OutputDataset", rowCount=rows, size=files[path][1],
    )  # fmt: skip
    return {
        "namespace": f"phare.published.{release.study.id}",
        "name": table.name,
        "facets": facets,
        "outputFacets": statistics,
    }


def _columns(release: Release, table: Table) -> dict[str, Any]:
    found = {}
    for one in table.fields:
        how = {**transformation(release.study, one, table), "masking": False}
        found[one.name] = {
            "inputFields": [
                {
                    "namespace": f"phare.raw.{release.study.id}",
                    "name": f"{source.wave}/{source.file}",
                    "field": column,
                    "transformations": [how],
                }
                for source in release.sources
                for column in extract_columns(release.study, one.name, table)
            ]
        }
    return found


def _run_facets(run: Mapping[str, Any]) -> dict[str, Any]:
    return _facet(
        "processing_engine", "ProcessingEngine", "1-1-1", kind="Run",
        name="DuckDB", version=run.get("duckdb", "unknown"),
    )  # fmt: skip


def _job_facets(run: Mapping[str, Any]) -> dict[str, Any]:
    return _facet(
        "sourceCodeLocation", "SourceCodeLocation", "1-1-0", kind="Job",
        type="git", url=run.get("repository", PRODUCER), version=run.get("commit", "unknown"),
    ) | _facet(
        "jobType", "JobType", "2-0-4", kind="Job",
        processingType="BATCH", integration="PHARE", jobType="PIPELINE",
    )  # fmt: skip


def _facet(
    key: str, facet: str, spec: str, *, kind: str = "Dataset", **content: Any
) -> dict[str, Any]:
    schema = f"{facet}{kind}Facet"
    url = f"{SPEC}/facets/{spec}/{schema}.json#/$defs/{schema}"
    return {key: {"_producer": PRODUCER, "_schemaURL": url, **content}}


def _uuid(run_id: str) -> str:
    try:
        return str(uuid.UUID(run_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{run_id}"))
