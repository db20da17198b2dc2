"""What can be wrong with a delivery or with a file as a file.

Belongs here: the errors of this room. Not here: their words (messages.yaml), breaches of single
cells (pipelines.validation).
"""

from pathlib import Path
from typing import Self

from pipelines.errors import ExitCode, PhareError


class DeliveryError(PhareError):
    """A delivery cannot be used: no sidecar, no file, or none at all."""

    exit_code = ExitCode.DATA_REFUSED


class DeliveryChangedError(DeliveryError):
    """A delivered file is no longer the one that its sidecar describes."""

    exit_code = ExitCode.DATA_REFUSED


class ReceiveError(PhareError):
    """A file cannot be received under that name."""

    exit_code = ExitCode.USAGE


class ExtractError(PhareError):
    """An extract cannot be read as declared; `line` is the first place that shows it.

    `rule` is the key of the message: the name the report groups refusals by.
    """

    exit_code = ExitCode.DATA_REFUSED

    @classmethod
    def at(cls, rule: str, extract: Path, line: int | str, **values: object) -> Self:
        """Refuse `extract` for what stands at `line`."""
        return cls(rule, file=extract.name, line=line, **values)

    @classmethod
    def whole(cls, rule: str, extract: Path, **values: object) -> Self:
        """Refuse `extract` for what concerns all of it."""
        return cls(rule, file=extract.name, **values)

    @property
    def rule(self) -> str:
        """The rule that was broken."""
        return self.key
