"""A commune that ceased is followed to the one it went into, where the tables settle which."""

from pathlib import Path

from pipelines.validation.communes import passage

NAMES = {"01001": "Aulnaie", "01002": "Bocage", "01003": "Combe"}
# 01002 lives on in this frame and went into 01003 later: an older code that did may be of either.
MERGED = {
    "01009": "01001", "01008": "01099", "01002": "01003", "01007": "01003", "01001": "01001",
    "20001": "01001",
}  # fmt: skip


def test_an_old_code_is_followed_into_the_frame_and_nothing_is_guessed(tmp_path: Path) -> None:
    frame, table = tmp_path / "communes.csv", tmp_path / "passage.csv"
    frame.write_text("insee_code,name\n" + "".join(f"{c},{n}\n" for c, n in NAMES.items()), "utf-8")
    rows = "".join(f"{old},{new}\n" for old, new in MERGED.items())
    table.write_text("old_code,code_2026\n" + rows, "utf-8")
    assert passage(table, frame) == {"01009": "01001"}
