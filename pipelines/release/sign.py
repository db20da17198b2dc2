"""Signing a release with minisign.

Belongs here: MANIFEST.sha256.minisig. Not here: checking one (phare_data.verifier), the manifest
(manifest.py), making keys (the operator does, with `minisign -G`; docs/operate.md).
"""

import os
from pathlib import Path

import minisign

from phare_data.layout import MANIFEST, SIGNATURE
from pipelines.release.errors import SigningError

KEY, PASSWORD = "PHARE_MINISIGN_KEY", "PHARE_MINISIGN_PASSWORD"


def sign_manifest(folder: Path, about: str) -> bool:
    """Sign the manifest of `folder` when PHARE_MINISIGN_KEY names a secret key; tells whether.

    `about` becomes the trusted comment: it is signed too, and holds no clock. Raises SigningError
    when the key cannot be read or opened with PHARE_MINISIGN_PASSWORD.
    """
    path = os.environ.get(KEY)
    if not path:
        return False
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
