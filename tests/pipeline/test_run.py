"""A study from delivery to release in a real Dagster run, and what happens when it goes wrong."""

import datetime as dt
import json
import sys
from contextlib import chdir
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import steps, workspace
from pipelines.definitions import definitions_of
from pipelines.disclosure import DisclosureAuditError
from pipelines.errors import ExitCode, PhareError
from pipelines.evidence import CHECKS, CheckFailedError, ChecksMissingError, required_findings
from pipelines.intake import DeliveryChangedError
from pipelines.publication import publish_study
from pipelines.run import Choices, run_study
from pipelines.steps import STEPS, run_step, wave_folder
from pipelines.study import load_study
from pipelines.texts import messages
from pipelines.validation.errors import WaveRefusedError
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

RELEASED = Choices(released="2020-07-01")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tiny_study(tmp_path)


def published(root: Path) -> list[str]:
    folder = root / "published" / STUDY
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_step_clears_what_a_killed_run_left_of_it_and_nothing_of_a_step_at_work(
    tmp_path: Path,
) -> None:
    left = tmp_path / ".step-estimates-killed"
    left.mkdir()
    with workspace.staged(tmp_path, "reconciliation") as other:
        (other / "found.json").write_text("1")
        with workspace.staged(tmp_path, "estimates") as aside:
            assert not left.exists()
            (aside / "rows.json").write_text("2")
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["found.json", "rows.json"]


def test_a_run_publishes_a_release_and_a_second_one_publishes_nothing(root: Path) -> None:
    first = run_study(root, STUDY, RELEASED)
    assert first["published"] and first["version"] == "0.1.0"
    before = published(root)
    second = run_study(root, STUDY, RELEASED)
    assert not second["published"] and second["content_id"] == first["content_id"]
    assert published(root) == before


def test_the_released_table_holds_no_small_cell_and_no_verbatim(root: Path) -> None:
    outcome = run_study(root, STUDY, RELEASED)
    table = pq.read_table(Path(outcome["path"]) / "data" / "estimates.parquet").to_pylist()
    young = [row for row in table if row["age"] == "Y"]
    assert young and {row["status"] for row in young} == {"withheld"}
    assert all(row["value"] is None and row["respondents"] is None for row in young)
    for path in (root / "published").rglob("*"):
        if path.is_file():
            assert b"verbatim secret" not in path.read_bytes()


def test_dagster_metadata_has_rows_columns_and_a_preview_of_protected_rows_only(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    with chdir(root), dg.DagsterInstance.get() as instance:
        for step in STEPS:
            event = instance.get_latest_materialization_event(dg.AssetKey([STUDY, step.name]))
            metadata = event.asset_materialization.metadata
            assert metadata["dagster/row_count"].value >= 0
            assert ("preview" in metadata) == (step.name == "protected_estimates")
            assert "verbatim secret" not in str(metadata)


def test_a_second_wave_costs_only_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = write_tiny_study(tmp_path, waves=("2020", "2021"))
    run_study(root, STUDY, RELEASED)
    artefacts = [path for path in (root / ".phare" / STUDY).glob("20*/*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in artefacts}
    deliver(root, rows()[:-11], wave="2021", name="2021-06-01")
    caplog.clear()
    run_study(root, STUDY, Choices(released="2021-07-01", erratum="2021 : livraison corrigée"))
    touched = {path for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert {path.parent.name for path in touched} == {"2021"}
    assert {f"{step.name}.step.json" for step in STEPS} <= {path.name for path in touched}


@pytest.mark.parametrize("answer", ["NSP", None])
def test_a_question_that_nobody_answered_or_that_was_not_put_stops_no_release(
    root: Path, answer: str | None
) -> None:
    if answer is None:
        waves = root / "schemas" / STUDY / "waves.yaml"
        waves.write_text(waves.read_text("utf-8") + "    not_asked: [avis]\n", "utf-8")
    answers = [[*row[:4], answer or "", *row[5:]] for row in rows()]
    deliver(root, answers, name="2020-07-01")
    assert run_study(root, STUDY, RELEASED)["published"]
    table = root / "published" / STUDY / "0.1.0" / "data" / "estimates.parquet"
    shown = pq.read_table(table, filters=[("status", "=", "published")])
    assert set(shown["question"].to_pylist()) == {"note"}


def test_a_column_may_be_called_base_as_what_the_estimates_count_beside_it_was(
    root: Path, tmp_path: Path
) -> None:
    """The code of such a column was read as the number of an item, which ended the run."""
    renamed = write_tiny_study(tmp_path / "renamed")
    questions = renamed / "schemas" / STUDY / "questions.yaml"
    text = questions.read_text("utf-8")
    questions.write_text(text.replace("columns: avis", "columns: base d'avis"), "utf-8")
    for extract in (renamed / "raw").rglob("extrait.csv"):
        extract.write_text(extract.read_text("utf-8").replace(",avis,", ",base d'avis,"), "utf-8")
        sidecar = yaml.safe_load(extract.with_name("sidecar.yaml").read_text("utf-8"))
        sidecar |= {"sha256": workspace.sha256_of(extract), "bytes": extract.stat().st_size}
        extract.with_name("sidecar.yaml").write_text(yaml.safe_dump(sidecar), "utf-8")
    for table in ("estimates", "item_response"):
        told = [
            (Path(run_study(one, STUDY, RELEASED)["path"]) / "data" / f"{table}.csv").read_bytes()
            for one in (root, renamed)
        ]
        assert told[0] == told[1] and told[0].count(b"avis") > 2 * (table == "estimates")


def test_an_answered_question_without_an_estimate_stops_the_release(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    folder = wave_folder(load_study(root, STUDY), "2020")
    table = pq.read_table(folder / "estimates.parquet", filters=[("question", "!=", "avis")])
    pq.write_table(table, folder / "estimates.parquet")
    check = next(one for one in CHECKS if one.name == "items_estimated")
    found = check.run(load_study(root, STUDY), "2020", folder)
    assert not found.passed and found.numbers == {"seen": 1, "wrong": 1}


def test_ids_that_are_unique_only_within_a_wave_mix_nobody(tmp_path: Path) -> None:
    """R00 to R59 of another wave are other people: the released rows of each wave are its own."""
    both = write_tiny_study(tmp_path / "both", waves=("2020", "2021"))
    others = [[mine[0], *theirs[1:]] for mine, theirs in zip(rows(), rows()[::-1], strict=True)]
    deliver(both, [[*one[:4], "1", *one[5:]] for one in others], wave="2021", name="2021-06-01")
    alone = write_tiny_study(tmp_path / "alone")
    told = []
    for root in (both, alone):
        path = Path(run_study(root, STUDY, RELEASED)["path"]) / "data" / "estimates.parquet"
        waves: dict[str, list[dict[str, object]]] = {"2020": [], "2021": []}
        for row in pq.read_table(path).to_pylist():
            waves[row.pop("wave")].append(row)
        told.append(waves)
    assert told[0]["2020"] == told[1]["2020"]
    assert told[0]["2021"] and told[0]["2021"] != told[0]["2020"]


FIGURE = (
    "{name},2020,avis,_Z,_Z,1,share,{breakdown},{code},{published},2,{tolerance},evidence,Essai,"
)
FIGURES = "figure,wave,question,domain,actor,answer,measure,breakdown,code,published,decimals,"


@pytest.mark.parametrize("published_value", ["0.75", "0.99"])
def test_a_published_figure_of_a_withheld_cell_neither_stops_nor_tells_anything_of_ours(
    root: Path, published_value: str
) -> None:
    """Whatever a producer published of a withheld cell, what we tell of it is the same."""
    known = {"name": "ensemble", "breakdown": "", "code": "", "published": "0.70", "tolerance": "1"}
    hidden = {
        "name": "jeunes", "breakdown": "age", "code": "Y", "published": published_value,
        "tolerance": "0.01",
    }  # fmt: skip
    lines = [f"{FIGURES}tolerance,kind,source,known_reason", FIGURE.format(**known)]
    path = root / "schemas" / STUDY / "published-figures.csv"
    why = "Champ plus étroit || Narrower universe"
    path.write_text("\n".join([*lines, FIGURE.format(**hidden) + why]) + "\n", "utf-8")
    outcome = run_study(root, STUDY, RELEASED)
    report = json.loads((Path(outcome["path"]) / "quality" / "report.json").read_text("utf-8"))
    told = report["2020"]["reconciliation"]
    assert told["counts"]["evidence_agrees"] == 1 and told["counts"]["withheld"] == 1
    one = next(one for one in told["figures"] if one["figure"] == "jeunes")
    assert one["outcome"] == "withheld" and one["known_reason"] is None
    assert {one[key] for key in ("ours", "difference", "agrees")} == {None}
    assert one["stale_reason"] is False and "withheld" not in one
    kept = root / ".phare" / STUDY / "2020"
    shown = json.loads((kept / "reconciliation.step.json").read_text("utf-8"))["facts"]
    assert (shown["agree"], shown["differ"]) == (1, 0)
    private = json.loads((kept / "reconciliation.json").read_text("utf-8"))["figures"][1]
    assert private["outcome"] == ("agrees" if published_value == "0.75" else "differs")


def test_a_changed_byte_in_a_delivery_stops_the_run_and_changes_nothing(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    before = published(root)
    extract = next((root / "raw").rglob("extrait.csv"))
    extract.write_bytes(extract.read_bytes().replace(b"R00,0.5", b"R00,9.5"))
    with pytest.raises(DeliveryChangedError) as caught:
        run_study(root, STUDY, RELEASED)
    assert caught.value.exit_code == ExitCode.DATA_REFUSED
    assert published(root) == before


def test_a_bad_row_refuses_the_wave_and_nothing_is_published(root: Path) -> None:
    answers = rows()
    answers[7][4] = "peut-être"
    deliver(root, answers, name="2020-06-02")
    with pytest.raises(WaveRefusedError) as caught:
        run_study(root, STUDY, RELEASED)
    assert "peut-être" not in caught.value.text("fr")
    assert published(root) == []


def test_a_correction_is_a_new_delivery_and_a_new_version_needs_an_erratum(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    answers = rows()
    for answer in answers[:12]:
        answer[4] = "1"
    deliver(root, answers, name="2020-06-02")
    with pytest.raises(PhareError, match="erratum"):
        run_study(root, STUDY, RELEASED)
    outcome = run_study(root, STUDY, Choices(released="2020-07-02", erratum="Réponses corrigées"))
    assert outcome["published"] and outcome["version"] != "0.1.0"


def test_one_respondent_more_would_give_that_person_away_and_is_not_published(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    before = published(root)
    one_more = [*rows(), ["R60", "1.0", "N", "O", "1", "5", "x"]]
    deliver(root, one_more, name="2020-06-02")
    with pytest.raises(DisclosureAuditError) as caught:
        run_study(root, STUDY, Choices(released="2020-07-02", erratum="Une réponse de plus"))
    assert caught.value.exit_code == ExitCode.DATA_REFUSED
    assert published(root) == before


def test_a_declared_correction_is_made_and_told_without_its_values(root: Path) -> None:
    correction = {
        "respondents": ["R10"], "action": "blank", "column": "note",
        "guard": {"note": "10"}, "reason": "Saisie erronée", "asked_by": "Institut",
        "asked_on": dt.date(2020, 6, 3), "status": "applied",
    }  # fmt: skip
    path = root / "raw" / STUDY / "2020" / "corrections.yaml"
    path.write_text(yaml.safe_dump({"corrections": {"note-r10": correction}}), "utf-8")
    questions = root / "schemas" / STUDY / "questions.yaml"
    questions.write_text(
        questions.read_text("utf-8").replace("kind: score", "kind: score\n    required: false"),
        "utf-8",
    )
    outcome = run_study(root, STUDY, RELEASED)
    report = (Path(outcome["path"]) / "quality" / "report.json").read_text("utf-8")
    assert "Saisie erronée" in report and "R10" not in report
    assert json.loads(report)["2020"]["corrections"] == [
        {"name": "note-r10", "action": "blank", "column": "note", "reason": "Saisie erronée",
         "status": "applied"}
    ]  # fmt: skip


def test_a_release_is_refused_without_checks_on_these_exact_artefacts(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    study = load_study(root, STUDY)
    results = wave_folder(study, "2020") / "checks"
    assert len(required_findings(study, "2020")) == len(CHECKS)
    (results / "rules_ran.json").unlink()
    with pytest.raises(ChecksMissingError):
        publish_study(study, released=dt.date(2020, 7, 1), run={})


def test_a_failed_check_is_told_with_what_it_means(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARE_LANG", "fr")
    waves = root / "schemas" / STUDY / "waves.yaml"
    waves.write_text(waves.read_text("utf-8").replace("synthetic: true", "synthetic: false"))
    with pytest.raises(CheckFailedError) as caught:
        run_study(root, STUDY, RELEASED)
    assert messages()["check-delivery_unchanged"]["fr"].rstrip(".") in caught.value.text("fr")


def test_a_result_found_on_other_bytes_does_not_count(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    study = load_study(root, STUDY)
    protected = wave_folder(study, "2020") / "protected.parquet"
    pq.write_table(pq.read_table(protected).slice(0, 3), protected)
    with pytest.raises(ChecksMissingError):
        required_findings(study, "2020")


def test_a_failed_result_blocks_even_when_kept(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    study = load_study(root, STUDY)
    path = wave_folder(study, "2020") / "checks" / "rules_ran.json"
    kept = json.loads(path.read_text("utf-8"))
    kept["finding"]["passed"] = False
    path.write_text(json.dumps(kept), "utf-8")
    with pytest.raises(CheckFailedError):
        required_findings(study, "2020")


def test_an_unchanged_step_is_not_run_again_and_a_touched_output_is(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    study = load_study(root, STUDY)
    folder = wave_folder(study, "2020")
    written = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    for step in STEPS:
        run_step(study, "2020", step)
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")} == written
    (folder / "responses.parquet").write_bytes(b"")
    run_step(study, "2020", STEPS[1])
    assert pq.read_metadata(folder / "responses.parquet").num_rows == 60


def test_private_artefacts_are_readable_by_their_owner_alone(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    for path in (root / ".phare").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_every_job_schedule_and_sensor_loads_with_descriptions(root: Path) -> None:
    definitions = definitions_of(root)
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        assert graph.get(key).description
        group = "catalogue" if len(key.path) == 1 else "petite_enquete"
        assert graph.get(key).group_name == group


def test_a_long_extract_is_read_while_the_rooms_of_later_steps_load(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LONG_TO_READ", 0)
    monkeypatch.setattr(steps, "LATER", (*steps.LATER, "pipelines.no_such_room"))
    study = load_study(root, STUDY)
    with pytest.raises(ModuleNotFoundError, match="no_such_room"):
        steps.run_step(study, "2020", STEPS[0])
    assert set(steps.LATER[:-1]) <= sys.modules.keys()
    monkeypatch.setattr(steps, "LATER", steps.LATER[:-1])
    assert steps.run_step(study, "2020", STEPS[0])["rows"]
