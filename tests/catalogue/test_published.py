"""The reading model: what is public, as objects, from `published/` alone."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from phare_data.manifest import sha256_of
from pipelines.catalogue import read_published
from pipelines.release import purge
from pipelines.release.errors import LogBrokenError
from pipelines.study import Study
from tests.tiny_study import STUDY


def test_versions_are_told_newest_first_with_their_status(study: Study) -> None:
    (found,) = read_published(study.root / "published").studies
    assert [(one.version, one.status) for one in found.releases] == [
        ("0.3.0", "current"), ("0.2.0", "withdrawn"), ("0.1.0", "superseded"),
    ]  # fmt: skip
    assert found.current is found.releases[0]
    withdrawn = found.releases[1].retirement
    assert withdrawn and (withdrawn.reason.fr, withdrawn.by, withdrawn.replaced_by) == (
        "lignes perdues", "A. Nom", "0.3.0",
    )  # fmt: skip


def test_it_needs_nothing_but_the_published_folder(study: Study, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(study.root / "published", copy)
    (found,) = read_published(copy).studies
    release = found.newest
    assert release.title.fr and release.title.en and release.universe.en
    assert release.breakdowns == ("zone", "age")
    assert next(iter(release.tables)) == "estimates"
    assert release.lineage["columns"]["value"] and release.quality["2020"]["rows"]["read"] == 60


def test_a_table_gives_rows_columns_and_files_as_they_are(study: Study) -> None:
    (found,) = read_published(study.root / "published").studies
    table = found.newest.estimates
    path = found.newest.folder / table.parquet.path
    assert list(table.rows) == pq.read_table(path).to_pylist()
    assert table.row_count == len(table.rows)
    assert table.columns == tuple(pq.read_schema(path).names)
    for file in found.newest.files.values():
        place = found.newest.folder / file.path
        assert (file.bytes, file.sha256) == (place.stat().st_size, sha256_of(place))
    described = next(one for one in table.fields if one.name == "value")
    assert described.is_figure and described.title.en == "Value"
    assert {one.table for one in table.foreign_keys} >= {"waves", "questions", "answers"}


def test_a_difference_is_read_row_by_row(study: Study) -> None:
    (found,) = read_published(study.root / "published").studies
    changed = [one for one in found.newest.diffs if one.kind == "changed"]
    assert changed and changed[0].table == "estimates"
    assert {"column", "before", "after"} <= set(changed[0].columns)
    assert all(len(row) == len(changed[0].columns) for row in changed[0].rows)


def test_a_purged_version_is_described_and_has_no_data(study: Study) -> None:
    purge(study.root, STUDY, "0.3.0", reason="trop dit", by="A. Nom", run_id="run-p")
    (found,) = read_published(study.root / "published").studies
    purged = found.releases[0]
    assert purged.status == "purged" and not purged.has_data
    assert purged.tables == {} and purged.quality == {} and purged.diffs == ()
    assert purged.title.fr
    assert found.current and found.current.version == "0.1.0"


def test_a_log_that_was_touched_is_refused(study: Study) -> None:
    path = study.root / "published" / STUDY / "versions.json"
    path.chmod(0o644)
    path.write_text(path.read_text("utf-8").replace("0.3.0", "0.3.1"), "utf-8")
    with pytest.raises(LogBrokenError):
        read_published(study.root / "published")
