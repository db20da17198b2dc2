"""The verbs of an auditor: diff, trace (with the extract too), push, reproduce."""

import hmac
import json
import re
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from phare_data.verifier import verify
from pipelines import PROJECT
from pipelines.contributors.row_map import (
    RECORD,
    SALT,
    read_salt,
    remembered_digest,
    row_map_digest,
)
from pipelines.errors import ExitCode
from pipelines.intake import newest_delivery
from pipelines.steps import wave_folder
from pipelines.study import load_study
from tests.cli.test_cli import PHARE, phare
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

CELL = ("question=avis", "answer=1", "zone=N")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a root with two releases: the second corrects some answers."""
    root = write_tiny_study(tmp_path_factory.mktemp("audit"))
    assert phare("publish", STUDY, "--date", "2020-07-01", root=root).returncode == 0
    answers = rows()
    for row in answers[:14]:
        row[5] = "9"
    deliver(root, answers, name="2020-06-09")
    done = phare(
        "publish", STUDY, "--date", "2020-08-01", "--erratum", "Notes corrigées", root=root
    )
    assert done.returncode == ExitCode.DONE, done.stderr
    return root


def test_diff_tells_what_changed_and_the_step_it_asks_for(published: Path) -> None:
    done = phare("diff", f"{STUDY}@0.1.0", STUDY, root=published)
    assert done.returncode == ExitCode.DONE
    assert re.search(r"'Estimates' \(estimates\): \d+ rows changed", done.stdout)
    assert "From 0.1.0 to 0.1.1: patch." in done.stdout and "erratum" in done.stdout
    folder = published / "published" / STUDY / "0.1.0"
    same = phare("diff", str(folder), f"{STUDY}@0.1.0", "--json", root=published)
    assert json.loads(same.stdout)["bump"] is None
    missing = phare("diff", f"{STUDY}@0.1.0", f"{STUDY}@9.0.0", root=published)
    assert missing.returncode == ExitCode.USAGE and "0.1.1" in missing.stderr


def test_trace_walks_from_a_number_to_commit_lock_and_extract(published: Path) -> None:
    done = phare("trace", f"{STUDY}@0.1.0", *CELL, root=published)
    assert done.returncode == ExitCode.DONE, done.stderr
    for told in ("Σ w y / Σ w", "avis, poids, zone", "cube.sql", "lock", "extrait.csv", "rules"):
        assert told in done.stdout
    wrong = phare("trace", STUDY, "avis", root=published)
    assert wrong.returncode == ExitCode.USAGE and "COLUMN=CODE" in wrong.stderr


def test_trace_writes_numbers_as_its_reader_does_and_programs_as_they_are(published: Path) -> None:
    asked = ("trace", f"{STUDY}@0.1.0", *CELL)
    french = phare(*asked, root=published, PHARE_LANG="fr").stdout
    facts = json.loads(phare(*asked, "--json", root=published, PHARE_LANG="fr").stdout)
    value, wave = facts["cell"]["value"], facts["cell"]["wave"]
    assert float(value) < 1 and f"value = {value.replace('.', ',')} " in french
    assert f"value = {value} " in phare(*asked, root=published).stdout
    assert f"wave = {wave}" in french and {"value", "wave"} & {*facts["numbers"]} == {"value"}
    none = phare("trace", f"{STUDY}@0.1.0", "question=avis", "answer=1", "age=Y", root=published)
    assert "value = —" in none.stdout and "reliability = —" in none.stdout


def test_a_difference_between_two_studies_is_a_mistake_of_usage() -> None:
    done = phare("diff", "phare-institutions", "attitudes-climat-2019", root=PROJECT)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert "two versions of one study" in done.stderr and "phare-institutions@" in done.stderr


def test_a_key_without_what_it_takes_is_told_the_codes_to_choose_from() -> None:
    ask = ("trace", "phare-institutions@0.3.0", "question=fragility_priority")
    battery = phare(*ask, "answer=prioritaire", root=PROJECT).stderr
    assert battery.startswith("0 rows ") and "Possible codes: domain = " in battery
    assert "sante" in battery and "answer =" not in battery
    several = phare(*ask, "domain=sante", root=PROJECT).stderr
    assert "Possible codes: answer = " in several and "tres_prioritaire" in several
    unknown = phare(*ask, "domain=santé", "answer=prioritaire", root=PROJECT).stderr
    assert "domain = " in unknown and "answer =" not in unknown


def shown_commands() -> list[tuple[str, ...]]:
    """Return the commands that documents and help show of `phare trace`, on shipped releases."""
    documents = [*(PROJECT / "docs").glob("*.md"), PROJECT / "pipelines" / "cli" / "messages.yaml"]
    shown = (
        line.partition("#")[0].split()[1:]
        for path in documents
        for line in path.read_text("utf-8").splitlines()
        if line.strip().startswith("phare trace ")
    )
    return sorted({tuple(words) for words in shown if "--raw" not in words})  # extracts stay home


@pytest.mark.parametrize("words", shown_commands(), ids=" ".join)
def test_every_trace_that_a_document_shows_finds_one_row(words: tuple[str, ...]) -> None:
    placed = [one.replace("./", "published/attitudes-climat-2019/") for one in words]
    done = subprocess.run(
        [str(PHARE), *placed], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.DONE, done.stderr


def test_documents_show_traces_of_tables_beside_the_estimates() -> None:
    assert {"priorities", "profiles", "sheets", "comparisons", "nets"} <= {
        words[words.index("--table") + 1] for words in shown_commands() if "--table" in words
    }


def expected_lines(answers: list[list[str]]) -> tuple[list[int], list[int]]:
    """Return by hand the lines of zone N whose answer is in the base, and those that gave '1'."""
    base = [at + 2 for at, row in enumerate(answers) if row[2] == "N" and row[4] in {"1", "2"}]
    return base, [line for line in base if answers[line - 2][4] == "1"]


def test_whoever_holds_the_extract_gets_the_lines_checked_against_the_release(
    published: Path,
) -> None:
    done = phare("trace", f"{STUDY}@0.1.0", *CELL, "--raw", str(published / "raw"), "--json",
                 root=published)  # fmt: skip
    assert done.returncode == ExitCode.DONE, done.stderr
    lines = json.loads(done.stdout)["lines"]
    assert lines["matches"] and (lines["base"], lines["gave"]) == expected_lines(rows())
    told = phare("trace", STUDY, "question=note", "--raw", str(published / "raw"), root=published)
    assert told.returncode == ExitCode.DONE and "60 lines of extrait.csv" in told.stdout


def test_another_declaration_salt_or_extract_does_not_pass_for_the_published_one(
    published: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "root"))
    ask = ("trace", f"{STUDY}@0.1.0", *CELL, "--raw", str(root / "raw"))
    salt = root / "raw" / STUDY / "2020" / "2020-06-01" / SALT
    kept = salt.read_text()
    salt.write_text("0" * 64 + "\n")
    done = phare(*ask, root=root)
    assert done.returncode == ExitCode.VERIFICATION and "are NOT those" in done.stdout
    salt.unlink()
    gone = phare(*ask, root=root)
    assert gone.returncode == ExitCode.VERIFICATION and SALT in gone.stderr
    salt.write_text(kept)
    zone = root / "schemas" / STUDY / "codelists" / "zone.csv"
    study = root / "schemas" / STUDY / "study.yaml"
    assert zone.is_file()
    study.write_text(study.read_text("utf-8").replace("column: age", "column: zone"), "utf-8")
    study.write_text(study.read_text("utf-8").replace("codelist: age", "codelist: zone"), "utf-8")
    assert phare(*ask, root=root).returncode == ExitCode.VERIFICATION
    shutil.rmtree(salt.parent)
    assert phare(*ask, root=root).returncode == ExitCode.USAGE


def test_the_digest_of_the_lines_tells_nothing_without_its_salt(published: Path) -> None:
    """Two roots with the same extract publish different digests; no salt leaves raw/."""
    salts = list((published / "raw").rglob(SALT))
    assert len(salts) == 2 and len({path.read_text() for path in salts}) == 2
    for path in (published / "published").rglob("*"):
        if path.is_file():
            assert not any(salt.read_bytes().strip() in path.read_bytes() for salt in salts)


def test_push_copies_to_a_folder_and_is_run_again(published: Path, tmp_path: Path) -> None:
    done = phare("push", str(tmp_path / "mirror"), root=published)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert verify(tmp_path / "mirror" / STUDY).is_sound
    again = phare("push", str(tmp_path / "mirror"), STUDY, "--json", root=published)
    told = json.loads(again.stdout)
    assert [(one["study"], one["copied"]) for one in told] == [(STUDY, 0), (None, 0)]
    assert (tmp_path / "mirror" / "site" / STUDY / "index.html").is_file()
    alone = phare("push", str(tmp_path / "backup"), "--no-site", root=published)
    assert alone.returncode == ExitCode.DONE and not (tmp_path / "backup" / "site").exists()


def test_a_push_that_names_no_study_takes_a_purge_along_where_no_version_is_left(
    published: Path, tmp_path: Path
) -> None:
    """After a leak in a study's only version, the daily push must empty the mirror of it."""
    root, mirror = tmp_path / "root", tmp_path / "mirror"
    shutil.copytree(published, root)
    assert phare("push", str(mirror), root=root).returncode == ExitCode.DONE
    assert list(mirror.glob(f"{STUDY}/*/data/*")) and list(mirror.glob("site/downloads/*"))
    why = ("--reason", "fuite", "--by", "Jeanne", "--yes")
    for version in sorted(one.name for one in mirror.glob(f"{STUDY}/0.*") if one.is_dir()):
        assert phare("purge", STUDY, version, *why, root=root).returncode == ExitCode.DONE
    done = phare("push", str(mirror), root=root)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert not list(mirror.glob(f"{STUDY}/*/data/*")) and not list(mirror.glob("site/downloads/*"))


def test_reproduce_says_why_it_cannot(published: Path, tmp_path: Path) -> None:
    missing = phare("reproduce", f"{STUDY}@9.9.9", root=published)
    assert missing.returncode == ExitCode.USAGE and "0.1.1" in missing.stderr


def test_the_digest_of_the_lines_is_of_the_rows_not_of_their_encoding(
    published: Path, tmp_path: Path
) -> None:
    """Any respondent's answer, line or weight changes it; the way the file is written does not."""
    study, salt = load_study(published, STUDY), b"s" * 32
    weighted = wave_folder(study, "2020") / "weighted.parquet"
    digest, table = row_map_digest(study, weighted, salt), pq.read_table(weighted)
    other = tmp_path / "other.parquet"
    for is_coded in (False, True):
        pq.write_table(table, other, use_dictionary=is_coded, row_group_size=7)
        assert row_map_digest(study, other, salt) == digest
    assert row_map_digest(study, weighted, b"t" * 32) != digest
    rest = table.slice(1)
    for name in ("_line", "weight", "stratum", "by_zone", "avis", "note"):
        first = table[name].filter(pc.not_equal(table[name], table[name][0]))[:1]
        first = first if len(first) else pa.chunked_array([["other"]])
        changed = pa.chunked_array([*first.chunks, *rest[name].chunks]).cast(table[name].type)
        place = table.schema.get_field_index(name)
        pq.write_table(table.set_column(place, name, changed), other)
        assert row_map_digest(study, other, salt) != digest, name


def test_the_digest_of_the_lines_is_the_one_that_its_description_gives(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written out by hand: whoever holds extract and salt can check it, whatever we run then."""
    monkeypatch.setattr("pipelines.contributors.row_map.BLOCK_ROWS", 300)
    study, salt, texts = load_study(published, STUDY), b"s" * 32, [f"t{n:03}" for n in range(257)]
    table = pq.read_table(wave_folder(study, "2020") / "weighted.parquet")
    wide = pa.concat_tables([table] * 10).slice(0, 600)  # two blocks
    columns = {
        "_line": range(2, 602),
        "avis": [*texts[:255], None] * 2 + texts[:88],  # as many texts as one byte counts
        "note": [*texts] * 2 + texts[:86],  # one more
    }
    for name, cells in columns.items():
        place, field = wide.schema.get_field_index(name), wide.schema.field(name)
        wide = wide.set_column(place, name, pa.array(cells, field.type))
    pq.write_table(wide, tmp_path / "wide.parquet")
    read = ("weight", "stratum", "by_zone", "by_age", *(c for i in study.items for c in i.columns))
    message = b"".join(
        _message(wide.slice(start, 300), list(dict.fromkeys(read))) for start in (0, 300)
    )
    expected = hmac.new(salt, message, "sha256").hexdigest()
    assert row_map_digest(study, tmp_path / "wide.parquet", salt) == expected


def _message(block: pa.Table, columns: list[str]) -> bytes:
    lines = block["_line"].to_pylist()
    message = struct.pack(f"<{len(lines)}q", *lines)
    for name in columns:
        cells = block[name].to_pylist()
        texts = [b"\x00null" if one is None else str(one).encode() for one in cells]
        known = sorted(set(texts))
        message += name.encode() + struct.pack("<I", len(known))
        message += b"".join(struct.pack("<I", len(one)) + one for one in known)
        kind = "B" if len(known) <= 256 else "I"
        message += struct.pack(f"<{len(texts)}{kind}", *(known.index(one) for one in texts))
    return message


def test_the_digest_of_the_lines_is_computed_again_when_rows_or_salt_change(
    published: Path, tmp_path: Path
) -> None:
    study, folder = load_study(published, STUDY), tmp_path / "wave"
    delivery = newest_delivery(published, STUDY, "2020")
    elsewhere = Path(shutil.copytree(delivery.folder, tmp_path / "delivery"))
    delivery = replace(delivery, folder=elsewhere)
    shutil.copytree(wave_folder(study, "2020"), folder)
    record, weighted = folder / RECORD, folder / "weighted.parquet"
    first = remembered_digest(study, delivery, folder)
    assert first == row_map_digest(study, weighted, read_salt(delivery))
    assert record.stat().st_mode & 0o777 == 0o600
    record.write_text(record.read_text().replace(first, "kept"))
    assert remembered_digest(study, delivery, folder) == "kept"
    (elsewhere / SALT).unlink()
    salted = remembered_digest(study, delivery, folder)
    assert salted == row_map_digest(study, weighted, read_salt(delivery)) != first
    pq.write_table(pq.read_table(weighted).slice(1), weighted)
    assert remembered_digest(study, delivery, folder) not in {salted, first}


def test_purge_names_the_versions_whose_diff_may_repeat_the_values(
    published: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "root"))
    act = ("purge", STUDY, "0.1.0", "--reason", "Cellule", "--by", "Jeanne")
    assert phare(*act, root=root).returncode == ExitCode.USAGE  # nobody said yes
    assert (root / "published" / STUDY / "0.1.0" / "data").is_dir()
    done = phare(*act, "--yes", root=root)
    assert done.returncode == ExitCode.DONE and "0.1.1" in done.stderr
    assert not (root / "published" / STUDY / "0.1.0" / "data").exists()
    missing = phare("trace", f"{STUDY}@0.1.0", *CELL, root=root)
    assert missing.returncode == ExitCode.USAGE and "0.1.1" in missing.stderr
