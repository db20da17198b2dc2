"""The row map of a wave: which line of its extract counts where, committed to by a keyed digest.

Belongs here: the salt of a delivery, the digest that a release states. Not here: the respondents
behind one cell (cell.py), publishing the digest (publication.py).

The map itself is the wave's weighted responses, a private artefact: nothing more is kept. Its
digest is keyed, since the lines of a few hundred respondents could be found by trying; the key
lies beside the extract, is git-ignored with it, and disappears with it.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.blocks import LINE, ahead, blocks_of
from pipelines.errors import ExitCode, PhareError
from pipelines.intake import Delivery
from pipelines.steps import wave_folder
from pipelines.study import Study
from pipelines.workspace import code_digest, held, sha256_of, write_private

SALT = "row-map.salt"
SALT_BYTES = 32
LOCK = ".row-map.lock"
RECORD = "row_map.json"  # private: the digest, and what it was made of
BLOCK_ROWS = 100_000
NULL = b"\x00null"  # no text of an extract holds a NUL


class RowMapError(PhareError):
    """The salt of a delivery is missing, or is none."""

    exit_code = ExitCode.VERIFICATION


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


def row_maps(study: Study, delivered: Mapping[str, Delivery]) -> dict[str, str]:
    """Return, per wave, the keyed digest of which line of the extract counted where.

    `delivered` gives the delivery that each wave was made of, which has the key: a newer one may
    have come since. What was found is remembered beside the wave's artefacts. A collection has
    none: each entry names its own line.
    """
    if study.collected:
        return {}
    return {
        wave: remembered_digest(study, delivery, wave_folder(study, wave))
        for wave, delivery in delivered.items()
    }


def remembered_digest(study: Study, delivery: Delivery, folder: Path) -> str:
    """Return the digest of the row map of the wave whose private artefacts are in `folder`.

    It is computed again when the rows, the salt (drawn where there is none) or the code changed:
    a release of many waves costs the new ones. Of two processes one draws the salt, for both.
    Raises RowMapError for a bad salt.
    """
    with held(folder / LOCK):
        _draw_missing(delivery)
        return _remembered(study, folder, read_salt(delivery))


def _draw_missing(delivery: Delivery) -> None:
    """Write a salt beside a delivered file that has none."""
    path = delivery.folder / SALT
    if not path.exists():
        write_private(path, secrets.token_hex(SALT_BYTES) + "\n")
        if not delivery.sidecar.personal_data:
            path.chmod(0o644)


def _remembered(study: Study, folder: Path, salt: bytes) -> str:
    weighted = folder / "weighted.parquet"
    made_of = [sha256_of(weighted), hashlib.sha256(salt).hexdigest(), code_digest()]
    record = folder / RECORD
    known = json.loads(record.read_text("utf-8")) if record.exists() else {}
    if known.get("made_of") != made_of:
        known = {"made_of": made_of, "digest": row_map_digest(study, weighted, salt)}
        write_private(record, known)
    return str(known["digest"])


def row_map_digest(study: Study, weighted: Path, salt: bytes) -> str:
    """Return HMAC-SHA-256 of the row map, keyed with `salt`, as hexadecimal.

    `weighted` is in line order. The message is made of blocks of BLOCK_ROWS rows; of each block,
    the lines, then every column: its distinct texts, sorted, and which of them each row holds. It
    is the same for the same rows, whatever library wrote them and however it cut or encoded them,
    and is never written anywhere.
    """
    columns = dict.fromkeys(
        ["weight", "stratum", *(f"by_{name}" for name in study.breakdowns)]
        + [column for item in study.items for column in item.columns]
    )
    digest = hmac.new(salt, digestmod=hashlib.sha256)
    with (
        pq.ParquetFile(weighted, read_dictionary=list(columns)) as file,
        ahead(
            blocks_of(file.iter_batches(BLOCK_ROWS, columns=[LINE, *columns]), BLOCK_ROWS)
        ) as blocks,
    ):
        for block in blocks:
            digest.update(np.from_dlpack(block[LINE]).astype("<i8").tobytes())
            for name in columns:
                _update(digest, name, block[name])
    return digest.hexdigest()


def _update(digest: hmac.HMAC, name: str, cells: pa.Array) -> None:
    """Add one column of a block: each text behind its length, then the place of each row's text."""
    coded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode("encode")
    codes = np.from_dlpack(coded.indices.fill_null(len(coded.dictionary)))
    texts = [b"" if one is None else str(one).encode() for one in coded.dictionary.to_pylist()]
    texts.append(NULL)
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    ordered = sorted({texts[place] for place in used.tolist()})
    places = {text: place for place, text in enumerate(ordered)}
    width = "<u1" if len(ordered) <= 256 else "<u4"
    moved = np.array([places.get(text, 0) for text in texts], width)
    digest.update(name.encode() + len(ordered).to_bytes(4, "little"))
    for text in ordered:
        digest.update(len(text).to_bytes(4, "little") + text)
    digest.update(moved[codes].tobytes())
