"""Signatures: who published, besides what."""

import shutil
import subprocess
from pathlib import Path

import minisign
import pytest

from phare_data.errors import PublicKeyError
from phare_data.verifier import verify
from pipelines.errors import ExitCode
from pipelines.release import SigningError
from pipelines.study import Study
from tests.release.made_up_release import changed_value, published


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configure a new secret key and return its public half."""
    pair = minisign.KeyPair.generate()
    (tmp_path / "phare.key").write_bytes(bytes(pair.secret_key))
    (tmp_path / "phare.pub").write_bytes(bytes(pair.public_key))
    monkeypatch.setenv("PHARE_MINISIGN_KEY", str(tmp_path / "phare.key"))
    return tmp_path / "phare.pub"


def checks(path: Path, **asked: object) -> set[str]:
    return {one.check for one in verify(path, **asked).findings}


def test_a_signed_release_is_authenticated_by_its_key(study: Study, keys: Path) -> None:
    place = published(study).path
    found = verify(place, public_key=keys, require_signature=True)
    assert found.is_sound and found.is_authenticated
    assert "authenticated" in found.text("en") and "not authenticated" not in found.text("en")
    assert not verify(place).is_authenticated and verify(place).is_sound
    published(study, changed_value, erratum="x")
    assert verify(place.parent, public_key=keys, require_signature=True).is_authenticated


def test_one_release_without_signature_leaves_a_study_unauthenticated(
    study: Study, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unsigned:
        unsigned.delenv("PHARE_MINISIGN_KEY")
        first = published(study).path
    second = published(study, changed_value, erratum="x").path
    assert verify(second, public_key=keys).is_authenticated
    found = verify(second.parent, public_key=keys)
    assert found.is_sound and not found.is_authenticated
    signature = second / "MANIFEST.sha256.minisig"
    first.chmod(0o755)
    shutil.copy(signature, first)
    assert "signature-digest" in checks(first) & checks(first.parent)
    second.chmod(0o755)
    signature.unlink()
    assert "signature-digest" in checks(second)


def test_another_key_or_a_changed_signature_is_found(
    study: Study, keys: Path, tmp_path: Path
) -> None:
    place = published(study).path
    other = tmp_path / "other.pub"
    other.write_bytes(bytes(minisign.KeyPair.generate().public_key))
    assert checks(place, public_key=other) == {"signature-wrong"}
    signature = place / "MANIFEST.sha256.minisig"
    whole = signature.read_bytes()
    signature.chmod(0o644)
    for at in range(0, len(whole), 17):
        signature.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert "signature-digest" in checks(place)
    signature.write_bytes(whole)
    assert not checks(place, public_key=keys)


@pytest.mark.skipif(shutil.which("minisign") is None, reason="the minisign program is not here")
def test_without_the_library_the_minisign_program_checks(
    study: Study, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = published(study).path
    monkeypatch.setattr("phare_data.verifier.signature.find_spec", lambda _: None)
    assert verify(place, public_key=keys, require_signature=True).is_authenticated
    other = tmp_path / "other.pub"
    other.write_bytes(bytes(minisign.KeyPair.generate().public_key))
    assert checks(place, public_key=other) == {"signature-wrong"}


def test_a_signature_that_cannot_be_checked_is_said_and_authenticates_nothing(
    study: Study, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = published(study).path
    assert [one.check for one in verify(place).not_run] == ["signature-no-key"]
    monkeypatch.setattr("phare_data.verifier.signature.find_spec", lambda _: None)
    monkeypatch.setattr("phare_data.verifier.signature.shutil.which", lambda _: None)
    found = verify(place, public_key=keys)
    assert found.is_sound and not found.is_authenticated
    assert [one.check for one in found.not_run] == ["signature-no-program"]
    assert checks(place, public_key=keys, require_signature=True) == {"signature-unchecked"}


def test_a_manifest_signed_for_other_files_is_found(
    study: Study, keys: Path, tmp_path: Path
) -> None:
    first = published(study).path
    second = published(study, changed_value, erratum="x").path
    copy = Path(shutil.copytree(second, tmp_path / "copy"))
    (copy / "MANIFEST.sha256.minisig").unlink()
    shutil.copy(first / "MANIFEST.sha256.minisig", copy)
    assert checks(copy, public_key=keys) == {"signature-wrong"}


def test_an_unsigned_release_fails_where_a_signature_is_required(study: Study) -> None:
    place = published(study).path
    assert checks(place, require_signature=True) == {"signature-missing"}
    assert checks(place) == set()


def test_the_signature_holds_no_clock(study: Study, keys: Path) -> None:
    text = (published(study).path / "MANIFEST.sha256.minisig").read_text()
    assert "trusted comment: phare petite-enquete 0.1.0" in text and "timestamp" not in text


def test_a_key_that_cannot_be_used_stops_before_anything_is_public(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.key").write_text("no key")
    monkeypatch.setenv("PHARE_MINISIGN_KEY", str(tmp_path / "bad.key"))
    with pytest.raises(SigningError) as caught:
        published(study)
    assert caught.value.exit_code == ExitCode.USAGE
    assert not list((study.root / "published" / study.id).iterdir())
    monkeypatch.delenv("PHARE_MINISIGN_KEY")
    with pytest.raises(PublicKeyError):
        verify(
            published(study).path.parent, public_key=tmp_path / "none.pub", require_signature=True
        )


@pytest.mark.skipif(shutil.which("minisign") is None, reason="the minisign program is not here")
def test_the_minisign_program_accepts_the_signature(study: Study, keys: Path) -> None:
    place = published(study).path
    command = ["minisign", "-V", "-p", str(keys), "-m", "MANIFEST.sha256"]
    assert subprocess.run(command, cwd=place, check=False).returncode == 0
