"""Power lost after any system call of a publication: readers have the old state or the new one."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from phare_data.verifier import verify
from pipelines.release import ReleaseOutcome
from pipelines.release.durable import replace_file
from pipelines.study import load_study
from tests.release.made_up_release import changed_value, declared, published
from tests.release.replay import CALLS, Call, Disk, Node, recorded
from tests.release.test_crash import ENVIRONMENT, PUBLISH, public
from tests.tiny_study import STUDY

LOST = b""  # what a file holds whose data were not synced


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Call]]:
    """Record one publication; return the tree before, the tree after and its calls."""
    root = tmp_path_factory.mktemp("power") / "root"
    published(declared(root))
    before = Path(shutil.copytree(public(root), root / "before"))
    log = root / "strace.log"
    command = ["strace", "-f", "-y", "-s", "0", "-e", f"trace={CALLS}", "-o", str(log)]
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: nothing can be recorded")
    done = subprocess.run(
        [*command, sys.executable, "-c", PUBLISH, str(root)],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")
    assert done.returncode == 0, done.stdout + done.stderr
    return before, public(root), recorded(log, public(root))


def disk_before(before: Path, after: Path) -> tuple[Disk, Mapping[int, bytes]]:
    """Return the disk as it was before, under the paths of the recording, and what it held."""
    disk = Disk(before)
    disk.top = str(after)
    known = {
        id(node): (before / path).read_bytes() for path, node in disk.files(lazy=False).items()
    }
    return disk, known


def state(disk: Disk, old: Mapping[int, bytes], after: Path, *, lazy: bool) -> dict[str, bytes]:
    """Return the files that readers could open, with what they hold."""

    def held(path: str, node: Node) -> bytes:
        if id(node) in old:
            return old[id(node)]
        if not node.is_synced:
            return LOST
        name = path.removeprefix(".").rsplit(".", 1)[0] if path.startswith(".") else path
        return (after / name).read_bytes() if (after / name).is_file() else LOST

    return {path: held(path, node) for path, node in disk.files(lazy=lazy).items()}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def trusted(files: Mapping[str, bytes], log: bytes, whole: Mapping[str, bytes]) -> bool:
    """Whether every file is there and whole that a reader of this log would open."""
    versions = [one for one in ("0.1.0", "0.1.1") if f'"version": "{one}"'.encode() in log]
    expected = {path: data for path, data in whole.items() if path.split("/")[0] in versions}
    return all(files.get(path) == data for path, data in expected.items())


def test_the_recording_has_every_kind_of_call(recording) -> None:
    _, _, calls = recording
    kinds = {call.kind for call in calls}
    assert kinds == {"create", "write", "sync", "rename", "mkdir"} | (kinds & {"unlink"})
    assert len([call for call in calls if call.kind == "rename"]) == 3
    assert len(calls) > 100


@pytest.mark.parametrize("lazy", [False, True], ids=["names kept", "names lost"])
def test_after_any_call_a_reader_sees_the_old_release_or_the_new_one(recording, lazy: bool) -> None:
    before, after, calls = recording
    old_log, new_log = (place.joinpath("versions.json").read_bytes() for place in (before, after))
    old_latest, new_latest = (
        place.joinpath("latest.json").read_bytes() for place in (before, after)
    )
    whole = tree(after)
    disk, known = disk_before(before, after)
    seen = []
    for call in [None, *calls]:
        disk.apply([call] if call else [])
        files = state(disk, known, after, lazy=lazy)
        assert files["versions.json"] in {old_log, new_log}, call
        assert files["latest.json"] in {old_latest, new_latest}, call
        assert trusted(files, files["versions.json"], whole), call
        if files["latest.json"] == new_latest:
            assert files["versions.json"] == new_log
        seen.append(files["versions.json"] == new_log)
    assert seen == sorted(seen) and seen[-1] and not seen[0]


def test_the_next_run_completes_or_cleans_up_after_a_loss(recording, tmp_path: Path) -> None:
    before, after, calls = recording
    renames = [at for at, call in enumerate(calls) if call.kind == "rename"]
    for number, at in enumerate([40, *renames, *(one + 1 for one in renames)]):
        for lazy in (False, True):
            disk, known = disk_before(before, after)
            disk.apply(calls[: at + 1])
            root = tmp_path / f"{number}-{lazy}"
            shutil.copytree(after.parents[1] / "schemas", root / "schemas")
            for path, data in state(disk, known, after, lazy=lazy).items():
                (public(root) / path).parent.mkdir(parents=True, exist_ok=True)
                (public(root) / path).write_bytes(data)
            published(load_study(root, STUDY), changed_value, erratum="corrected")
            assert verify(public(root)).is_sound, (at, lazy)


def test_a_commit_without_syncs_would_be_caught(recording) -> None:
    before, after, calls = recording
    whole = tree(after)
    disk, known = disk_before(before, after)
    disk.apply(call for call in calls if call.kind != "sync")
    files = state(disk, known, after, lazy=False)
    log = after.joinpath("versions.json").read_bytes()
    assert files["versions.json"] != log or not trusted(files, log, whole)


def test_a_commit_before_the_folder_is_synced_would_be_caught(recording) -> None:
    before, after, calls = recording
    whole = tree(after)
    disk, known = disk_before(before, after)
    first = next(at for at, call in enumerate(calls) if call.kind == "rename")
    disk.apply(call for at, call in enumerate(calls) if not (call.kind == "sync" and at < first))
    files = state(disk, known, after, lazy=True)
    assert not trusted(files, after.joinpath("versions.json").read_bytes(), whole)


def test_a_file_that_cannot_be_replaced_is_left_as_it_was(
    first: ReleaseOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = first.path.parent / "versions.json"
    whole = log.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="full"):
        replace_file(log, b"new")
    assert log.read_bytes() == whole
    assert not [path for path in log.parent.iterdir() if path.name.startswith(".")]
