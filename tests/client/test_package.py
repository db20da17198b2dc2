"""The client by itself: small, quick, alone with pyarrow, and in two languages."""

import ast
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pyarrow
import pytest

from phare_data.errors import ExitCode as ClientExitCode
from phare_data.texts import LANGUAGES, messages
from pipelines.errors import ExitCode
from tests.tiny_study import STUDY

PROJECT = Path(__file__).parents[2]
CLIENT = PROJECT / "clients" / "python"
MODULES = sorted((CLIENT / "src").rglob("*.py"))
ALLOWED = {"pyarrow", "phare_data"} | set(sys.stdlib_module_names)
HEAVY = (
    "pyarrow",
    "urllib.request",
    "ssl",
    "polars",
    "pandas",
    "jsonschema_rs",
    "minisign",
    "dagster",
)


@pytest.mark.parametrize("path", MODULES, ids=lambda one: one.name)
def test_a_module_imports_pyarrow_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = [one.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for one in node.names]  # fmt: skip
    names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= ALLOWED
    assert ast.get_docstring(tree) and path.read_text("utf-8").count("\n") < 400


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, phare_data; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_message_has_both_languages_and_the_same_blanks() -> None:
    for key, texts in messages().items():
        assert set(texts) == set(LANGUAGES), key
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in texts.values()}) == 1, key


def test_every_check_and_every_error_has_its_words() -> None:
    text = "\n".join(path.read_text("utf-8") for path in MODULES)
    checks = set(re.findall(r'Finding\(\s*"([a-z-]+)"', text))
    checks |= set(re.findall(r'yield "(table-[a-z]+)"', text))
    assert len(checks) > 25
    for check in checks:
        assert f"verify-{check}" in messages()
    for check in set(re.findall(r'NotRun\("([a-z-]+)"', text)):
        assert f"not-run-{check}" in messages()
    errors = set(re.findall(r'Error\(\s*"([a-z-]+)"', text)) - {"header"}  # a plain ValueError
    assert errors and errors <= set(messages())


def test_no_message_is_left_over() -> None:
    text = "\n".join(path.read_text("utf-8") for path in MODULES)
    built = re.compile(r"^(verify|not-run|damaged|status)-")
    for key in messages():
        short = built.sub("", key)
        is_built = built.match(key) and (
            f'"{short}"' in text or short.startswith(("status-", "sound", "unsound"))
        )
        is_named = f'"{key}"' in text or f"say('{key}')" in text
        assert is_named or is_built, key


def test_exit_codes_are_those_of_the_pipeline() -> None:
    for code in ClientExitCode:
        assert ExitCode[code.name] == code


@pytest.mark.slow
def test_the_wheel_works_alone_with_pyarrow(tree: Path, tmp_path: Path) -> None:
    """Install the built wheel into an empty environment that has pyarrow, and no network use."""
    source = Path(
        shutil.copytree(
            CLIENT, tmp_path / "client", ignore=shutil.ignore_patterns("*egg-info", "build")
        )
    )
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
               "--no-build-isolation", "-w", str(tmp_path), str(source)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("phare_data-*.whl")
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    installed = Path(pyarrow.__file__).parent
    (packages / "pyarrow").symlink_to(installed)
    for info in installed.parent.glob("pyarrow-*.dist-info"):
        (packages / info.name).symlink_to(info)
    code = (
        "import phare_data, sys;"
        f"t = phare_data.load({STUDY!r}, source={str(tree)!r}, labels='fr');"
        "assert t.num_rows and 'answer_label' in t.column_names;"
        "assert not {'numpy', 'dagster', 'pipelines', 'duckdb'} & set(sys.modules)"
    )
    loaded = subprocess.run(
        [python, "-W", "ignore", "-c", code],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert loaded.returncode == 0, loaded.stderr
    verdict = subprocess.run(
        [tmp_path / "venv" / "bin" / "phare-data", "verify", tree / STUDY, "--lang", "en"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert "intact" in verdict.stdout and "Not run: the descriptor against" in verdict.stdout
