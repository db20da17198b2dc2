"""Whether a manifest is signed by the holder of a minisign key.

Belongs here: checking with py-minisign or, where that is not installed, with the minisign program.
Not here: making signatures (the pipeline does).
"""

import base64
import binascii
import shutil
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from phare_data.errors import PublicKeyError
from phare_data.layout import MANIFEST, SIGNATURE

KEY_BYTES = 42  # of a public key: 2 name the algorithm, 8 the key, 32 are it


def can_check_signatures() -> bool:
    """Whether py-minisign or the minisign program is here."""
    return find_spec("minisign") is not None or shutil.which("minisign") is not None


def check_public_key(path: Path) -> None:
    """Raise PublicKeyError unless the file holds a minisign public key."""
    try:
        lines = path.read_text("utf-8").strip().splitlines()
        key = base64.b64decode(lines[-1], validate=True)
    except (OSError, ValueError, IndexError, binascii.Error) as error:
        raise PublicKeyError("public-key", file=path, found=type(error).__name__) from None
    if len(key) != KEY_BYTES or not key.startswith(b"Ed"):
        raise PublicKeyError("public-key", file=path, found=f"{len(key)} bytes")


def is_signed_by(folder: Path, public_key: Path) -> bool:
    """Whether the manifest of `folder` is signed by the key of a file that was checked."""
    if find_spec("minisign") is not None:
        return _library_accepts(folder, public_key)
    command = ["minisign", "-V", "-q", "-p", str(public_key.resolve()), "-m", MANIFEST]
    done = subprocess.run([*command, "-x", SIGNATURE], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def _library_accepts(folder: Path, public_key: Path) -> bool:
    minisign = import_module("minisign")
    try:
        key = minisign.PublicKey.from_file(public_key)
        signature = minisign.Signature.from_file(folder / SIGNATURE)
        key.verify((folder / MANIFEST).read_bytes(), signature)
    except (OSError, ValueError, minisign.Error):
        return False
    return True
