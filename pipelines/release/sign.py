"""Signing a release with minisign, and checking a signature.

Belongs here: MANIFEST.sha256.minisig. Not here: the manifest (manifest.py), making keys (the
operator does, with `minisign -G`; docs/operate.md).
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from pipelines.release.errors import SigningError
from pipelines.release.manifest import MANIFEST, SIGNATURE

KEY, PASSWORD = "PHARE_MINISIGN_KEY", "PHARE_MINISIGN_PASSWORD"


def sign_manifest(folder: Path, about: str) -> bool:
    """Sign the manifest of `folder` when PHARE_MINISIGN_KEY names a secret key; tells whether.

    `about` becomes the trusted comment: it is signed too, and holds no clock. Raises SigningError
    when the key cannot be read or opened with PHARE_MINISIGN_PASSWORD.
    """
    path = os.environ.get(KEY)
    if not path:
        return False
    minisign = _library()
    try:
        key = minisign.SecretKey.from_file(path)
        password = os.environ.get(PASSWORD)
        if password is not None:
            key.decrypt(password)
        signature = key.sign((folder / MANIFEST).read_bytes(), trusted_comment=about)
    except (OSError, ValueError, minisign.Error) as error:
        raise SigningError("release-signing-key", file=path, found=type(error).__name__) from None
    (folder / SIGNATURE).write_bytes(bytes(signature))
    return True


def read_public_key(path: Path) -> Any:
    """Return the minisign public key of a file; raises SigningError when it is none."""
    minisign = _library()
    try:
        return minisign.PublicKey.from_file(path)
    except (OSError, ValueError, minisign.Error) as error:
        raise SigningError("release-signing-key", file=path, found=type(error).__name__) from None


def is_signed_by(folder: Path, key: Any) -> bool:
    """Whether the manifest of `folder` is signed by `key`, a public key that was read."""
    minisign = _library()
    try:
        signature = minisign.Signature.from_file(folder / SIGNATURE)
        key.verify((folder / MANIFEST).read_bytes(), signature)
    except (OSError, ValueError, minisign.Error):
        return False
    return True


def _library() -> Any:
    """Return py-minisign: needed only where a key is configured or a signature is checked."""
    try:
        return import_module("minisign")
    except ImportError:
        raise SigningError("release-signing-library") from None
