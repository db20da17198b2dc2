"""What a study declares, as frozen objects that cannot be wrong on their own.

Belongs here: the entries of `study.yaml`, `questions.yaml` and `waves.yaml` and the rules that one
can check by itself. Not here: the files as wholes (files.py), reading them and naming lines
(loader.py), rules that need codelists or other entries (references.py), what is derived from a
study (items.py, tables.py).
Words are those of Data Package 2.0 and DDI Codebook where these have one.
"""

import datetime as dt
import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.study.errors import ExpectedError
from pipelines.study.forms import Columns, Delimiter, Expression, Slug, slots_of

FORMAT_VERSION = 1
TOTAL = "_T"
NOT_APPLICABLE = "_Z"


class Declared(BaseModel):
    """Base of every declared object: frozen, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Declared):
    """A text in both languages, French first."""

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)


def _in_one_or_both(said: object) -> object:
    is_words = isinstance(said, dict) and {*said} == {"fr", "en"} and all(said.values())
    if not (is_words or isinstance(said, str | Text)):
        raise ExpectedError("said")
    return said


# A name, which is the same in every language, or a text in both.
Said = Annotated[str | Text, BeforeValidator(_in_one_or_both)]


class Licence(Declared):
    """A licence as Data Package writes it (`name` is its SPDX id)."""

    name: str = Field(pattern=r"^[-a-zA-Z0-9._]+$")
    title: str
    path: str


class Contributor(Declared):
    """A person or body; `roles` are DataCite contributor types."""

    title: str
    path: str | None = None
    organization: str | None = None
    roles: tuple[str, ...] = ("creator",)


class Source(Declared):
    """Where data come from, as Data Package writes it."""

    title: str
    path: str | None = None
    version: str | None = None
    licence: Licence | None = None


class Column(Declared):
    """A column of the extract that is not an answer: what it is for."""

    role: Literal[
        "respondent",  # identifies a row within a wave
        "weight",
        "commune",  # INSEE code of the commune
        "commune_name",  # its name as the institute wrote it, compared with the frame's
        "region",  # region as the institute coded it, to be compared with the commune's
        "commune_size",  # size class as the institute coded it, compared likewise
        "date",  # of the interview, inside the fieldwork period
        "duration",  # of the interview, in seconds
        "profile",  # a coded trait, used by a breakdown or a question
        "direct_identifier",  # name, e-mail, telephone: never read further than its header
        "dropped",  # received, listed in the report, used by nothing
        "entry",  # of a collection: identifies a row
        "published",  # of a collection: published as it is, its codes with their labels
    ]
    title: Text | None = None
    description: Text | None = None
    type: Literal["string", "number"] = "string"
    decimals: int = Field(default=0, ge=0, le=6)
    pattern: Expression | None = None
    codelist: Slug | None = None
    required: bool = True


class Derivation(Declared):
    """A breakdown computed from the commune code and the frame of the wave."""

    from_: Literal["commune"] = Field(alias="from")
    to: Literal["region", "commune_size"]


class Breakdown(Declared):
    """A variable that estimates are broken down by: a coded column, or a derivation."""

    title: Text
    codelist: Slug
    column: str | None = None
    derived: Derivation | None = None
    recode: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.derived is None):
            raise ExpectedError("column-or-derived")
        return self


class Filter(Declared):
    """Who is asked: those whose answer to `question` is one of `answers`."""

    question: Slug
    answers: tuple[str, ...] = Field(min_length=1)


QuestionKind = Literal["single", "ordinal", "multiple", "score", "numeric", "open_text"]


class Question(Declared):
    """A question, or a battery of items that share wording and scale.

    `columns` names the extract's columns: a pattern with `{domain}` and `{actor}` for a battery;
    for `multiple`, either a pattern with `{answer}` (one yes/no column an answer) or a list of
    columns (one answer each, in any order). `asked` keeps non-response in the base of shares,
    `answered` takes it out. The `scale` of a numeric question lists its words for no answer.
    """

    title: Text
    wording: Text
    kind: QuestionKind
    columns: Columns
    scale: Slug | None = None
    domain: Slug | None = None
    actor: Slug | None = None
    at_most: int | None = Field(default=None, ge=1)
    ticked: tuple[str, ...] = ("1", "TRUE", "VRAI", "oui", "yes")
    not_ticked: tuple[str, ...] = ("0", "FALSE", "FAUX", "non", "no")
    minimum: float | None = None
    maximum: float | None = None
    unit: Text | None = None
    base: Literal["answered", "asked"] = "answered"
    asked_of: Filter | None = None
    required: bool = True
    concept: Slug | None = None

    @property
    def is_coded(self) -> bool:
        """Whether answers are codes of a scale."""
        return self.kind in {"single", "ordinal", "multiple"}

    @property
    def is_numeric(self) -> bool:
        """Whether answers are numbers."""
        return self.kind in {"score", "numeric"}

    @property
    def has_indicator_columns(self) -> bool:
        """Whether each answer of a multiple choice has a yes/no column of its own."""
        return self.kind == "multiple" and isinstance(self.columns, str)

    @property
    def kind_of_cell(self) -> Literal["tick", "code", "number", "text"]:
        """What one cell of its columns holds."""
        if self.has_indicator_columns:
            return "tick"
        if self.is_coded:
            return "code"
        return "number" if self.is_numeric else "text"

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        if self.is_coded and self.scale is None:
            raise ExpectedError("scale")
        if self.kind == "open_text" and self.scale is not None:
            raise ExpectedError("no-scale")
        if self.is_numeric and (self.minimum is None or self.maximum is None):
            raise ExpectedError("limits")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ExpectedError("minimum-below")
        if isinstance(self.columns, tuple) and self.kind != "multiple":
            raise ExpectedError("list-of-multiple")
        if self.at_most is not None and self.kind != "multiple":
            raise ExpectedError("at-most-of-multiple")
        return self

    @model_validator(mode="after")
    def _pattern_names_its_dimensions(self) -> Self:
        if isinstance(self.columns, tuple):
            if self.domain or self.actor:
                raise ExpectedError("battery-pattern")
            return self
        if self.kind == "open_text":  # its name is taken as it stands
            return self
        slots = slots_of(self.columns)
        wanted = {name for name in ("domain", "actor") if getattr(self, name)}
        wanted |= {"answer"} if self.kind == "multiple" else set()
        if slots != wanted:
            if not wanted:
                raise ExpectedError("no-slot")
            raise ExpectedError("slots", slots=", ".join(sorted(wanted)))
        return self


class Calibration(Declared):
    """Weights computed by the pipeline: calibrated to counts of the frame."""

    method: Literal["poststratification", "raking"]
    margins: tuple[tuple[str, ...], ...] = Field(min_length=1)
    collapse: dict[str, dict[str, str]] = {}
    trim_ratio: float | None = Field(default=None, gt=1)


class Weights(Declared):
    """The weight of a respondent: a column to check, or a calibration to compute.

    `strata` are breakdowns that the sample was stratified by; `population` says whether the frame
    gives the number of units of each stratum (finite population correction) or it is unknown.
    """

    column: str | None = None
    calibration: Calibration | None = None
    strata: tuple[str, ...] = ()
    population: Literal["frame", "unknown"] = "unknown"
    maximum_ratio: float = 1000.0
    single_respondent_stratum: Literal["fail", "certainty", "centered"] = "fail"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.calibration is None):
            raise ExpectedError("column-or-calibration")
        return self


class Precision(Declared):
    """Decimals that are published: of shares (as ratios) and of means."""

    national_share: int = Field(default=3, ge=0, le=3)
    share: int = Field(default=2, ge=0, le=3)
    national_mean: int = Field(default=2, ge=0, le=3)
    mean: int = Field(default=1, ge=0, le=3)


class Disclosure(Declared):
    """The disclosure policy; defaults are the safe ones.

    A cell needs `minimum_respondents`; where the frame counts its units, `minimum_population` of
    them and at most `maximum_fraction` of them asked. A share of 0 % or 100 % is withheld where
    `group_fraction` of the units answered. A base changes by 0 or `minimum_difference` between
    releases. What is withheld stays open by `minimum_respondents` people and
    `minimum_share_width` of a share. `maximum_cells` are protected together, exactly.
    """

    minimum_respondents: int = Field(default=11, ge=3)
    minimum_population: int = Field(default=20, ge=1)
    maximum_fraction: float = Field(default=0.5, gt=0, le=1)
    group_fraction: float = Field(default=0.5, gt=0, le=1)
    minimum_difference: int = Field(default=5, ge=1)
    minimum_share_width: float = Field(default=0.2, gt=0, lt=1)
    maximum_cells: int = Field(default=500, ge=1)
    precision: Precision = Precision()


class Reliability(Declared):
    """Thresholds of the flags A and B; what meets neither is C (after NCHS 2017)."""

    a_respondents: int = 30
    a_effective: float = 60
    a_width: float = 0.20
    b_respondents: int = 30
    b_effective: float = 30
    b_width: float = 0.30


class Acceptance(Declared):
    """What happens to rows that break a rule."""

    policy: Literal["refuse", "set_aside"] = "refuse"
    maximum_share: float = Field(default=0.0, ge=0, le=1)


class ExtractFormat(Declared):
    """How the institute delivers a wave; each list is what is accepted, not a guess."""

    format: Literal["csv", "xlsx", "sav", "dta", "parquet"] = "csv"
    encodings: tuple[str, ...] = Field(default=("utf-8",), min_length=1)
    delimiters: tuple[Delimiter, ...] = Field(default=(",",), min_length=1)
    decimal: Literal[".", ","] = "."
    title_rows: int = Field(default=0, ge=0)
    label_rows: int = Field(default=0, ge=0)
    footer: str | None = None
    sheet: str | None = None


UNKNOWN = re.compile(r"^unknown: \S")


class MethodNotice(Declared):
    """What must be published with a poll: law 77-808 art. 2 and 3, ESOMAR/WAPOR 2014.

    Every field is required and says something; `unknown: <why>` is legal and printed as such,
    `unknown` without a reason is not. What is the same in both languages (a name) may be one text.
    """

    institute: Said
    client: Said
    universe: Text
    respondents: Said
    fieldwork: Said
    mode: Text
    sampling: Text
    sample_frame: Text
    weighting: Text
    non_response: Text
    incentive: Text
    margins_of_error: Text
    right_to_consult: Text

    @model_validator(mode="after")
    def _each_says_something(self) -> Self:
        for name, value in self:
            for text in (value,) if isinstance(value, str) else (value.fr, value.en):
                if not text.strip():
                    raise ExpectedError("notice-written", name=name)
                if text.strip().lower().startswith("unknown") and not UNKNOWN.match(text):
                    raise ExpectedError("notice-reason", name=name)
        return self


class Wave(Declared):
    """One edition of a study; `not_asked` are the questions that this one did not put.

    `codebook` is how its extract spells a question or a coded column, text → code: then nothing
    else is read there, since the same text may mean another answer in another wave.
    `panel`: the respondents of the wave before were asked again; else a sample of its own.
    """

    title: Text
    start: dt.date
    end: dt.date
    synthetic: bool
    frame_year: int | None = None
    extract: ExtractFormat = ExtractFormat()
    renamed: dict[str, str] = {}
    codebook: dict[str, dict[str, str]] = {}
    not_asked: tuple[Slug, ...] = ()
    panel: bool = False
    method_notice: MethodNotice

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ExpectedError("end-after-start")
        return self


class Spatial(Declared):
    """Where the population lives, for catalogues: its name, its URI, and a box around it.

    `box` is west, south, east, north in degrees (WGS 84).
    """

    title: Text
    uri: str
    box: tuple[float, float, float, float]

    @model_validator(mode="after")
    def _a_box(self) -> Self:
        west, south, east, north = self.box
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ExpectedError("box")
        return self


class Publication(Declared):
    """When a verified candidate becomes a release."""

    publish: Literal["automatic", "approved"] = "automatic"
    not_before: dt.date | None = None
