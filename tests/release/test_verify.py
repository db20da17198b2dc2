"""Verifying: every fault is found and named, and nothing else is said to be one."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from phare_data.content_id import content_id
from phare_data.layout import CRATE
from phare_data.log import parse_log
from phare_data.manifest import sha256_of
from phare_data.verifier import Verification, verify, verify_release
from phare_data.verifier.descriptor import PROFILE, load_descriptor
from phare_data.verifier.rows import repeated_keys, rows_out_of_order, shown_though_withheld
from pipelines.release import ReleaseOutcome
from pipelines.release.descriptor import as_json
from pipelines.release.log import append
from pipelines.release.manifest import write_manifest
from pipelines.study import Study
from tests.release.made_up_release import changed_value, declared, published

ESTIMATES = "data/estimates.parquet"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish one release for all the tests that only read it."""
    return published(declared(tmp_path_factory.mktemp("verify") / "root")).path


@pytest.fixture
def copy(release: Path, tmp_path: Path) -> Path:
    """Return a release by itself, as someone would download it, free to be damaged."""
    place = Path(shutil.copytree(release, tmp_path / release.name))
    for path in place.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return place


def checks(path: Path) -> set[str]:
    return {one.check for one in verify(path).findings}


def flip(path: Path, at: int) -> bytes:
    """Flip one bit of one byte, whatever the file's mode; returns what was there."""
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    return whole


def resealed(folder: Path) -> Path:
    """Make digests right again after a file changed: what remains wrong is the content."""
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    for one in descriptor["resources"]:
        path = folder / one["path"]
        if path.is_file():
            one["hash"] = f"sha256:{sha256_of(path)}"
            if "bytes" in one:
                one["bytes"] = path.stat().st_size
    (folder / "datapackage.json").write_text(as_json(descriptor), "utf-8")
    return sealed(folder)


def sealed(folder: Path) -> Path:
    """Make the digests of the crate and the manifest those of the files that are there."""
    crate = json.loads((folder / CRATE).read_bytes())
    for one in crate["@graph"]:
        if one["@type"] == "File" and (folder / one["@id"]).is_file():
            one["sha256"] = sha256_of(folder / one["@id"])
    (folder / CRATE).write_text(as_json(crate), "utf-8")
    write_manifest(folder)
    return folder


def edit_descriptor(folder: Path, change: Callable[[dict], object]) -> Path:
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    change(descriptor)
    (folder / "datapackage.json").write_text(as_json(descriptor), "utf-8")
    return sealed(folder)


def edit_table(folder: Path, change: Callable[[pa.Table], pa.Table], name: str = ESTIMATES) -> Path:
    table = pq.read_table(folder / name)
    pq.write_table(change(table), folder / name)
    return resealed(folder)


def schema(descriptor: dict) -> dict:
    return descriptor["resources"][0]["schema"]


def fields(descriptor: dict) -> list[dict]:
    return schema(descriptor)["fields"]


def column(descriptor: dict, name: str) -> dict:
    return next(one for one in fields(descriptor) if one["name"] == name)


def limit(descriptor: dict, name: str, **asked: object) -> None:
    """Ask one thing more of a column."""
    column(descriptor, name).setdefault("constraints", {}).update(asked)


def put(table: pa.Table, column: str, values: list) -> pa.Table:
    field = table.schema.field(column)
    return table.set_column(table.column_names.index(column), field, pa.array(values, field.type))


def put_first(table: pa.Table, column: str, value: object) -> pa.Table:
    return put(table, column, [value, *table[column].to_pylist()[1:]])


def test_a_downloaded_release_is_intact_but_not_authenticated(copy: Path) -> None:
    found = verify(copy)
    assert found.is_sound and not found.is_authenticated and found.checks > 100
    assert "not authenticated" in found.text("en") and "non authentifié" in found.text("fr")
    assert found.as_json()["sound"] is True


def test_a_flipped_byte_in_any_file_is_found_and_names_it(copy: Path) -> None:
    paths = [path for path in copy.rglob("*") if path.is_file()]
    assert len(paths) > 20
    for path in paths:
        whole = flip(path, path.stat().st_size // 2)
        found = verify(copy)
        path.write_bytes(whole)
        assert not found.is_sound, path
        name = path.relative_to(copy).as_posix()
        # By itself, a release cannot tell a wrong line of the manifest from a wrong file.
        if name != "MANIFEST.sha256":
            assert name in {one.file for one in found.findings}, (name, found.findings)


def test_a_flipped_byte_in_manifest_log_or_latest_is_found_and_names_it(
    study: Study, first: ReleaseOutcome
) -> None:
    published(study, changed_value, erratum="corrected")
    public = first.path.parent
    for name in ("versions.json", "latest.json", "0.1.0/MANIFEST.sha256", "0.1.1/README.md"):
        path = public / name
        size = path.stat().st_size
        for at in range(0, size, max(1, size // 4)):
            whole = flip(path, at)
            found = verify(public)
            path.write_bytes(whole)
            assert name in {one.file for one in found.findings}, (name, at)
    assert verify(public).is_sound


def test_every_byte_of_the_log_counts(study: Study, first: ReleaseOutcome) -> None:
    whole = (first.path.parent / "versions.json").read_bytes()
    assert parse_log(whole)[1] is None
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        assert parse_log(damaged)[1] is not None, whole[at - 20 : at + 20]


def test_an_entry_removed_from_the_log_is_found(study: Study, first: ReleaseOutcome) -> None:
    published(study, changed_value, erratum="corrected")
    path = first.path.parent / "versions.json"
    content = json.loads(path.read_text())
    del content["entries"][0]
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    assert "log-broken" in checks(first.path.parent)
    assert "log-broken" in checks(first.path)


def test_files_missing_or_added_are_found(copy: Path) -> None:
    (copy / "LICENSE").unlink()
    (copy / "data" / "more.csv").write_text("a\n1\n")
    found = {(one.check, one.file) for one in verify(copy).findings}
    assert ("file-missing", "LICENSE") in found
    assert ("file-unlisted", "data/more.csv") in found
    assert ("data-undescribed", "data/more.csv") in found


def test_a_file_that_only_the_crate_names_is_missed(copy: Path) -> None:
    crate = json.loads((copy / CRATE).read_bytes())
    crate["@graph"].append({"@id": "gone.txt", "@type": "File", "sha256": "0" * 64})
    (copy / CRATE).write_text(as_json(crate), "utf-8")
    write_manifest(copy)
    assert checks(copy) == {"crate-digest"}


def test_a_link_in_place_of_a_file_is_found(copy: Path, tmp_path: Path) -> None:
    shutil.move(copy / "LICENSE", tmp_path / "elsewhere")
    (copy / "LICENSE").symlink_to(tmp_path / "elsewhere")
    assert "file-digest" in checks(copy)


def test_a_folder_without_release_is_not_sound(tmp_path: Path) -> None:
    assert checks(tmp_path) == {"manifest-unreadable", "descriptor-unreadable"}
    assert not Verification(str(tmp_path), findings=(), checks=0).is_sound  # nothing was looked at


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: one.update(resources=[]), "descriptor-profile"),
        (lambda one: one["resources"][0].update(hash="nonsense"), "descriptor-profile"),
        (lambda one: one.update(created="yesterday"), "descriptor-created"),
        (lambda one: one["resources"][1].update(bytes=3), "data-bytes"),
        (lambda one: one["resources"][0].update(hash="sha256:" + "0" * 64), "data-hash"),
        (lambda one: one["resources"][0].update(path="data/none.parquet"), "data-missing"),
        (lambda one: one["resources"].pop(1), "twin-missing"),
        (lambda one: fields(one)[0].update(type="integer"), "table-type"),
        (lambda one: column(one, "value").update(type="integer"), "table-type"),
        (lambda one: fields(one).pop(), "table-columns"),
        (lambda one: fields(one)[7]["constraints"].update(enum=["N"]), "table-code"),
        (lambda one: fields(one)[0].update({"pub:arrowType": "binary"}), "table-type"),
        (lambda one: limit(one, "respondents", maximum=29), "table-maximum"),
        (lambda one: limit(one, "status", pattern="ublishe|ithhel"), "table-pattern"),
        (lambda one: schema(one).update(primaryKey=[]), "descriptor-shape"),
        (lambda one: schema(one).update(primaryKey=["none"]), "descriptor-shape"),
        (lambda one: schema(one)["foreignKeys"][0]["reference"].update(resource="none"),
         "descriptor-shape"),
        (lambda one: schema(one)["foreignKeys"][0]["fields"].append("wave"), "descriptor-shape"),
    ],
)  # fmt: skip
def test_a_wrong_descriptor_is_found(copy: Path, change: Callable, fault: str) -> None:
    found = checks(edit_descriptor(copy, change))
    assert fault in found, found


def test_a_descriptor_that_is_no_json_is_found(copy: Path) -> None:
    (copy / "datapackage.json").write_text("[")
    assert checks(sealed(copy)) == {"descriptor-unreadable"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: pa.concat_tables([t, t.slice(0, 1)]), "table-key"),
        (lambda t: t.take(list(reversed(range(t.num_rows)))), "table-order"),
        (lambda t: put_first(t, "status", "unheard"), "table-code"),
        (lambda t: put_first(t, "question", "none"), "table-reference"),
        (lambda t: put(t, "respondents", [-1] * t.num_rows), "table-minimum"),
        (lambda t: put(t, "value", [1] * t.num_rows), "table-withheld"),
        (lambda t: t.drop_columns(["value"]), "table-columns"),
        (lambda t: t.cast(pa.schema([f.with_nullable(True) for f in t.schema])), "table-type"),
        (lambda t: t.slice(1), "twins-differ"),
        (lambda t: t.slice(0, t.num_rows - 1), "twins-differ"),
        (lambda t: put(t, "value", [None] * t.num_rows), "twins-differ"),
        (lambda t: put(t, "value", [v and v / 2 for v in t["value"].to_pylist()]), "twins-differ"),
    ],
)  # fmt: skip
def test_a_parquet_file_that_breaks_its_schema_is_found(
    copy: Path, change: Callable, fault: str
) -> None:
    found = checks(edit_table(copy, change))
    assert fault in found, found


def test_an_empty_cell_in_a_required_column_is_found(copy: Path) -> None:
    def empty(table: pa.Table) -> pa.Table:
        column = pc.if_else(pc.equal(table["status"], "withheld"), None, table["status"])
        at = table.column_names.index("status")
        field = table.schema.field("status").with_nullable(True)
        return table.set_column(at, field, column)

    assert "table-type" in checks(edit_table(copy, empty))


def test_a_csv_that_says_something_else_is_found(copy: Path) -> None:
    path = copy / "data" / "estimates.csv"
    path.write_text(path.read_text().replace("0.688", "0.689"))
    assert checks(resealed(copy)) == {"twins-differ"}
    path.write_text(path.read_text() + "one,cell\n")
    assert checks(resealed(copy)) == {"table-unreadable"}


def test_a_csv_with_a_figure_or_a_row_less_or_its_columns_elsewhere_is_found(copy: Path) -> None:
    path = copy / "data" / "estimates.csv"
    whole = path.read_text()
    path.write_text(whole.replace("0.688", "", 1))
    assert checks(resealed(copy)) == {"twins-differ"}
    path.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert checks(resealed(copy)) == {"twins-differ"}
    rows = [line.split(",") for line in whole.splitlines()]
    path.write_text("".join(",".join([*row[1:], row[0]]) + "\n" for row in rows))
    assert checks(resealed(copy)) == {"table-unreadable"}


def test_a_text_that_is_empty_is_not_a_text_that_is_missing(copy: Path) -> None:
    """In the CSV `""` is an empty text and nothing at all a missing one, as in the Parquet file."""
    path = copy / "data" / "questions.csv"
    head, first, *rest = path.read_text().splitlines(keepends=True)
    assert ",," in first
    path.write_text("".join([head, first.replace(",,", ',"",', 1), *rest]))
    assert checks(resealed(copy)) == {"twins-differ"}


def test_a_parquet_file_that_is_none_is_found(copy: Path) -> None:
    (copy / ESTIMATES).write_bytes(b"PAR1 or so")
    assert "table-unreadable" in checks(resealed(copy))


def test_a_resealed_release_is_still_not_the_one_that_the_log_names(
    study: Study, first: ReleaseOutcome
) -> None:
    path = first.path / "data" / "waves.csv"
    for one in first.path.rglob("*"):
        one.chmod(0o755 if one.is_dir() else 0o644)
    path.write_text(path.read_text().replace("Texte", "Autre"))
    resealed(first.path)
    told = {"manifest-digest", "content-differs", "twins-differ"}
    assert told <= checks(first.path) and told <= checks(first.path.parent)


@pytest.mark.parametrize("name", ["version", "name"])
def test_a_log_that_names_another_release_is_found_though_every_digest_is_right(
    study: Study, first: ReleaseOutcome, name: str
) -> None:
    public = first.path.parent
    for one in first.path.rglob("*"):
        one.chmod(0o755 if one.is_dir() else 0o644)
    edit_descriptor(first.path, lambda descriptor: descriptor.update({name: "9.9.9"}))
    (entry,) = parse_log((public / "versions.json").read_bytes())[0]
    facts = {key: value for key, value in entry.items()
             if key not in {"sequence", "prev_entry_sha256", "entry_sha256"}}  # fmt: skip
    facts["manifest_sha256"] = sha256_of(first.path / "MANIFEST.sha256")
    append(public, (), {**facts, "content_id": content_id(load_descriptor(first.path) or {})})
    assert checks(first.path) == {"version-differs"} == checks(public)


def test_an_empty_key_is_in_no_order_and_an_empty_status_hides_no_figure() -> None:
    table = pa.table({"key": ["a", None, None], "value": [1, None, None], "more": [None, 2, None]})
    assert (rows_out_of_order(table, ["key"]), repeated_keys(table, ["key"])) == (2, 1)
    told = table.append_column("status", pa.array(["published", None, "withheld"]))
    assert shown_though_withheld(told, ["value", "more"]) == 1
    assert shown_though_withheld(told, ["more", "value"]) == 1


def test_version_folders_and_log_must_agree(study: Study, first: ReleaseOutcome) -> None:
    public = first.path.parent
    shutil.copytree(first.path, public / "0.9.0")
    assert "version-unlisted" in checks(public) & checks(public / "0.9.0")
    shutil.rmtree(first.path)
    assert "version-missing" in checks(public)


def test_the_descriptor_passes_the_standards_own_schema(release: Path) -> None:
    schema = json.loads(PROFILE.read_bytes())
    descriptor = json.loads((release / "datapackage.json").read_bytes())
    jsonschema.Draft7Validator(schema).validate(descriptor)
    assert "fieldsMatch" not in json.dumps(descriptor)


def test_stock_frictionless_accepts_the_package_with_its_withheld_rows(release: Path) -> None:
    statuses = pq.read_table(release / ESTIMATES)["status"].to_pylist()
    assert "withheld" in statuses
    done = _frictionless(release)
    assert done.returncode == 0, done.stdout + done.stderr


def test_stock_frictionless_refuses_a_changed_csv(copy: Path) -> None:
    path = copy / "data" / "estimates.csv"
    path.write_text(path.read_text().replace("withheld", "withhold"))
    assert _frictionless(copy).returncode == 1


def test_the_manifest_is_one_that_sha256sum_reads(release: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "MANIFEST.sha256"],
        cwd=release,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_verifying_opens_no_network_connection(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert verify_release(release).is_sound


def _frictionless(folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("frictionless")
    return subprocess.run(
        [command, "validate", "datapackage.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
