"""What verifying finds: named faults, checks that did not run, and the verdict of both.

Belongs here: the result objects. Not here: looking for faults (published.py and its siblings).
"""

from dataclasses import dataclass
from typing import Any

from phare_data.texts import LANGUAGES, Lang, say


@dataclass(frozen=True)
class Finding:
    """One fault: the check that found it, the file it is in, what was found there."""

    check: str
    file: str
    found: str = ""

    def text(self, lang: Lang | None = None) -> str:
        """Return the fault in words."""
        return say(f"verify-{self.check}", lang, file=self.file, found=self.found)


@dataclass(frozen=True)
class NotRun:
    """A check that did not run, and so proves nothing; `about` is what it would have looked at."""

    check: str
    about: str = ""

    def text(self, lang: Lang | None = None) -> str:
        """Return the check and why it did not run, in words."""
        return say(f"not-run-{self.check}", lang, about=self.about)


@dataclass(frozen=True)
class Verification:
    """The outcome of verifying one release or one study's folder.

    `place` is the folder or address. `checks` counts the single checks that ran; none at all is no
    proof, so it is not sound. `not_run` names those that could not run here. `is_authenticated`
    says that a signature was checked: without, a sound release is intact, but who made it is not
    proven. `status` is what the log says of the release now, where a log lies beside it.
    """

    place: str
    findings: tuple[Finding, ...]
    checks: int
    not_run: tuple[NotRun, ...] = ()
    is_authenticated: bool = False
    version: str | None = None
    status: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether every check passed, and some ran."""
        return not self.findings and self.checks > 0

    def as_json(self) -> dict[str, Any]:
        """Return the outcome for programs."""
        return {
            "path": self.place,
            "version": self.version,
            "status": self.status,
            "sound": self.is_sound,
            "authenticated": self.is_authenticated,
            "checks": self.checks,
            "findings": [_told(one) for one in self.findings],
            "not_run": [_told(one) for one in self.not_run],
        }

    def text(self, lang: Lang | None = None) -> str:
        """Return the outcome in words: the verdict, a line a fault, a line a check left out."""
        if self.is_sound:
            key = "verify-sound-signed" if self.is_authenticated else "verify-sound"
        else:
            key = "verify-unsound"
        verdict = say(key, lang, path=self.place, count=len(self.findings), checks=self.checks)
        lines = [verdict, *(f"  - {one.text(lang)}" for one in self.findings)]
        if self.status in {"withdrawn", "purged"}:
            lines.append("  ! " + say(f"verify-status-{self.status}", lang))
        return "\n".join([*lines, *(f"  ~ {one.text(lang)}" for one in self.not_run)])


def _told(one: Finding | NotRun) -> dict[str, Any]:
    return {**vars(one), "text": {lang: one.text(lang) for lang in LANGUAGES}}
