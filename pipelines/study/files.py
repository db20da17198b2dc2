"""The files of a declaration, as frozen objects: what each holds, and the parts of a collection.

Belongs here: the content of `study.yaml`, `questions.yaml`, `waves.yaml` and of the sidecar of a
codelist. Not here: the entries that they are made of (model.py), reading them and naming lines
(loader.py).
"""

from typing import Literal

from pydantic import Field

from pipelines.study.forms import Slug, WaveName
from pipelines.study.model import (
    Acceptance,
    Breakdown,
    Column,
    Contributor,
    Declared,
    Disclosure,
    Licence,
    Publication,
    Question,
    Reliability,
    Source,
    Spatial,
    Text,
    Wave,
    Weights,
)


class StudyFile(Declared):
    """The content of `study.yaml`."""

    phare: Literal[1]
    kind: Literal["survey", "collection"] = "survey"
    id: Slug
    title: Text
    description: Text
    universe: Text
    publisher: Contributor
    contributors: tuple[Contributor, ...] = Field(min_length=1)
    licence: Licence
    sources: tuple[Source, ...] = Field(min_length=1)
    citation: str
    keywords: tuple[str, ...] = ()
    spatial: Spatial | None = None
    columns: dict[str, Column]
    breakdowns: dict[Slug, Breakdown] = Field(min_length=1)
    crossings: tuple[tuple[Slug, ...], ...] = ()
    weights: Weights
    disclosure: Disclosure = Disclosure()
    reliability: Reliability = Reliability()
    acceptance: Acceptance = Acceptance()
    publication: Publication = Publication()
    engine: Literal["duckdb", "spark"] = "duckdb"


class Concept(Declared):
    """What several wordings measure: the one that others are read beside, and those close to it."""

    title: Text
    reference: str
    close: tuple[str, ...] = ()


class Comparison(Declared):
    """How entries of a collection are set side by side: its columns, and the concepts by code.

    `concept` and `wording` are columns of codes; `unit` one whose codes must be the same;
    `doubt` one of codes of which only `certain` lets a figure be compared.
    """

    concept: str
    wording: str
    unit: str
    doubt: str
    certain: tuple[str, ...]
    shown: tuple[str, ...]
    concepts: dict[Slug, Concept] = Field(min_length=1)


class Collected(Declared):
    """The table that a collection publishes: one row an entry."""

    name: Slug
    title: Text
    description: Text
    comparison: Comparison | None = None


class CollectionFile(StudyFile):
    """The content of `study.yaml` of a collection: entries gathered elsewhere, no respondents.

    Every column of the extract is declared; those with role `entry` and `published` are published.
    There are no questions, breakdowns, weights or cells to withhold.
    """

    table: Collected
    breakdowns: dict[Slug, Breakdown] = Field(default_factory=dict, max_length=0)
    weights: Weights = Field(default_factory=Weights.model_construct)


class QuestionsFile(Declared):
    """The content of `questions.yaml`."""

    questions: dict[Slug, Question] = Field(min_length=1)


class WavesFile(Declared):
    """The content of `waves.yaml`."""

    waves: dict[WaveName, Wave] = Field(min_length=1)


class Net(Declared):
    """A set of answers counted together, such as 'agree'."""

    title: Text
    answers: tuple[str, ...] = Field(min_length=1)


class CodelistFile(Declared):
    """The sidecar of a codelist's CSV: what it is and where it comes from."""

    title: Text
    source: str
    licence: Licence
    version: str | None = None
    ordered: bool = False
    nets: dict[Slug, Net] = Field(default={})
