"""Columns that belong together: batteries, over one list or two, and the scales they share.

Belongs here: gathering coded candidates into candidate questions. Not here: what one column might
be (columns.py).
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.scaffold.columns import Candidate, slug

FEWEST = 3  # columns that make a battery
ALIKE = 0.5  # of their codes that columns of one battery share at least


@dataclass(frozen=True)
class Battery:
    """A candidate question: one column, or several that a pattern names.

    `domains` and `actors` are the parts of the columns' names that the pattern's blanks stand for;
    `labels` are those that the file gives the codes.
    """

    name: str
    columns: str
    codes: tuple[str, ...]
    domains: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def gather(coded: Sequence[Candidate]) -> list[Battery]:
    """Return the candidate questions of the coded columns, in the order of the file."""
    groups: list[list[Candidate]] = []
    for one in coded:
        home = next((group for group in groups if _belongs(one, group)), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    return [battery for group in groups for battery in _batteries(group)]


def _belongs(one: Candidate, group: Sequence[Candidate]) -> bool:
    first = group[0]
    if _stem(one.name) != _stem(first.name):
        return False
    if not all(_say_the_same(one.labels, other.labels) for other in group):
        return False
    mine, theirs = set(one.codes), set(first.codes)
    return len(mine & theirs) >= ALIKE * len(mine | theirs)


def _say_the_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two columns give no code two labels, and both label their codes, or neither does."""
    return bool(one) == bool(other) and all(
        other.get(code, label) == label for code, label in one.items()
    )


def _stem(name: str) -> str:
    """Return what columns of one battery share: up to a separator, else without a last mark."""
    head, separator, _ = name.partition("_")
    return head if separator else re.sub(r"(\d+|[a-z])$", "", name)


def _batteries(group: Sequence[Candidate]) -> list[Battery]:
    names = [one.name for one in group]
    shared = os.path.commonprefix(names)  # noqa: RUF071 - of characters, as is wanted here
    shared = re.sub(r"[^\W_]+$", "", shared) or shared
    parts = [name.removeprefix(shared) for name in names]
    if len(group) < FEWEST or not all(parts) or "{" in "".join(names):
        return [Battery(one.slug, one.name, one.codes, labels=one.labels) for one in group]
    codes = tuple(dict.fromkeys(code for one in group for code in one.codes))
    domains, actors = _two_lists(parts)
    blanks = "{domain}_{actor}" if actors else "{domain}"
    labels = {code: label for one in group for code, label in one.labels.items()}
    return [Battery(slug(shared), f"{shared}{blanks}", codes, domains, actors, labels)]


def _two_lists(parts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return domains and actors where each part is one of each and all pairs are there."""
    pairs = [part.rpartition("_")[::2] for part in parts]
    domains = tuple(dict.fromkeys(one for one, _ in pairs))
    actors = tuple(dict.fromkeys(one for _, one in pairs))
    is_grid = all(domains) and len(domains) * len(actors) == len(set(pairs)) == len(parts)
    if is_grid and len(domains) > 1 and len(actors) > 1:
        return domains, actors
    return tuple(parts), ()
