"""The asset graph: an asset for each step of a study's waves, its release, and the catalogue.

Belongs here: keys, partitions, descriptions and metadata. Not here: the work (steps.py,
publication.py, catalogue), checks (checks.py), schedules and sensors (automation.py).
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.ahead import await_ahead
from pipelines.alerts import alert
from pipelines.catalogue import build_site, has_releases
from pipelines.environment import run_environment
from pipelines.profile import measured
from pipelines.publication import publish_study
from pipelines.release import ReleaseOutcome
from pipelines.release.arrow import arrow_type
from pipelines.release.lineage import extract_columns
from pipelines.release.preview import PREVIEW
from pipelines.steps import Facts, Step, delivered_waves, run_step, steps_of, wave_folder
from pipelines.study import Study, load_study
from pipelines.study.tables import Field, Table, data_tables, judged_tables, published_tables
from pipelines.texts import LANGUAGES, say
from pipelines.workspace import code_digest

PREVIEW_ROWS = 12
RELEASE = "release"
CATALOGUE = dg.AssetKey("catalogue")


class ReleaseConfig(dg.Config):
    """What an operator may say of one release."""

    released: str = ""  # ISO date; empty: today
    erratum: str = ""
    bump: str = ""


def asset_key(study: str, step: str) -> dg.AssetKey:
    """Return the key of a study's step."""
    return dg.AssetKey([study, step])


def group(study: str) -> str:
    """Return the asset group of a study: its name, as Dagster spells names."""
    return study.replace("-", "_")


def study_assets(study: Study) -> list[dg.AssetsDefinition]:
    """Return the assets of one study, in order, the release last."""
    waves = dg.StaticPartitionsDefinition(list(study.waves))
    return [*(_wave_asset(study, step, waves) for step in steps_of(study)), _release_asset(study)]


def _wave_asset(
    study: Study, step: Step, waves: dg.StaticPartitionsDefinition
) -> dg.AssetsDefinition:
    root, name = study.root, study.id

    @dg.asset(
        key=asset_key(name, step.name),
        deps=[asset_key(name, before) for before in step.after],
        group_name=group(name),
        partitions_def=waves,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description="\n\n".join(say(f"step-{step.name}", lang) for lang in LANGUAGES),
        code_version=code_digest()[:12],
        kinds={"duckdb", "parquet"},
    )
    def compute(context: dg.AssetExecutionContext) -> None:
        declared = load_study(root, name)
        delivered = delivered_waves(declared)
        for wave in context.partition_keys:
            if wave not in delivered:
                context.log.info(say("run-wave-awaited", None, study=name, wave=wave))
                continue
            ahead = await_ahead(root, name, step.name, wave)
            facts = run_step(declared, wave, step, ahead=ahead)
            context.add_asset_metadata(_metadata(declared, wave, step, facts), partition_key=wave)

    return compute


def _metadata(study: Study, wave: str, step: Step, facts: Facts) -> dict[str, Any]:
    folder = wave_folder(study, wave)
    metadata: dict[str, Any] = {
        "dagster/row_count": int(facts["rows"]),
        **{key: value for key, value in facts.items() if key != "rows"},
    }
    first = folder / step.all_outputs(study)[0]
    if columns_written(study, step.name):
        metadata |= column_metadata(study, step.name)
    elif first.suffix == ".parquet":
        metadata["dagster/column_schema"] = _column_schema(study, first)
    if step.name == "protected_estimates":
        metadata["preview"] = dg.MetadataValue.md(preview(first))
    return metadata


def columns_written(study: Study, step: str) -> dict[str, tuple[Table, Field]]:
    """Return the published columns of which a step, or the release, writes rows, by name.

    A step may write many tables that data fill, a Dagster asset has one list of columns: one of the
    first table goes by its own name, one of another by `table.column`. `status` comes with
    protection. What is kept privately beside them, and tables of codes, are not told.
    """
    tables = data_tables(study)
    judged = {"estimates": tables[:1], "analyses": judged_tables(study)}
    protected = {
        "protected_estimates": tables[:1], "protected_analyses": tables[1:],
        "collected": tables, RELEASE: tables,
    }  # fmt: skip
    return {
        one.name if table.name == tables[0].name else f"{table.name}.{one.name}": (table, one)
        for table in protected.get(step, judged.get(step, ()))
        for one in table.fields
        if step in protected or one.name != "status"
    }


def column_metadata(study: Study, step: str) -> dict[str, Any]:
    """Return the columns that a step writes, and what each depends on, in Dagster's words.

    A column is that of the nearest step before which writes it too, else it depends on the extract:
    walked back from asset to asset, it ends at the columns that lineage.json of a release names.
    Those of a battery go by the pattern that its question declares (`role_{domain}_{actor}`): one
    by one they are thousands, written to Dagster's store by every run.
    """
    names = [one.name for one in steps_of(study)]
    before = names if step == RELEASE else names[: names.index(step)]
    written = {one: columns_written(study, one) for one in reversed(before)}
    extract, declared = asset_key(study.id, "raw_extract"), _declared_names(study)
    columns, lineage = [], {}
    for name, (table, one) in columns_written(study, step).items():
        columns.append(dg.TableColumn(name, str(arrow_type(one)), one.description.en))
        nearest = next((earlier for earlier, told in written.items() if name in told), None)
        lineage[name] = (
            [dg.TableColumnDep(asset_key(study.id, nearest), name)]
            if nearest
            else [
                dg.TableColumnDep(extract, source)
                for source in dict.fromkeys(
                    declared.get(source, source)
                    for source in extract_columns(study, one.name, table)
                )
            ]
        )
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/column_lineage": dg.TableColumnLineage(deps_by_column=lineage),
    }


def _declared_names(study: Study) -> dict[str, str]:
    """Return the columns of the extract that hold answers: column → how its question names it."""
    named = ((one, study.questions[one.question].columns) for one in study.items)
    return {
        column: name for item, name in named if isinstance(name, str) for column in item.columns
    }


def _column_schema(study: Study, path: Path) -> dg.TableSchema:
    about = {one.name: one for one in published_tables(study)[0].fields}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                str(column.type),
                description=about[column.name].description.en if column.name in about else None,
            )
            for column in pq.read_schema(path)
        ]
    )


def preview(protected: Path) -> str:
    """Return the first national rows of protected estimates as a Markdown table."""
    first = pq.read_table(protected).slice(0, 2000)
    columns = [
        name for name in first.column_names if pc.count_distinct(first[name], "all").as_py() > 1
    ][:8]
    rows = first.select(columns).slice(0, PREVIEW_ROWS).to_pylist()
    return _markdown(columns, [[row[name] for name in columns] for row in rows])


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += [
        "| " + " | ".join("" if one is None else str(one) for one in row) + " |" for row in rows
    ]
    return "\n".join(lines)


def _last_steps(study: Study) -> list[str]:
    """Return the steps that no other step comes after: what a release is made of."""
    steps = steps_of(study)
    read = {before for step in steps for before in step.after}
    return [step.name for step in steps if step.name not in read]


def _release_asset(study: Study) -> dg.AssetsDefinition:
    root, name = study.root, study.id

    @dg.asset(
        key=asset_key(name, "release"),
        deps=[asset_key(name, one) for one in _last_steps(study)],
        group_name=group(name),
        description="\n\n".join(say("step-release", lang) for lang in LANGUAGES),
        kinds={"parquet", "csv"},
    )
    def release(context: dg.AssetExecutionContext, config: ReleaseConfig) -> None:
        declared = load_study(root, name)
        released = dt.date.fromisoformat(config.released) if config.released else dt.date.today()
        outcome = publish_study(
            declared, released=released, run={"run_id": context.run.run_id, **run_environment()},
            erratum=config.erratum or None, raise_to=config.bump or None,
        )  # fmt: skip
        if outcome.reason == "held" and outcome.is_new:
            _tell_held(name, outcome)
        context.add_output_metadata(
            {
                "version": outcome.version,
                "published": outcome.published,
                "reason": outcome.reason,
                "content_id": outcome.content_id,
                "table": data_tables(declared)[0].name,
                "path": dg.MetadataValue.path(str(outcome.path)),
                **column_metadata(declared, RELEASE),
            }
        )

    return release


def _tell_held(study: str, outcome: ReleaseOutcome) -> None:
    """Send an alert, once a candidate, that somebody must look at it."""
    told = {"study": study, "version": outcome.version, "candidate": outcome.path.name}
    page = outcome.path / PREVIEW
    text = "\n\n".join(say("alert-held", lang, path=page, **told) for lang in LANGUAGES)
    alert(say("alert-held-subject", None, **told), text, **told)


def catalogue_asset(root: Path, studies: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset of the site: made again after the release of any study."""

    @dg.asset(
        key=CATALOGUE,
        deps=[asset_key(name, "release") for name in studies],
        group_name="catalogue",
        description="\n\n".join(say("step-catalogue", lang) for lang in LANGUAGES),
        kinds={"html", "json"},
    )
    def catalogue(context: dg.AssetExecutionContext) -> None:
        if not has_releases(root):  # the first candidate of all waits for its approval
            return
        with measured("site", "site"):
            built = build_site(root, reuse=True)
        context.add_output_metadata(
            {"files": built.files, "path": dg.MetadataValue.path(str(built.index))}
        )

    return catalogue
