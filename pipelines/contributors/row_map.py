"""The row map of a wave: which line of its extract counts where, committed to by a keyed digest.

Belongs here: the salt of a delivery, the digest that a release states. Not here: the respondents
behind one cell (cell.py), publishing the digest (publication.py).

The map itself is the wave's weighted responses, a private artefact: nothing more is kept. Its
digest is keyed, since the lines of a few hundred respondents could be found by trying; the key
lies beside the extract, is git-ignored with it, and disappears with it.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from pipelines import sql
from pipelines.errors import ExitCode, PhareError
from pipelines.intake import Delivery
from pipelines.study import Study

SALT = "row-map.salt"
SALT_BYTES = 32
BLOCK = 1 << 20


class RowMapError(PhareError):
    """The salt of a delivery is missing, or is none."""

    exit_code = ExitCode.VERIFICATION


def salt_of(delivery: Delivery) -> bytes:
    """Return the salt of a delivery, drawn once and kept beside its file.

    Raises RowMapError when what lies there is no salt.
    """
    path = delivery.folder / SALT
    if not path.exists():
        _draw(path, private=delivery.sidecar.personal_data)
    return read_salt(delivery)


def read_salt(delivery: Delivery) -> bytes:
    """Return the salt that lies beside a delivered file; raises RowMapError without one."""
    path = delivery.folder / SALT
    try:
        salt = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError):
        salt = b""
    if len(salt) != SALT_BYTES:
        raise RowMapError("row-map-salt", file=path)
    return salt


def row_map_digest(study: Study, weighted: Path, salt: bytes) -> str:
    """Return HMAC-SHA-256 of the row map, keyed with `salt`, as hexadecimal.

    The message is a canonical CSV (row_map.sql): the same for the same rows, whatever library
    wrote `weighted`. It is written aside for as long as it is read.
    """
    columns = dict.fromkeys(
        [f"by_{name}" for name in study.breakdowns]
        + [column for item in study.items for column in item.columns]
    )
    digest = hmac.new(salt, digestmod=hashlib.sha256)
    with tempfile.TemporaryDirectory(prefix=".row-map-", dir=weighted.parent) as aside:
        path = Path(aside) / "row_map.csv"
        query = sql.read(
            "contributors/row_map.sql",
            columns=sql.names(columns), weighted=sql.literal(str(weighted)),
            path=sql.literal(str(path)),
        )  # fmt: skip
        with sql.connect() as connection:
            connection.execute(query)
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _draw(path: Path, *, private: bool) -> None:
    """Write a new salt whole; of two processes that draw at once, one wins for both."""
    aside = path.with_name(f".{SALT}.{os.getpid()}")
    try:
        aside.write_text(secrets.token_hex(SALT_BYTES) + "\n", "ascii")
        aside.chmod(0o600 if private else 0o644)
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink(missing_ok=True)
