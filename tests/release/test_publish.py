"""Publishing: what a release holds, when there is one, which number it gets."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from phare_data.verifier import verify
from pipelines.errors import ExitCode, PhareError
from pipelines.release import (
    ErratumNeededError,
    LogBrokenError,
    ReleaseInputError,
    ReleaseOutcome,
    VersionError,
    newest_entry,
    newest_releases,
    publish,
)
from pipelines.release.layout import EVIDENCE
from pipelines.release.log import read_log
from pipelines.study import Study
from pipelines.study.tables import ESTIMATES, published_tables
from tests.release.made_up_release import (
    RELEASED,
    changed_value,
    declared,
    edit,
    files_of,
    published,
    source,
)
from tests.tiny_study import STUDY


def test_the_first_release_is_sound_and_named_by_log_and_latest(
    study: Study, first: ReleaseOutcome
) -> None:
    assert (first.version, first.published, first.reason, first.bump) == (
        "0.1.0", True, "first", "first",
    )  # fmt: skip
    found = verify(first.path)
    assert found.is_sound, found.text("en")
    latest = json.loads((first.path.parent / "latest.json").read_text())
    assert latest["version"] == "0.1.0"
    entry = newest_entry(study.root, STUDY)
    assert entry and (entry["released"], entry["status"]) == (RELEASED.isoformat(), "current")
    assert newest_releases(study.root) == [first.path]


def test_every_declared_table_is_there_twice_and_described(
    study: Study, first: ReleaseOutcome
) -> None:
    names = {one.name for one in published_tables(study)}
    descriptor = json.loads((first.path / "datapackage.json").read_text("utf-8"))
    assert {one["name"] for one in descriptor["resources"]} == names | {f"{n}-csv" for n in names}
    for name in names:
        assert (first.path / "data" / f"{name}.parquet").is_file()
        assert (first.path / "data" / f"{name}.csv").is_file()
    for one in descriptor["resources"]:
        assert ("bytes" in one) == (one["format"] == "csv")


def test_a_parquet_file_is_one_row_group_with_texts_and_a_page_index(first: ReleaseOutcome) -> None:
    file = pq.ParquetFile(first.path / "data" / "estimates.parquet")
    assert file.metadata.num_row_groups == 1
    column = file.metadata.row_group(0).column(0)
    assert column.compression == "ZSTD" and column.has_offset_index
    assert file.schema_arrow.field("value").metadata[b"title"] == b"Valeur"
    assert file.schema_arrow.field("wave").nullable is False


def test_the_canonical_csv_has_fixed_decimals_and_empty_cells_for_null(
    first: ReleaseOutcome,
) -> None:
    data = (first.path / "data" / "estimates.csv").read_bytes()
    lines = data.decode().split("\n")
    assert b"\r" not in data and not data.startswith(b"\xef\xbb\xbf") and lines[-1] == ""
    assert (
        "2020,avis,_Z,_Z,1,share,_T,_T,60,40,60,0.688,0.061,0.568,0.808,1.25,48,B,published"
        in lines
    )
    assert "2020,avis,_Z,_Z,1,share,_T,Y,,,,,,,,,,,withheld" in lines


def test_the_same_content_publishes_nothing_and_is_recorded_as_reproduced(
    study: Study, first: ReleaseOutcome
) -> None:
    log = (first.path.parent / "versions.json").read_bytes()
    second = published(study, run={"run_id": "run-2"}, released=RELEASED.replace(year=2021))
    assert (second.published, second.reason, second.bump) == (False, "unchanged", None)
    assert (second.content_id, second.path) == (first.content_id, first.path)
    assert (first.path.parent / "versions.json").read_bytes() == log
    audit = study.root / ".phare" / STUDY / "release" / "audit.ndjson"
    assert json.loads(audit.read_text())["run"] == {"run_id": "run-2"}
    assert audit.stat().st_mode & 0o777 == 0o600


def test_the_clock_and_the_run_are_in_no_hashed_content(tmp_path: Path) -> None:
    one = published(declared(tmp_path / "a"))
    other = published(declared(tmp_path / "b"), run={"run_id": "other", "duckdb": "9.9"})
    differing = [
        path.relative_to(one.path).as_posix()
        for path in sorted(one.path.rglob("*"))
        if path.is_file()
        and path.read_bytes() != (other.path / path.relative_to(one.path)).read_bytes()
    ]
    assert set(differing) <= {"MANIFEST.sha256", *EVIDENCE} and "lineage/run.json" in differing
    assert one.content_id == other.content_id


def test_real_data_begin_at_1_0_0_and_synthetic_data_never_follow_them(tmp_path: Path) -> None:
    study = declared(tmp_path, synthetic=False)
    assert published(study).version == "1.0.0"
    edit(tmp_path, "waves", lambda file: file["waves"]["2020"].update(synthetic=True))
    with pytest.raises(VersionError) as caught:
        published(declared(tmp_path))
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_trial_series_becomes_1_0_0_with_its_first_real_release(
    study: Study, first: ReleaseOutcome
) -> None:
    real = edit(study.root, "waves", lambda file: file["waves"]["2020"].update(synthetic=False))
    assert published(real).version == "1.0.0"


def test_a_changed_value_needs_an_erratum_and_is_a_patch(tmp_path: Path) -> None:
    study = declared(tmp_path, synthetic=False)
    published(study)
    with pytest.raises(ErratumNeededError) as caught:
        published(study, changed_value)
    assert caught.value.exit_code == ExitCode.DATA_REFUSED
    corrected = published(study, changed_value, erratum="Une part était fausse.")
    assert (corrected.version, corrected.bump) == ("1.0.1", "patch")
    assert "Une part était fausse." in (corrected.path / "CHANGELOG.md").read_text("utf-8")
    assert read_log(corrected.path.parent)[-1]["erratum"] == "Une part était fausse."


def test_a_new_wave_is_minor(tmp_path: Path) -> None:
    study = declared(tmp_path, synthetic=False)
    published(study)

    def add(file: dict) -> None:
        file["waves"]["2022"] = dict(file["waves"]["2020"])

    grown = published(edit(tmp_path, "waves", add))
    assert (grown.version, grown.bump) == ("1.1.0", "minor")


def test_cells_newly_withheld_are_minor_and_need_no_erratum(tmp_path: Path) -> None:
    study = declared(tmp_path, synthetic=False)
    published(study)

    def withhold(rows: list[dict]) -> list[dict]:
        row = next(row for row in rows if row["zone"] == "N")
        kept = {
            name: row[name]
            for name in [
                *study.breakdowns,
                "wave",
                "question",
                "domain",
                "actor",
                "answer",
                "measure",
            ]
        }
        row.update({**dict.fromkeys(row), **kept, "status": "withheld"})
        return rows

    outcome = published(study, withhold)
    assert (outcome.version, outcome.bump) == ("1.1.0", "minor")
    assert "1 row whose figures are no longer published" in (
        outcome.path / "CHANGELOG.md"
    ).read_text("utf-8")


def test_rows_removed_are_major(tmp_path: Path) -> None:
    study = declared(tmp_path, synthetic=False)
    published(study)
    outcome = published(study, lambda rows: rows[:-1])
    assert (outcome.version, outcome.bump) == ("2.0.0", "major")


def test_a_changed_method_is_major_and_asks_for_no_erratum(tmp_path: Path) -> None:
    published(declared(tmp_path, synthetic=False))
    study = edit(
        tmp_path, "study", lambda file: file.update(disclosure={"minimum_respondents": 12})
    )
    outcome = published(study, changed_value)
    assert (outcome.version, outcome.bump) == ("2.0.0", "major")


def test_a_new_breakdown_is_major(tmp_path: Path) -> None:
    published(declared(tmp_path, synthetic=False))

    def add(file: dict) -> None:
        file["breakdowns"]["zone2"] = dict(file["breakdowns"]["zone"])

    outcome = published(edit(tmp_path, "study", add))
    assert (outcome.version, outcome.bump) == ("2.0.0", "major")


def test_a_changed_text_is_a_patch_without_erratum(tmp_path: Path) -> None:
    published(declared(tmp_path, synthetic=False))
    study = edit(tmp_path, "study", lambda file: file.update(citation="Essai, 2020"))
    assert published(study).version == "1.0.1"


def test_a_changed_label_is_a_patch(tmp_path: Path) -> None:
    study = declared(tmp_path, synthetic=False)
    published(study)
    labels = study.folder / "codelists" / "zone.csv"
    labels.write_text(labels.read_text("utf-8").replace("Nord", "Le Nord"), "utf-8")
    assert published(declared(tmp_path)).version == "1.0.1"


def test_the_operator_may_raise_the_bump_and_not_lower_it(tmp_path: Path) -> None:
    published(declared(tmp_path, synthetic=False))
    study = edit(tmp_path, "study", lambda file: file.update(citation="Essai, 2020"))
    raised = published(study, raise_to="minor")
    assert (raised.version, raised.bump) == ("1.1.0", "minor")
    with pytest.raises(VersionError):
        published(study, lambda rows: rows[:-1], raise_to="patch")


def test_in_the_trial_series_a_breaking_change_stays_below_1(
    study: Study, first: ReleaseOutcome
) -> None:
    assert published(study, lambda rows: rows[:-1]).version == "0.2.0"


def test_a_refused_release_leaves_nothing(study: Study, first: ReleaseOutcome) -> None:
    before = sorted(path.name for path in first.path.parent.iterdir())
    with pytest.raises(ErratumNeededError):
        published(study, changed_value)
    assert sorted(path.name for path in first.path.parent.iterdir()) == before


def test_estimates_with_other_columns_or_types_are_refused(study: Study) -> None:
    files = files_of(study)
    path = files[ESTIMATES][0]
    table = pq.read_table(path)
    facts = {"sources": [source(study)], "quality": {}, "run": {"run_id": "r"}}
    pq.write_table(table.drop_columns(["status"]), path)
    with pytest.raises(ReleaseInputError, match="status"):
        publish(study, study.root, files, released=RELEASED, **facts)
    at = table.column_names.index("respondents")
    pq.write_table(table.set_column(at, "respondents", table["respondents"].cast("int64")), path)
    with pytest.raises(ReleaseInputError, match="int64"):
        publish(study, study.root, files, released=RELEASED, **facts)


def test_a_wave_without_source_or_in_two_files_is_refused(study: Study) -> None:
    files = files_of(study)
    twice = {name: paths * 2 for name, paths in files.items()}
    facts = {"quality": {}, "run": {"run_id": "r"}, "released": RELEASED}
    with pytest.raises(ReleaseInputError):
        publish(study, study.root, files, sources=[], **facts)
    with pytest.raises(ReleaseInputError):
        publish(study, study.root, twice, sources=[source(study)], **facts)
    with pytest.raises(ReleaseInputError):
        publish(study, study.root, {}, sources=[source(study)], **facts)


def test_a_release_whose_tables_break_a_rule_is_not_published(study: Study) -> None:
    def show_a_withheld_figure(rows: list[dict]) -> list[dict]:
        next(row for row in rows if row["status"] == "withheld")["value"] = Decimal("0.5")
        return rows

    def use_an_unknown_code(rows: list[dict]) -> list[dict]:
        rows[0]["answer"] = "nowhere"
        return rows

    for change, fault in ((show_a_withheld_figure, "withheld"), (use_an_unknown_code, "reference")):
        with pytest.raises(PhareError) as caught:
            published(study, change)
        assert caught.value.exit_code == ExitCode.VERIFICATION
        assert f"table-{fault} data/estimates.parquet" in str(caught.value)
    assert not list((study.root / "published" / STUDY).iterdir())


def test_nothing_is_built_on_a_damaged_log_or_predecessor(
    study: Study, first: ReleaseOutcome
) -> None:
    data = first.path / "data" / "estimates.csv"
    data.chmod(0o644)
    whole = data.read_bytes()
    data.write_bytes(whole.replace(b"0.688", b"0.689"))
    with pytest.raises(LogBrokenError, match=r"data/estimates\.csv"):
        published(study)
    data.write_bytes(whole)
    log = first.path.parent / "versions.json"
    log.write_text(log.read_text().replace("run-1", "run-9"))
    with pytest.raises(LogBrokenError, match="entry 1"):
        published(study)


def test_latest_is_written_again_where_it_is_behind(study: Study, first: ReleaseOutcome) -> None:
    latest = first.path.parent / "latest.json"
    whole = latest.read_bytes()
    latest.unlink()
    published(study)
    assert latest.read_bytes() == whole


def test_an_orphan_version_is_moved_aside_and_its_number_used(
    study: Study, first: ReleaseOutcome
) -> None:
    orphan = first.path.parent / "0.2.0"
    orphan.mkdir()
    (orphan / "x").write_text("left by a crash")
    leftover = first.path.parent / ".staging-dead"
    (leftover / "data").mkdir(parents=True)
    assert published(study, lambda rows: rows[:-1]).version == "0.2.0"
    assert not leftover.exists()
    kept = study.root / ".phare" / STUDY / "release" / "orphans" / "0.2.0.1" / "x"
    assert kept.read_text() == "left by a crash"
