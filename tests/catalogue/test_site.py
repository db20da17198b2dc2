"""Building the site: whole or not at all, and the same bytes every time."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from pipelines.catalogue import SiteError, build_site, machine, output
from pipelines.catalogue.output import write_site
from pipelines.release import purge
from pipelines.study import Study
from tests.release.made_up_release import changed_value, declared, published
from tests.tiny_study import STUDY


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def publish_another(study: Study, cut: int) -> None:
    published(study, lambda rows: changed_value(rows)[cut:], erratum="Encore.")


def test_two_builds_give_the_same_bytes_wherever_they_run(study: Study, tmp_path: Path) -> None:
    built = build_site(study.root)
    first = digests(built.index.parent)
    assert len(first) == built.files
    shutil.copytree(study.root / "published", tmp_path / "other" / "published")
    shutil.rmtree(tmp_path / "other" / "published" / "site")
    again = build_site(tmp_path / "other")
    assert digests(again.index.parent) == first


def test_a_site_that_follows_from_the_same_releases_stands_and_any_other_is_built(
    study: Study,
) -> None:
    built = build_site(study.root)
    folder = built.index.parent

    def stands() -> bool:
        before = folder.stat().st_ino
        assert build_site(study.root, reuse=True).files == built.files
        return folder.stat().st_ino == before

    assert stands()
    built.index.write_text("edited by hand", "utf-8")
    assert not stands() and "edited" not in built.index.read_text("utf-8")
    (folder / "feed.atom").unlink()
    assert not stands() and (folder / "feed.atom").exists()
    assert stands()
    latest = study.root / "published" / STUDY / "latest.json"
    latest.write_text(latest.read_text("utf-8") + "\n", "utf-8")
    assert not stands()


def test_a_further_release_takes_over_the_files_of_each_version_unless_the_site_was_touched(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    build = machine.version_files
    monkeypatch.setattr(
        machine, "version_files", lambda one, url: made.append(one.version) or build(one, url)
    )
    folder = build_site(study.root).index.parent
    versions = sorted(made)
    made.clear()
    newest = published(study, erratum="Le premier poids était juste.").version
    build_site(study.root, reuse=True)
    assert made == [newest] and newest not in versions
    taken_over = digests(folder)
    build_site(study.root)
    assert digests(folder) == taken_over
    (folder / STUDY / newest / "zenodo.json").write_text("edited by hand", "utf-8")
    made.clear()
    build_site(study.root, reuse=True)
    assert sorted(made) == sorted([*versions, newest]) and digests(folder) == taken_over


def test_the_folder_of_a_version_is_made_twice_and_used_in_turn_by_all_later_sites(
    study: Study,
) -> None:
    folder = build_site(study.root).index.parent
    used = []
    for cut in range(4):
        publish_another(study, cut)
        build_site(study.root, reuse=True)
        used.append((folder / STUDY / "0.1.0" / "schemas").stat().st_ino)
    assert used[0] != used[1] and used[2:] == used[:2]
    taken_over = digests(folder)
    build_site(study.root)
    assert digests(folder) == taken_over


def test_a_version_that_is_purged_is_not_spare_either(study: Study) -> None:
    build_site(study.root)
    published(study, erratum="Le premier poids était juste.")
    build_site(study.root, reuse=True)
    spare = study.root / ".phare" / "catalogue" / "spare"
    assert (spare / STUDY / "0.1.0" / "ddi.xml").exists()
    purge(study.root, STUDY, "0.1.0", reason="trop dit", by="A. Nom", run_id="run-p")
    build_site(study.root, reuse=True)
    assert (spare / STUDY / "0.3.0").exists() and not list(spare.rglob("*0.1.0*"))


@pytest.mark.parametrize("moment", ["_take_over", "_keep"])
def test_a_build_that_is_stopped_among_what_is_spare_harms_no_later_one(
    study: Study, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    folder = build_site(study.root).index.parent
    for cut in range(2):
        publish_another(study, cut)
        build_site(study.root, reuse=True)
    before = digests(folder)
    work, calls = getattr(output, moment), []

    def stopped(*given: Path) -> None:
        calls.append(given)
        if len(calls) == (3 if moment == "_take_over" else 1):
            raise KeyboardInterrupt
        work(*given)

    published(study, erratum="Le premier poids était juste.")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(output, moment, stopped)
        build_site(study.root, reuse=True)
    assert (digests(folder) == before) == (moment == "_take_over")
    build_site(study.root, reuse=True)
    taken_over = digests(folder)
    build_site(study.root)
    assert digests(folder) == taken_over


def test_no_page_names_this_machine_and_releases_are_left_alone(study: Study) -> None:
    folder = study.root / "published" / STUDY
    before = digests(folder)
    built = build_site(study.root)
    assert digests(folder) == before
    for path in built.index.parent.rglob("*"):
        if path.is_file():
            assert str(study.root).encode() not in path.read_bytes(), path
    assert "url=site/index.html" in (study.root / "published" / "index.html").read_text("utf-8")


def test_a_build_that_fails_leaves_the_site_that_was_there(study: Study) -> None:
    built = build_site(study.root)
    before = digests(built.index.parent)

    def files():
        yield "index.html", b"new"
        yield "index.html", b"again"

    with pytest.raises(SiteError, match=r"index\.html"):
        write_site(study.root / "published", files(), study.root / "spare")
    assert digests(built.index.parent) == before
    assert not list((study.root / "published").glob(".site*"))


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_page_that_is_no_longer_made_leaves_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(output, "_exchange", lambda *_: False)
    published, spare = tmp_path / "published", tmp_path / "spare"
    published.mkdir()
    write_site(published, [("a/old.html", b"1")], spare)
    write_site(published, [("new.html", b"2")], spare)
    assert digests(published / "site").keys() == {"new.html"}
    assert [path.name for path in published.iterdir()] == ["site"]


def test_after_a_purge_nothing_of_its_data_is_left_in_the_site(study: Study) -> None:
    build_site(study.root)
    for version in ("0.3.0", "0.1.0", "0.2.0"):
        purge(study.root, STUDY, version, reason="trop dit", by="A. Nom", run_id="run-p")
    built = build_site(study.root)
    for path in built.index.parent.rglob("*"):
        assert path.suffix not in (".zip", ".parquet"), path
        if path.is_file():
            text = path.read_bytes()
            assert b"0.688" not in text and b"68,8" not in text, path


def test_without_a_release_or_with_a_wrong_address_it_says_what_to_do(
    study: Study, tmp_path: Path
) -> None:
    with pytest.raises(SiteError, match="phare publish"):
        build_site(tmp_path)
    with pytest.raises(SiteError, match="https://"):
        build_site(study.root, base_url="donnees.exemple.fr")


def test_the_lineage_page_tells_what_rows_of_the_other_tables_are_made_of(study: Study) -> None:
    page = build_site(study.root).index.parent / STUDY / "lineage.html"
    said = page.read_text("utf-8").partition('<h2 id="tables">')[2].partition("<h2>")[0]
    assert "item_response" in said and "les réponses" in said and "estimates</code>" not in said


def test_figures_of_one_wave_of_several_say_which(tmp_path: Path) -> None:
    """A share of 2021 stood on its page, and nothing said that it was not of 2020."""
    two = declared(tmp_path / "two", waves=("2020", "2021"))
    published(two)
    site = build_site(two.root).index.parent
    said = ((site, "dernière vague\N{NO-BREAK SPACE}: Texte"), (site / "en", "newest wave: Text"))
    for folder, word in said:
        for page in ("index.html", *(f"questions/{name}.html" for name in ("avis", "note"))):
            text = (folder / STUDY / page).read_text("utf-8")
            assert word in text, page
        assert word not in (folder / STUDY / "dictionary.html").read_text("utf-8")


def test_a_study_of_one_wave_does_not_speak_of_waves(study: Study) -> None:
    site = build_site(study.root).index.parent
    assert "dernière vague" not in (site / STUDY / "index.html").read_text("utf-8")


def test_a_question_whose_answer_is_a_number_has_a_unit_and_no_shares(study: Study) -> None:
    """It said that shares are of those who answered, and gave its unit for an answer."""
    site = build_site(study.root).index.parent
    for folder, unit, share in ((site, "Unité", "les parts"), (site / "en", "Unit", "shares are")):
        text = (folder / STUDY / "questions" / "note.html").read_text("utf-8")
        assert f"<dt>{unit}</dt>" in text and share not in text
        assert "<dt>Réponses</dt>" not in text and "<dt>Answers</dt>" not in text


def test_the_words_beside_the_numbers_of_rows_have_their_form(study: Study) -> None:
    site = build_site(study.root).index.parent
    quality = (site / STUDY / "quality.html").read_text("utf-8")
    told = re.findall(r'<span class="big">([^<]+)</span>(lignes?) (\w+)', quality)
    assert {word for _, _, word in told} == {"lues", "acceptées", "rejetée", "retenues"}
