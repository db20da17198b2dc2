"""The thirtieth release costs what the second did: earlier ones are not read or verified again.

Counted in files opened, not in seconds: a time would depend on the machine.
"""

import shutil
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from phare_data.verifier import verify
from pipelines.release import ReleaseOutcome, push
from pipelines.study import Study
from tests.release.made_up_release import Change, Row, published
from tests.tiny_study import STUDY

OPENED: list[str] = []
LISTENING = [False]


def _listen(name: str, arguments: tuple) -> None:
    if LISTENING[0] and name in {"open", "os.listdir", "os.scandir"}:
        OPENED.append(str(arguments[0]))


sys.addaudithook(_listen)


def opened_by(act: Callable[[], object]) -> list[str]:
    OPENED.clear()
    LISTENING[0] = True
    try:
        act()
    finally:
        LISTENING[0] = False
    return list(OPENED)


def correction(number: int) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        shown = [row for row in rows if row["answering"] is not None]
        shown[0]["value"] += Decimal("0.001") * number
        return rows

    return change


def release(study: Study, number: int) -> ReleaseOutcome:
    return published(study, correction(number), erratum="corrected")


def of_versions(paths: list[str]) -> set[str]:
    """Return the versions whose folders were looked into."""
    marker = f"/published/{STUDY}/"
    inside = (path.split(marker)[1] for path in paths if marker in path)
    return {path.split("/")[0] for path in inside if "/" in path and path[0].isdigit()}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_publishing_and_pushing_look_at_the_newest_release_only(
    study: Study, tmp_path: Path
) -> None:
    for number in range(29):
        release(study, number)
    publishing = opened_by(lambda: release(study, 29))
    assert of_versions(publishing) <= {"0.1.28", "0.1.29"}, of_versions(publishing)

    mirror = tmp_path / "mirror"
    push(study.root, STUDY, str(mirror), run_id="r")
    release(study, 30)
    pushing = opened_by(lambda: push(study.root, STUDY, str(mirror), run_id="r"))
    data = {path for path in pushing if "/data/" in path or path.endswith("README.md")}
    assert of_versions(sorted(data)) == {"0.1.30"}
    assert (mirror / STUDY / "0.1.30" / "MANIFEST.sha256").is_file()
    again = opened_by(lambda: push(study.root, STUDY, str(mirror), run_id="r"))
    assert not any("/data/" in path for path in again)


def test_a_reader_of_one_release_reads_the_log_and_that_release(study: Study) -> None:
    for number in range(4):
        place = release(study, number).path
    looked = of_versions(opened_by(lambda: verify(place)))
    assert looked == {"0.1.3"}
    shutil.rmtree(place.parent / "0.1.1")
    assert verify(place).is_sound
