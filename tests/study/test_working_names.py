"""No breakdown has the name of a column that a room works with."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import PROJECT
from pipelines.study import DeclarationError, load_study
from pipelines.study.sound import _published_names
from pipelines.study.working_names import WORKING_NAMES
from tests.tiny_study import STUDY, write_tiny_study

ROOMS = ("estimation", "analysis", "disclosure", "contributors", "validation", "evidence")
A_NAME = re.compile(r"[a-z][a-z0-9_]*")
BY_KEYWORD = {"with_columns", "select", "agg", "filter", "rename"}
BY_TEXT = {"alias", "with_row_index", "col", "Series"}


def _of_sql(text: str) -> Iterator[str]:
    yield from re.findall(r"\bAS \"?([a-z][a-z0-9_]*)", text)


def _of_python(text: str) -> Iterator[str]:
    """Yield the names that the frames of a module give columns."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if called in BY_KEYWORD:
            yield from (one.arg for one in node.keywords if one.arg)
        if called in BY_TEXT:
            yield from _texts(node.args)
        if called == "DataFrame":
            for one in node.args:
                yield from _texts(one.keys) if isinstance(one, ast.Dict) else ()


def _texts(nodes: list[ast.expr] | list[ast.expr | None]) -> Iterator[str]:
    for one in nodes:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _working_names() -> set[str]:
    found = set[str]()
    for room in ROOMS:
        for path in (PROJECT / "pipelines" / room).rglob("*"):
            if path.suffix in (".py", ".sql"):
                read = _of_python if path.suffix == ".py" else _of_sql
                found |= set(read(path.read_text("utf-8")))
    # by_…: what SQL calls a breakdown itself, so that no name of one can meet another
    return {one for one in found if A_NAME.fullmatch(one) and not one.startswith("by_")}


def test_every_column_that_a_room_makes_is_a_name_that_no_breakdown_may_have() -> None:
    missing = _working_names() - _published_names() - WORKING_NAMES
    assert not missing, f"to be listed in pipelines/study/working_names.py: {sorted(missing)}"


def test_none_is_listed_that_no_room_works_with() -> None:
    assert WORKING_NAMES - _working_names() == set()


@pytest.mark.parametrize("name", ["stratum", "group", "item", "place", "total"])
def test_a_breakdown_of_such_a_name_is_refused_where_it_stands(tmp_path: Path, name: str) -> None:
    """`stratum` went through five steps and ended the sixth with a traceback of a library."""
    write_tiny_study(tmp_path)
    path = tmp_path / "schemas" / STUDY / "study.yaml"
    head, tail = path.read_text("utf-8").split("\nbreakdowns:\n")
    tail = tail.replace("\n  age:\n", f"\n  {name}:\n")
    path.write_text(f"{head}\nbreakdowns:\n{tail}", "utf-8")
    with pytest.raises(DeclarationError, match=rf"study\.yaml, line \d+: `{name}`"):
        load_study(tmp_path, STUDY)
