"""The lines of an extract behind one published cell, for whoever holds that extract.

Belongs here: rebuilding a wave's respondents from its extract, checking them against the digest
that the release states, finding those of a cell. Not here: the walk over a release alone
(pipelines.release.trace), the digest (row_map.py). What this gives is private: it is shown to the
holder of the extract and written nowhere.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines import sql
from pipelines.contributors.row_map import read_salt, row_map_digest
from pipelines.errors import ExitCode, PhareError
from pipelines.intake import Delivery, deliveries
from pipelines.steps import STEPS, run_step, wave_folder
from pipelines.study import TOTAL, Study, load_study

STEPS_TO_RESPONSES = ("raw_extract", "responses")
STEPS_TO_WEIGHTED = (*STEPS_TO_RESPONSES, "weighted_responses")


class ContributorsError(PhareError):
    """The extract behind a cell is not at hand, or the release states no row map."""

    exit_code = ExitCode.USAGE


def contributors(root: Path, raw: Path, traced: Mapping[str, Any], work: Path) -> dict[str, Any]:
    """Return the lines behind a traced cell, and whether they are those committed to.

    `traced` is what `trace` gave of the cell; `raw` the folder that holds
    <study>/<wave>/<delivery>; `work` an empty folder, where the wave's respondents are made again
    from the extract by the present code and declaration of `root`. Keys: file, sha256, committed
    and found (digests of the row map), matches, base (lines of the cell's base), gave (those that
    gave the answer; of a number, all). Of a collection, the line of the entry.

    Raises ContributorsError for a row that counts no answers, and when the extract or the
    commitment is missing, RowMapError without its salt, and what the steps raise.
    """
    counted, source = traced["counted"], traced["inputs"][0]
    if counted is None:
        raise ContributorsError("contributors-no-lines", table=traced["table"])
    study_id, wave = traced["study"], counted["wave"]
    if "entry" in counted:
        return _entry(root, raw, traced, work)
    committed = traced["run"].get("row_maps", {}).get(wave)
    if committed is None:
        raise ContributorsError("contributors-no-map", study=study_id, version=traced["version"])
    study, delivery = _at_hand(root, raw, work, study_id, wave, source)
    for step in (one for one in STEPS if one.name in STEPS_TO_WEIGHTED):
        run_step(study, wave, step)
    weighted = wave_folder(study, wave) / "weighted.parquet"
    found = row_map_digest(study, weighted, read_salt(delivery))
    lines = _lines(study, counted, weighted)
    return {
        "file": source["file"],
        "sha256": source["sha256"],
        "committed": committed,
        "found": found,
        "matches": found == committed,
        "base": [line for line, _ in lines],
        "gave": [line for line, gave in lines if gave],
    }


def _entry(root: Path, raw: Path, traced: Mapping[str, Any], work: Path) -> dict[str, Any]:
    """Return the line of an entry of a collection: no respondent's, so the extract's own digest."""
    counted, source = traced["counted"], traced["inputs"][0]
    study, _ = _at_hand(root, raw, work, traced["study"], counted["wave"], source)
    for step in (one for one in STEPS if one.name in STEPS_TO_RESPONSES):
        run_step(study, counted["wave"], step)
    cell = " AND ".join(
        f"{sql.name(name)} = {sql.literal(code)}" for name, code in counted["entry"].items()
    )
    responses = wave_folder(study, counted["wave"]) / "responses.parquet"
    query = sql.read("contributors/cell.sql", base="true", gave="true", cell=cell)
    with sql.connect() as connection:
        rows = connection.execute(query, {"weighted": str(responses)}).fetchall()
    found = [int(line) for line, _ in rows]
    digest = source["sha256"]  # the delivery was chosen by it, and reading the extract checked it
    return {"file": source["file"], "sha256": digest, "committed": digest, "found": digest,
            "matches": True, "base": found, "gave": found}  # fmt: skip


def _at_hand(
    root: Path, raw: Path, work: Path, study_id: str, wave: str, source: Mapping[str, str]
) -> tuple[Study, Delivery]:
    """Copy declaration and extract into `work`, so that nothing of the holder's changes."""
    shutil.copytree(root / "schemas", work / "schemas")
    (work / "holder").mkdir()
    (work / "holder" / "raw").symlink_to(raw.resolve(), target_is_directory=True)
    known = deliveries(work / "holder", study_id, wave)
    chosen = [at for at, one in enumerate(known) if one.sidecar.sha256 == source["sha256"]]
    if not chosen:
        raise ContributorsError("contributors-no-extract", file=raw, found=source["sha256"])
    place = work / "raw" / study_id / wave
    for one in known[: chosen[-1] + 1]:
        shutil.copytree(one.folder, place / one.name)
    for beside in (path for path in known[0].folder.parent.iterdir() if path.is_file()):
        shutil.copy(beside, place)  # corrections on purpose
    return load_study(work, study_id), deliveries(work, study_id, wave)[chosen[-1]]


def _lines(study: Study, counted: Mapping[str, Any], weighted: Path) -> list[tuple[int, bool]]:
    from pipelines.estimation.measures import Measure, base_of
    from pipelines.estimation.response import answered_sql, asked_sql

    key = (counted["question"], counted["domain"], counted["actor"])
    item = next(one for one in study.items if (one.question, one.domain, one.actor) == key)
    if counted["is_response"]:
        base, gave = asked_sql(study, item), answered_sql(study, item)
    elif item.is_numeric or not counted["answers"]:  # of a mean or a whole question, everybody
        base, gave = base_of(item), "true"
    else:
        base, gave = base_of(item), Measure(item, tuple(counted["answers"])).chosen
    query = sql.read(
        "contributors/cell.sql",
        base=f"({base})",
        gave=f"({gave})",
        cell=_cell(study, counted["cell"]),
    )
    with sql.connect() as connection:
        rows = connection.execute(query, {"weighted": str(weighted)}).fetchall()
    return [(int(line), bool(gave)) for line, gave in rows]


def _cell(study: Study, cell: Mapping[str, str]) -> str:
    at = {name: cell[name] for name in study.breakdowns if cell[name] != TOTAL}
    each = (f"{sql.name(f'by_{name}')} = {sql.literal(code)}" for name, code in at.items())
    return " AND ".join(each) or "true"
