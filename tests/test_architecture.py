"""House rules that a script can keep: each failure says what to write instead."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
ROOMS = PROJECT / "pipelines"
THIS = Path(__file__)
PYTHON = ("pipelines", "clients/python/src", "tests", "tools", "benchmarks")
MODULES = sorted(ROOMS.rglob("*.py"))
QUERIES = sorted(ROOMS.rglob("*.sql"))
# Each may import those before it, never those after: one direction, as data flow.
ORDER = (
    "texts", "numbers", "errors", "process", "beside", "profile", "sql", "study", "workspace",
    "environment", "blocks", "alerts", "refusals", "intake", "validation", "estimation", "analysis",
    "disclosure", "release", "catalogue", "scaffold", "steps", "evidence", "quality",
    "contributors", "ahead", "publication", "account", "assets", "checks", "executors",
    "automation", "definitions", "run", "state", "retention", "cli",
)  # fmt: skip
DAGSTER_MODULES = {"assets", "checks", "automation", "definitions", "run", "executors"}
DECLARATION_FREE_OF = ("dagster", "pandas", "frictionless", "polars", "duckdb", "pyarrow")
MOST_LINES = 400
# What a tool or a run is told to pass over, and the same with its reason.
EXCUSE = re.compile(r"# (noqa|type: ignore)\b|\b(importorskip|skip|skipif|xfail)\(")
REASON = re.compile(
    r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)* - \w|# type: ignore\[[\w-]+\] +# \w"
    r"|\b(importorskip|skipif|xfail)\(.*\breason=f?\"\w|\bskip\(f?\"\w"
)
QUERY = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|CREATE\s+(OR\s+REPLACE\s+)?(TEMP\s+)?(TABLE|VIEW)"
    r"|COPY\s.+\sTO|DELETE\s+FROM|UPDATE\s.+\sSET|JOIN\s.+\sON|GROUP\s+BY|ORDER\s+BY)\b",
    re.DOTALL,
)


def place(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(ROOMS).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full name of every module, or name of a module, that `path` imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)}: write imports in full, from pipelines"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    names = (name.split(".") for name in imports_of(path))
    found = {parts[1] for parts in names if parts[0] == "pipelines" and len(parts) > 1}
    return found & set(ORDER) - {room_of(path)}


def texts_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string but docstrings; of an f-string, its written parts."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    joined: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            joined |= {id(part) for part in parts}
            yield node.lineno, " x ".join(str(part.value) for part in parts)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings | joined
        ):
            yield node.lineno, node.value


def test_there_is_something_to_judge() -> None:
    assert len(MODULES) > 60
    assert len(QUERIES) > 10
    assert {room_of(path) for path in MODULES} - {"__init__"} <= set(ORDER), (
        "name the room in ORDER"
    )


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_imports_go_one_way(path: Path) -> None:
    if path == ROOMS / "__init__.py":
        assert rooms_imported(path) == set()
        return
    mine = ORDER.index(room_of(path))
    upward = {name for name in rooms_imported(path) if ORDER.index(name) > mine}
    assert not upward, f"{place(path)} imports {upward}: move what it needs to an earlier room"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_only_the_dagster_modules_import_dagster(path: Path) -> None:
    imported = {name.split(".")[0] for name in imports_of(path)}
    if "dagster" in imported:
        assert room_of(path) in DAGSTER_MODULES, f"{place(path)}: Dagster belongs in assets.py …"


def test_each_dagster_module_does_import_dagster() -> None:
    for name in DAGSTER_MODULES:
        imported = {one.split(".")[0] for one in imports_of(ROOMS / f"{name}.py")}
        assert "dagster" in imported, f"{name}.py no longer needs to be excused"


@pytest.mark.parametrize("module", ["pipelines.study", "pipelines.study.tables", "pipelines.texts"])
def test_a_declaration_is_loaded_without_heavy_libraries(module: str) -> None:
    code = (
        f"import sys, {module}; "
        f"print([name for name in {DECLARATION_FREE_OF!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_a_module_opens_with_what_it_is_for_and_is_not_too_long(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{place(path)}: say what belongs here and what not"
    lines = text.count("\n")
    assert lines <= MOST_LINES, f"{place(path)} has {lines} lines: split it by what it is for"


def unreasoned(text: str) -> list[str]:
    """Return the lines that excuse something without a reason beside it."""
    return [
        line.strip() for line in text.splitlines()
        if EXCUSE.search(line) and not REASON.search(line)
    ]  # fmt: skip


def test_what_is_excused_says_why_on_its_line() -> None:
    paths = [path for room in PYTHON for path in (PROJECT / room).rglob("*.py")]
    assert len(paths) > 300
    found = {place(one): unreasoned(one.read_text("utf-8")) for one in paths if one != THIS}
    assert {name: lines for name, lines in found.items() if lines} == {}, "say why"


def test_an_excuse_without_a_reason_is_found() -> None:
    bare = ["x = 1  # noqa: S310", "y()  # type: ignore[arg-type]", "@pytest.mark.skipif(old)"]
    told = ["x = 1  # noqa: S310 - ours", "y()  # type: ignore[arg-type] # pairs", 'skip("no git")']
    assert unreasoned("\n".join([*bare, *told])) == bare


def queries_in(path: Path) -> list[tuple[int, str]]:
    texts = texts_of(ast.parse(path.read_text("utf-8")))
    return [(line, text.strip()[:60]) for line, text in texts if QUERY.search(text)]


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_query_is_written_in_python(path: Path) -> None:
    found = queries_in(path)
    assert not found, f"{place(path)}: put the query in a .sql file beside it: {found}"


@pytest.mark.parametrize("path", QUERIES, ids=place)
def test_a_query_opens_with_its_contract(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("-- "), f"{place(path)}: open with what it returns"
    for words in ("reads", "gives|makes"):
        assert re.search(rf"^-- ({words})\b", text, re.MULTILINE), (
            f"{place(path)}: say what it {words}"
        )


@pytest.mark.parametrize("path", QUERIES, ids=place)
def test_a_query_is_read_by_a_module_of_its_room(path: Path) -> None:
    named = re.compile(rf"[\"'/]{path.stem}(\.sql)?[\"']")
    room = (ROOMS / room_of(path)).rglob("*.py")
    assert any(named.search(one.read_text("utf-8")) for one in room), (
        f"{place(path)}: nothing runs it"
    )


def test_the_search_for_queries_finds_one_that_is_planted() -> None:
    planted = ast.parse('x = f"SELECT {a} FROM {b}"\ny = "GROUP BY z"\n"""SELECT a FROM b"""')
    found = [line for line, text in texts_of(planted) if QUERY.search(text)]
    assert found == [1, 2, 3]


def test_the_search_for_imports_finds_one_that_is_planted(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def f():\n    from pipelines import cli\n    import dagster.x\n", "utf-8")
    assert set(imports_of(planted)) == {"pipelines.cli", "dagster.x"}


def test_a_run_in_which_nothing_changes_imports_no_heavy_library() -> None:
    code = "import sys, pipelines.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {"dagster", "pandera", "pandas", "frictionless"} & set(done.stdout.split())
    assert loaded == {"dagster"}, "import it where it is used: every run waits for it"


def test_a_wheel_holds_every_file_of_a_room() -> None:
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    patterns = ["*.py", "*.po", *told["package-data"]["*"]]  # .po: the source of what is read, .mo
    listed = subprocess.run(
        ["git", "ls-files", "pipelines"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert listed
    left = [one for one in listed if not any(Path(one).match(pattern) for pattern in patterns)]
    assert not left, f"{left}: say them under tool.setuptools.package-data"
