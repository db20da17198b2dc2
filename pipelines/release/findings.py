"""What verifying finds: named faults, and the verdict that a person or a program reads.

Belongs here: the result objects. Not here: looking for faults (verify.py and its siblings).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.texts import Lang, say


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
class Verification:
    """The outcome of verifying one release or one study's folder.

    `checks` counts the single checks that ran; none at all is no proof, so it is not sound.
    `is_authenticated` says that a signature was checked: without, a sound release is intact,
    but who made it is not proven.
    """

    path: Path
    findings: tuple[Finding, ...]
    checks: int
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
            "path": str(self.path),
            "version": self.version,
            "status": self.status,
            "sound": self.is_sound,
            "authenticated": self.is_authenticated,
            "checks": self.checks,
            "findings": [
                {**vars(one), "text": {"fr": one.text("fr"), "en": one.text("en")}}
                for one in self.findings
            ],
        }

    def text(self, lang: Lang | None = None) -> str:
        """Return the outcome in words: the verdict, then a line a fault."""
        if self.is_sound:
            key = "verify-sound-signed" if self.is_authenticated else "verify-sound"
        else:
            key = "verify-unsound"
        verdict = say(key, lang, path=self.path, count=len(self.findings), checks=self.checks)
        return "\n".join([verdict, *(f"  - {one.text(lang)}" for one in self.findings)])
