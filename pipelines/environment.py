"""Which code and which environment a run had: evidence, never part of hashed content.

Belongs here: the commit, the lock file's digest, library and platform versions. Not here: what is
done with them (release, lineage).
"""

import platform
import subprocess
from importlib.metadata import version

from pipelines import PROJECT
from pipelines.workspace import code_digest, sha256_of

LIBRARIES = ("dagster", "duckdb", "pandera", "polars", "pyarrow", "frictionless", "numpy", "scipy")


def run_environment() -> dict[str, str]:
    """Return the commit ('unknown' outside git, '-dirty' with changes), digests and versions."""
    lock = PROJECT / "requirements.lock"
    return {
        "commit": _commit(),
        "code_sha256": code_digest(),
        "lock_sha256": sha256_of(lock) if lock.exists() else "unknown",
        "python": platform.python_version(),
        "platform": platform.system(),
        **{name: version(name) for name in LIBRARIES},
    }


def _commit() -> str:
    head = _git("rev-parse", "HEAD")
    if head is None:
        return "unknown"
    changed = _git(
        "status", "--porcelain", "--untracked-files=no", "--", "pipelines", "clients", "schemas"
    )
    return f"{head}-dirty" if changed else head


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(PROJECT), *arguments],
            capture_output=True, text=True, check=True, timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
