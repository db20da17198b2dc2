"""What a study declares to be drawn from its tables: `analyses.yaml`, optional.

Belongs here: the shape of that file and the names in it that must exist. Not here: the analyses
themselves (pipelines.analysis), questions and breakdowns (model.py).
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.study.codelist import Codelist
from pipelines.study.errors import DeclarationError, ExpectedError
from pipelines.study.files import StudyFile
from pipelines.study.forms import Slug
from pipelines.study.items import published_answers
from pipelines.study.model import NOT_APPLICABLE, Declared, Question, Text
from pipelines.study.yaml_source import Key, YamlSource, build, parse

FILE = "analyses.yaml"


class Counted(Declared):
    """A question and which of its answers count: codes of its scale, or nets; none: the mean."""

    question: Slug
    answers: tuple[str, ...] = ()

    @property
    def answers_text(self) -> str:
        """The answers as one text, as declared: `tres+plutot`; `_Z` for a mean."""
        return "+".join(self.answers) or NOT_APPLICABLE


class Ranking(Counted):
    """Domains (or, for roles, the actors of each domain) put in order by a share or a mean."""

    title: Text


class Typology(Declared):
    """Profiles of respondents: active questions make them, illustrative ones describe them.

    `non_response`: `category` counts it among the answers; `passive` lets it weigh nothing
    (specific MCA: Le Roux and Rouanet 2010, 3.3). Answers rarer than `rare` are passive too. `axes`
    are kept for the clustering; by default the first that hold 80% of the modified inertia
    (Benzécri 1979). `names` are given, by number of profile, after reading; a profile without one
    is called by its number.
    """

    title: Text
    active: tuple[Slug, ...] = Field(min_length=1)
    illustrative: tuple[Slug, ...] = ()
    profiles: int = Field(ge=2, le=12)
    non_response: Literal["category", "passive"] = "passive"
    rare: float = Field(default=0.02, ge=0, lt=0.5)
    axes: int | None = Field(default=None, ge=1)
    bootstrap: int = Field(default=100, ge=20, le=1000)
    permutations: int = Field(default=19, ge=19, le=200)
    names: dict[str, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_of_profiles(self) -> Self:
        numbers = [str(number) for number in range(1, self.profiles + 1)]
        unknown = [name for name in self.names if name not in numbers]
        if unknown:
            raise ExpectedError("profile-number", found=unknown[0], valid=", ".join(numbers))
        return self


class Sheet(Declared):
    """A page per code of `breakdown`: rankings and roles by their names, and further figures."""

    title: Text
    breakdown: Slug
    priorities: tuple[Slug, ...] = ()
    roles: tuple[Slug, ...] = ()
    alliances: tuple[Counted, ...] = ()


class Theme(Declared):
    """A theme of open answers: any of `words`, none of `without`; whole words, `*` ends a stem."""

    title: Text
    words: tuple[str, ...] = Field(min_length=1)
    without: tuple[str, ...] = ()


class Verbatims(Declared):
    """An open question whose answers are counted by theme; an answer may have several, or none."""

    title: Text
    question: Slug
    themes: dict[Slug, Theme] = Field(min_length=1)


class Compared(Declared):
    """Every code of `breakdown` against `rest` (everybody else), `total` (all), or `wave` (before).

    Against the wave before, no breakdown compares the total. Without `questions`, all of them; the
    family of p-values that are adjusted together is what one comparison shows.
    """

    title: Text
    against: Literal["rest", "total", "wave"]
    breakdown: Slug | None = None
    questions: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _something_to_compare(self) -> Self:
        if self.breakdown is None and self.against != "wave":
            raise ExpectedError("comparison-breakdown", against=self.against)
        return self


class Associated(Declared):
    """Whether answers depend on `breakdown` (Rao and Scott); without `questions`, of all."""

    title: Text
    breakdown: Slug
    questions: tuple[Slug, ...] = ()


class Totalled(Declared):
    """How many units of the frame gave each answer (codes or nets; none: all codes, or the sum)."""

    title: Text
    question: Slug
    answers: tuple[str, ...] = ()


class Term(Declared):
    """One side of a ratio: the share of one answer, or the mean of a number."""

    question: Slug
    answer: str = NOT_APPLICABLE


class Quotient(Declared):
    """One estimate over another, each over who answered it; batteries item by item."""

    title: Text
    numerator: Term
    denominator: Term


class Quantiled(Declared):
    """Quantiles of numbers, published as multiples of `grain`; a score's is 1."""

    title: Text
    questions: tuple[Slug, ...] = Field(min_length=1)
    probabilities: tuple[float, ...] = Field(default=(0.5,), min_length=1)
    grain: float | None = Field(default=None, ge=0.001)


class AnalysesFile(Declared):
    """The content of `analyses.yaml`."""

    priorities: dict[Slug, Ranking] = Field(default_factory=dict)
    roles: dict[Slug, Ranking] = Field(default_factory=dict)
    typologies: dict[Slug, Typology] = Field(default_factory=dict)
    sheets: dict[Slug, Sheet] = Field(default_factory=dict)
    verbatims: dict[Slug, Verbatims] = Field(default_factory=dict)
    comparisons: dict[Slug, Compared] = Field(default_factory=dict)
    associations: dict[Slug, Associated] = Field(default_factory=dict)
    totals: dict[Slug, Totalled] = Field(default_factory=dict)
    ratios: dict[Slug, Quotient] = Field(default_factory=dict)
    quantiles: dict[Slug, Quantiled] = Field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What the names of the file may refer to."""

    study: StudyFile
    questions: Mapping[str, Question]
    codelists: Mapping[str, Codelist]


def read_analyses(path: Path, known: Known) -> AnalysesFile:
    """Read `path` if it is there; raises DeclarationError with the line and the nearest name."""
    if not path.exists():
        return AnalysesFile()
    source = parse(path)
    found = build(source, AnalysesFile)
    _check_rankings(source, found, known)
    for name, typology in found.typologies.items():
        _check_typology(source, ("typologies", name), typology, known)
    for name, sheet in found.sheets.items():
        _check_sheet(source, ("sheets", name), sheet, found, known)
    texts = _named(known, is_text=True)
    for name, verbatims in found.verbatims.items():
        key: Key = ("verbatims", name, "question")
        _check(source, key, "open text question", verbatims.question, texts)
    for name, compared in found.comparisons.items():
        _check_broken_down(source, ("comparisons", name), compared, _named(known), known)
    coded = [name for name, one in known.questions.items() if one.is_coded]
    for name, associated in found.associations.items():
        _check_broken_down(source, ("associations", name), associated, coded, known)
    for name, totalled in found.totals.items():
        _check_total(source, ("totals", name), totalled, known)
    for name, quotient in found.ratios.items():
        _check_ratio(source, ("ratios", name), quotient, known)
    for name, quantiled in found.quantiles.items():
        _check_quantiles(source, ("quantiles", name), quantiled, known)
    _check_one_name(source, found)
    return found


def counted_answers(
    question: Question, codelists: Mapping[str, Codelist], names: Iterable[str]
) -> tuple[str, ...]:
    """Return the codes behind `names` (codes or nets of the question's scale), in scale order."""
    if question.scale is None:
        return ()
    scale = codelists[question.scale]
    wanted = {
        code
        for name in names
        for code in (scale.about.nets[name].answers if name in scale.about.nets else (name,))
    }
    return tuple(code for code in published_answers(question, codelists) if code in wanted)


def _named(known: Known, *, is_text: bool = False) -> list[str]:
    return [name for name, one in known.questions.items() if (one.kind == "open_text") == is_text]


def _check(source: YamlSource, key: Key, what: str, found: str, valid: Iterable[str]) -> None:
    names = list(valid)
    if found not in names:
        raise DeclarationError.unknown(source.path, source.line(key), what, found, names)


def _check_rankings(source: YamlSource, found: AnalysesFile, known: Known) -> None:
    """Priorities rank a battery over domains alone; roles one over domains and actors."""
    batteries = {name: one for name, one in known.questions.items() if one.domain}
    alone = [name for name, one in batteries.items() if not one.actor]
    crossed = [name for name, one in batteries.items() if one.actor]
    for section, valid in (("priorities", alone), ("roles", crossed)):
        for name, ranking in getattr(found, section).items():
            key: Key = (section, name)
            _check(source, (*key, "question"), "question by domain", ranking.question, valid)
            _check_counted(source, key, ranking, known)


def _check_counted(source: YamlSource, key: Key, counted: Counted, known: Known) -> None:
    question = known.questions[counted.question]
    if question.is_numeric or question.scale is None:
        valid: list[str] = []
    else:
        nets = known.codelists[question.scale].about.nets
        valid = [*published_answers(question, known.codelists), *nets]
    if valid and not counted.answers:
        raise DeclarationError(
            "study-missing-key",
            file=source.path, line=source.line(key), key=".".join(map(str, (*key, "answers"))),
        )  # fmt: skip
    for answer in counted.answers:
        _check(source, (*key, "answers"), "answer", answer, valid)


def _check_typology(source: YamlSource, key: Key, typology: Typology, known: Known) -> None:
    coded = [name for name, one in known.questions.items() if one.is_coded]
    for part in ("active", "illustrative"):
        for place, name in enumerate(getattr(typology, part)):
            _check(source, (*key, part, place), "coded question", name, coded)


def _check_sheet(
    source: YamlSource, key: Key, sheet: Sheet, found: AnalysesFile, known: Known
) -> None:
    _check(source, (*key, "breakdown"), "breakdown", sheet.breakdown, known.study.breakdowns)
    for part in ("priorities", "roles"):
        for place, name in enumerate(getattr(sheet, part)):
            _check(source, (*key, part, place), part, name, getattr(found, part))
    for place, counted in enumerate(sheet.alliances):
        at: Key = (*key, "alliances", place)
        _check(source, (*at, "question"), "question", counted.question, _named(known))
        _check_counted(source, at, counted, known)


def _check_broken_down(
    source: YamlSource,
    key: Key,
    declared: Compared | Associated,
    questions: list[str],
    known: Known,
) -> None:
    if declared.breakdown is not None:
        breakdowns = known.study.breakdowns
        _check(source, (*key, "breakdown"), "breakdown", declared.breakdown, breakdowns)
    for place, name in enumerate(declared.questions):
        _check(source, (*key, "questions", place), "question", name, questions)


def _refuse(source: YamlSource, key: Key, text: str, **values: object) -> None:
    at = {"file": source.path, "line": source.line(key), "key": ".".join(map(str, key))}
    raise DeclarationError(text, **(at | values))


def _check_total(source: YamlSource, key: Key, declared: Totalled, known: Known) -> None:
    """Check that the frame counts the units, and that all of them were asked."""
    if known.study.weights.population != "frame":
        found = known.study.weights.population
        _refuse(source, key, "study-total-not-counted", found=found)
    _check(source, (*key, "question"), "question", declared.question, _named(known))
    question = known.questions[declared.question]
    if question.asked_of:
        _refuse(source, (*key, "question"), "study-total-filtered", found=declared.question)
    valid = list(published_answers(question, known.codelists))
    if question.scale and question.kind in {"single", "ordinal"}:
        valid += known.codelists[question.scale].about.nets
    for place, answer in enumerate(declared.answers):
        _check(source, (*key, "answers", place), "answer", answer, valid)


def _check_ratio(source: YamlSource, key: Key, declared: Quotient, known: Known) -> None:
    """Check that both sides name an estimate, of batteries over the same items."""
    batteries = []
    for side in ("numerator", "denominator"):
        at: Key = (*key, side)
        term: Term = getattr(declared, side)
        _check(source, (*at, "question"), "question", term.question, _named(known))
        question = known.questions[term.question]
        valid = published_answers(question, known.codelists) or (NOT_APPLICABLE,)
        if question.is_coded and term.answer == NOT_APPLICABLE:
            _refuse(source, (*at, "answer"), "study-missing-key")
        _check(source, (*at, "answer"), "answer", term.answer, valid)
        batteries.append((question.domain, question.actor))
    if batteries[0] != batteries[1]:
        found = [" x ".join(filter(None, one)) or "—" for one in batteries]
        _refuse(source, key, "study-ratio-batteries", numerator=found[0], denominator=found[1])


def _check_quantiles(source: YamlSource, key: Key, declared: Quantiled, known: Known) -> None:
    """Refuse probabilities so close that they would tell the share between them."""
    numbers = [name for name, one in known.questions.items() if one.is_numeric]
    for place, name in enumerate(declared.questions):
        _check(source, (*key, "questions", place), "question of numbers", name, numbers)
        if known.questions[name].kind == "numeric" and declared.grain is None:
            _refuse(source, key, "study-quantile-grain", found=name)
    least = known.study.disclosure.minimum_share_width
    steps = itertools.pairwise((0.0, *declared.probabilities, 1.0))
    if any(after - before < least - 1e-9 for before, after in steps):
        found = ", ".join(f"{one:g}" for one in declared.probabilities)
        at: Key = (*key, "probabilities")
        _refuse(source, at, "study-quantile-close", found=found, least=f"{least:g}")


def _check_one_name(source: YamlSource, found: AnalysesFile) -> None:
    """Names of analyses share one published table: none may stand for two of them."""
    seen: dict[str, str] = {}
    for section in AnalysesFile.model_fields:
        for name in getattr(found, section):
            if name in seen:
                raise DeclarationError(
                    "study-analysis-twice",
                    file=source.path, line=source.line((section, name)),
                    found=name, first=seen[name], second=section,
                )  # fmt: skip
            seen[name] = section
