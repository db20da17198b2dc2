"""Loading: the table that was published, checked, labelled, in the frame asked for."""

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phare_data
from phare_data import PhareDataError, PhareDataWarning
from phare_data.errors import (
    ChoiceError,
    DamagedError,
    MissingLibraryError,
    PurgedError,
    SourceError,
    UnknownNameError,
)
from phare_data.log import Status
from phare_data.texts import LANGUAGES, messages
from pipelines.release import purge
from tests.tiny_study import STUDY

pytestmark = pytest.mark.filterwarnings("ignore::phare_data.PhareDataWarning")


@pytest.fixture
def copy(tree: Path, tmp_path: Path) -> Path:
    """Return the tree, free to be damaged."""
    place = Path(shutil.copytree(tree, tmp_path / "published"))
    for path in place.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return place


def test_without_version_the_newest_valid_one_is_loaded_as_published(tree: Path) -> None:
    found = phare_data.load(STUDY, source=tree)
    wanted = pq.read_table(tree / STUDY / "0.3.0" / "data" / "estimates.parquet")
    assert found.equals(wanted)  # metadata aside
    facts = json.loads(found.schema.metadata[b"phare"])
    assert facts["version"] == "0.3.0" and facts["status"] == "current" and facts["synthetic"]
    assert found.schema.field("value").metadata[b"title_en"]


def test_a_pinned_version_is_that_version(tree: Path) -> None:
    pinned = phare_data.load(STUDY, version="0.1.0", source=tree)
    assert pinned.equals(pq.read_table(tree / STUDY / "0.1.0" / "data" / "estimates.parquet"))
    assert not pinned.equals(phare_data.load(STUDY, source=tree))


def test_every_status_has_its_words() -> None:
    assert all(f"status-{one}" in messages() for one in get_args(Status))


def test_an_unknown_version_names_those_there_are_and_their_status_in_the_reader_s_language(
    tree: Path,
) -> None:
    with pytest.raises(UnknownNameError) as refused:
        phare_data.load(STUDY, version="9.9.9", source=tree)
    french, english = (refused.value.text(lang) for lang in LANGUAGES)
    assert "0.1.0 (remplacée), 0.2.0 (retirée), 0.3.0 (en cours)" in french
    assert "0.1.0 (superseded), 0.2.0 (withdrawn), 0.3.0 (current)" in english


def test_an_address_gives_what_the_folder_gives(tree: Path, served: str, tmp_path: Path) -> None:
    here = phare_data.load(STUDY, source=tree)
    assert phare_data.load(STUDY, source=f"{served}/", cache=tmp_path / "kept").equals(here)
    assert len(list((tmp_path / "kept").iterdir())) == 2  # descriptor and table
    assert phare_data.load(STUDY, source=f"{served}/{STUDY}").equals(here)


def test_a_damaged_cache_is_not_believed(tree: Path, served: str, tmp_path: Path) -> None:
    here = phare_data.load(STUDY, source=served, cache=tmp_path)
    for kept in tmp_path.iterdir():
        kept.write_bytes(b"something else")
    assert phare_data.load(STUDY, source=served, cache=tmp_path).equals(here)


def test_the_source_may_be_the_study_or_one_release(tree: Path, tmp_path: Path) -> None:
    here = phare_data.load(STUDY, source=tree)
    assert phare_data.load(STUDY, source=tree / STUDY).equals(here)
    alone = Path(shutil.copytree(tree / STUDY / "0.3.0", tmp_path / "downloaded"))
    with pytest.warns(PhareDataWarning, match="versions.json"):
        assert phare_data.load(STUDY, source=alone).equals(here)
    with pytest.raises(DamagedError):
        phare_data.load(STUDY, version="0.1.0", source=alone)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_labels_stand_beside_their_codes(tree: Path, lang: str) -> None:
    plain = phare_data.load(STUDY, source=tree)
    found = phare_data.load(STUDY, source=tree, labels=lang)
    assert found.select(plain.column_names).equals(plain)
    for column, table in (("region", "breakdown_region"), ("wave", "waves")):
        if column not in plain.column_names:
            continue
        codes = phare_data.load(STUDY, source=tree, table=table)
        known = dict(
            zip(codes[column].to_pylist(), codes[f"label_{lang}"].to_pylist(), strict=True)
        )
        shown = found[f"{column}_label"].to_pylist()
        assert shown == [known[code] for code in found[column].to_pylist()]
    answers = phare_data.load(STUDY, source=tree, table="answers").to_pylist()
    known = {(row["question"], row["answer"]): row[f"label_{lang}"] for row in answers}
    for row in found.to_pylist():
        assert row["answer_label"] == known[row["question"], row["answer"]]


def test_polars_and_pandas_compute_with_its_numbers(tree: Path) -> None:
    exact = phare_data.load(STUDY, source=tree)
    polars = phare_data.load(STUDY, source=tree, as_="polars")
    pandas = phare_data.load(STUDY, source=tree, as_="pandas", labels="fr")
    values = [None if one is None else float(one) for one in exact["value"].to_pylist()]
    assert isinstance(exact["value"][0].as_py() or Decimal(0), Decimal)
    assert polars["value"].to_list() == values
    assert str(pandas["respondents"].dtype) == "Int64" and str(pandas["value"].dtype) == "float64"
    assert pandas["value"].isna().sum() == values.count(None) > 0
    assert pandas.attrs["phare"]["version"] == "0.3.0" and pandas.attrs["titles"]["value"]


def test_the_dictionary_describes_every_column(tree: Path) -> None:
    found = phare_data.dictionary(STUDY, source=tree, labels="en").to_pylist()
    assert {"estimates", "waves", "answers"} <= {row["table"] for row in found}
    assert all(row["title"] and row["description"] for row in found)


def test_the_catalogue_lists_studies_and_versions(tree: Path) -> None:
    (found,) = phare_data.catalog(tree)
    assert found["study"] == STUDY and found["version"] == "0.3.0" and found["title"]
    assert found["versions"] == {"0.1.0": "superseded", "0.2.0": "withdrawn", "0.3.0": "current"}


def test_an_address_without_a_list_says_so(served: str) -> None:
    with pytest.raises(SourceError, match=r"site/studies\.json"):
        phare_data.catalog(served)


def test_withdrawn_and_synthetic_data_come_with_a_warning(tree: Path) -> None:
    with pytest.warns(PhareDataWarning, match=r"lignes perdues.*0\.3\.0"):
        phare_data.load(STUDY, version="0.2.0", source=tree)
    with pytest.warns(PhareDataWarning, match="synth"):
        phare_data.load(STUDY, source=tree)


def test_purged_data_are_not_there(copy: Path) -> None:
    why = {"fr": "fuite", "en": "a leak"}
    purge(copy.parent, STUDY, "0.1.0", reason=why, by="A. Nom", run_id="run-p")
    with pytest.raises(PurgedError) as refused:
        phare_data.load(STUDY, version="0.1.0", source=copy)
    for lang, said in why.items():  # whatever language the process speaks
        assert f"({said})" in refused.value.text(lang)


@pytest.mark.parametrize(
    "name",
    ["versions.json", "0.3.0/MANIFEST.sha256", "0.3.0/datapackage.json",
     "0.3.0/data/estimates.parquet"],
)  # fmt: skip
def test_one_flipped_byte_on_the_way_is_refused_and_named(copy: Path, name: str) -> None:
    path = copy / STUDY / name
    whole = path.read_bytes()
    for at in (0, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DamagedError, match=name.rsplit("/", maxsplit=1)[-1]):
            phare_data.load(STUDY, source=copy)
    path.write_bytes(whole)
    assert phare_data.load(STUDY, source=copy).num_rows
    path.unlink()
    with pytest.raises((DamagedError, SourceError, UnknownNameError)):
        phare_data.load(STUDY, source=copy)


def test_names_that_do_not_exist_are_answered_with_those_that_do(tree: Path, served: str) -> None:
    with pytest.raises(UnknownNameError, match=STUDY):
        phare_data.load("none", source=tree)
    with pytest.raises(UnknownNameError, match=r"0\.3\.0 \("):
        phare_data.load(STUDY, version="9.9.9", source=tree)
    with pytest.raises(UnknownNameError, match="estimates"):
        phare_data.load(STUDY, table="none", source=tree)
    with pytest.raises(SourceError):
        phare_data.load("none", source=served)


def test_choices_that_are_none_are_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ({"as_": "excel"}, {"labels": "de"}, {"source": "ftp://somewhere"}):
        with pytest.raises(ChoiceError):
            phare_data.load(STUDY, **{"source": tree, **wrong})
    with pytest.raises(ChoiceError, match="PHARE_DATA_SOURCE"):
        phare_data.load(STUDY)
    monkeypatch.setenv("PHARE_DATA_SOURCE", str(tree))
    assert isinstance(phare_data.load(STUDY), pa.Table)
    with pytest.raises(SourceError):
        phare_data.load(STUDY, source=tree / "nowhere")
    with pytest.raises(SourceError):
        phare_data.load(STUDY, source="http://127.0.0.1:9/")
    monkeypatch.setattr("phare_data.frames.find_spec", lambda _: None)
    with pytest.raises(MissingLibraryError, match="pandas"):
        phare_data.load(STUDY, as_="pandas")
    assert issubclass(MissingLibraryError, PhareDataError)
