"""The table of docs/releases.md names tests that exist."""

import re
from pathlib import Path

HERE = Path(__file__).parent
MANUAL = HERE.parents[1] / "docs" / "releases.md"


def test_each_test_that_the_manual_names_is_there_and_each_here_is_named() -> None:
    text = MANUAL.read_text("utf-8")
    named = set(re.findall(r"`((?:\.\./pipeline/)?test_\w+\.py)`", text))
    assert len(named) > 10
    for name in named:
        assert (HERE / name).resolve().is_file(), name
    about_promises = {"test_crash.py", "test_power_loss.py", "test_verify.py", "test_standards.py"}
    assert about_promises <= named
