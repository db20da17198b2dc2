"""Version numbers of data: semver after the Data Package Version recipe.

Belongs here: numbers, bumps, and which bump a difference asks for. Not here: finding differences
(diff.py), why a release is refused (publish.py).
"""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from phare_data.layout import is_version
from pipelines.release.errors import VersionError

Bump = Literal["patch", "minor", "major"]
BUMPS: tuple[Bump, ...] = get_args(Bump)
FIRST: Literal["first"] = "first"


@dataclass(frozen=True, order=True)
class Version:
    """A version number; 0.y.z is a trial series, here of synthetic data."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number that `text` writes; raises VersionError when it writes none."""
        if not is_version(text):
            raise VersionError("release-version-unreadable", found=text)
        return cls(*(int(part) for part in text.split(".")))

    def __str__(self) -> str:
        """Return `major.minor.patch`."""
        return f"{self.major}.{self.minor}.{self.patch}"

    def raised(self, bump: Bump) -> "Version":
        """Return the next number; in the trial series a major bump stays inside it."""
        if bump == "patch":
            return Version(self.major, self.minor, self.patch + 1)
        if bump == "minor" or self.major == 0:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major + 1, 0, 0)


def next_version(previous: Version | None, bump: Bump, *, synthetic: bool) -> Version:
    """Return the number of the next release.

    Synthetic data stay at 0.y.z, data of real respondents begin at 1.0.0 and leave the trial
    series with their first release. Raises VersionError for synthetic data in a series that has
    left it: nobody may take them for the real ones.
    """
    if synthetic and previous and previous.major:
        raise VersionError("release-synthetic-after-real", found=previous)
    if not previous:
        return Version(0, 1, 0) if synthetic else Version(1, 0, 0)
    if not synthetic and not previous.major:
        return Version(1, 0, 0)
    return previous.raised(bump)


def chosen_bump(computed: Bump, raised_to: str | None) -> Bump:
    """Return the bump that counts; raises VersionError for one below what the changes ask for."""
    if raised_to is None:
        return computed
    wanted = next((one for one in BUMPS if one == raised_to), None)
    if wanted is None or BUMPS.index(wanted) < BUMPS.index(computed):
        raise VersionError("release-bump-lowered", found=raised_to, computed=computed)
    return wanted
