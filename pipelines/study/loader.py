"""Finding studies on disk and loading one whole, checked.

Belongs here: where declarations lie and in which order they are read. Not here: their shape
(model.py) and their rules (references.py).
"""

import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipelines import PROJECT
from pipelines.study.analyses import FILE, AnalysesFile, Known, read_analyses
from pipelines.study.codelist import Codelist, read_codelist
from pipelines.study.errors import DeclarationError, UnknownStudyError
from pipelines.study.files import Collected, CollectionFile, QuestionsFile, StudyFile, WavesFile
from pipelines.study.items import Item, items_of
from pipelines.study.model import FORMAT_VERSION, Breakdown, Question, Wave
from pipelines.study.published import PublishedFigure, read_published
from pipelines.study.references import Parts, Sources, check_references
from pipelines.study.sound import check_sound
from pipelines.study.yaml_source import YamlSource, build, parse

UNSETTLED = 100_000_000  # nanoseconds: a change later than this may not show in a file's time
_LOADED: dict[tuple[Path, str], tuple[tuple[tuple[str, int, int], ...], "Study"]] = {}

NO_QUESTIONS = QuestionsFile.model_construct(questions={})


@dataclass(frozen=True, eq=False)
class Study:
    """One study, declared and checked: what every other room works from.

    Each is equal to itself alone, so that what follows from it can be kept beside it.
    """

    root: Path
    about: StudyFile
    questions: dict[str, Question]
    waves: dict[str, Wave]
    codelists: dict[str, Codelist]
    analyses: AnalysesFile = field(default_factory=AnalysesFile)

    @property
    def id(self) -> str:
        """The study's name: its folder under schemas/, raw/ and published/."""
        return self.about.id

    @property
    def folder(self) -> Path:
        """Where the declaration lies."""
        return self.root / "schemas" / self.id

    @property
    def breakdowns(self) -> dict[str, Breakdown]:
        """The breakdowns by name, in published order."""
        return self.about.breakdowns

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every question × domain × actor that is estimated, in declared order."""
        return items_of(self.questions, self.codelists)

    @property
    def collected(self) -> Collected | None:
        """The table that a collection publishes; None of a survey."""
        return self.about.table if isinstance(self.about, CollectionFile) else None

    @property
    def identity(self) -> str:
        """The extract's column that identifies a row: the respondent, or a collection's entry."""
        return str(self.column_with_role("entry" if self.collected else "respondent"))

    @property
    def crossings(self) -> tuple[tuple[str, ...], ...]:
        """The published tables: the total, each breakdown alone, then the declared crossings."""
        alone = tuple((name,) for name in self.breakdowns)
        more = tuple(one for one in self.about.crossings if one not in alone)
        return ((), *alone, *more)

    @cached_property
    def published_figures(self) -> tuple[PublishedFigure, ...]:
        """The numbers that the producer has published, in file order; often none."""
        return read_published(self)

    def column_with_role(self, role: str) -> str | None:
        """Return the extract's column that has `role`, if one has."""
        named = (name for name, column in self.about.columns.items() if column.role == role)
        return next(named, None)

    def wave(self, name: str) -> Wave:
        """Return one wave; raises UnknownStudyError with the nearest name."""
        if name not in self.waves:
            near = UnknownStudyError.unknown(self.folder, 1, "wave", name, self.waves).values
            raise UnknownStudyError("study-unknown-wave", study=self.id, **near)
        return self.waves[name]


def study_names(root: Path) -> list[str]:
    """Return the studies declared under `root`/schemas, sorted."""
    return sorted(path.parent.name for path in (root / "schemas").glob("*/study.yaml"))


def frame_folder(root: Path) -> Path:
    """Return the folder of shared codelists: `root`'s own, else the project's."""
    own = root / "schemas" / "codelists"
    return own if own.is_dir() else PROJECT / "schemas" / "codelists"


def frame_path(root: Path, year: int) -> Path:
    """Return the communes of one COG year."""
    own = root / "schemas" / "codelists" / f"communes-{year}.csv"
    return own if own.exists() else PROJECT / "schemas" / "codelists" / own.name


def load_study(root: Path, name: str) -> Study:
    """Load and check study `name`.

    Raises UnknownStudyError (usage) when there is none of that name, DeclarationError with file,
    line, key, what was found and what is valid for a mistake in it. Within one process an
    unchanged declaration is read once: each step of a run asks for it.
    """
    names = study_names(root)
    if name not in names:
        near = UnknownStudyError.unknown(root / "schemas", 1, "study", name, names).values
        raise UnknownStudyError("study-unknown-study", **near)
    stamp = _stamp(root, name)
    known = _LOADED.get((root, name))
    if known and known[0] == stamp:
        return known[1]
    study = _load(root, name)
    if time.time_ns() - max(changed for _, _, changed in stamp) > UNSETTLED:
        _LOADED[root, name] = (stamp, study)
    return study


def _stamp(root: Path, name: str) -> tuple[tuple[str, int, int], ...]:
    """Return path, size and time of change of each file that a declaration may be read from."""
    folders = {root / "schemas" / name, frame_folder(root), PROJECT / "schemas" / "codelists"}
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    stats = [(path, path.stat()) for path in files]
    return tuple((str(path), one.st_size, one.st_mtime_ns) for path, one in stats)


def _load(root: Path, name: str) -> Study:
    folder = root / "schemas" / name
    about = parse(folder / "study.yaml")
    _check_format(about)
    is_collection = isinstance(about.data, dict) and about.data.get("kind") == "collection"
    asked = about if is_collection else parse(folder / "questions.yaml")
    sources = Sources(about, asked, parse(folder / "waves.yaml"))
    parts = Parts(
        study=build(sources.study, CollectionFile if is_collection else StudyFile),
        questions=NO_QUESTIONS if is_collection else build(sources.questions, QuestionsFile),
        waves=build(sources.waves, WavesFile),
        codelists=_codelists(root, folder),
        frame_years=_frame_years(root),
        sources=sources,
    )
    check_references(parts)
    check_sound(parts)
    known = Known(parts.study, parts.questions.questions, parts.codelists)
    study = Study(
        root, parts.study, parts.questions.questions, parts.waves.waves, dict(parts.codelists),
        read_analyses(folder / FILE, known),
    )  # fmt: skip
    read_published(study)
    return study


def _check_format(source: YamlSource) -> None:
    found = source.data.get("phare") if isinstance(source.data, dict) else None
    if found is not None and found != FORMAT_VERSION:
        raise DeclarationError(
            "study-format-version",
            file=source.path, line=source.line(("phare",)), found=found, expected=FORMAT_VERSION,
        )  # fmt: skip


def _codelists(root: Path, folder: Path) -> dict[str, Codelist]:
    """Read every list: the project's, over them the root's, over them the study's own."""
    shared = (PROJECT / "schemas" / "codelists", root / "schemas" / "codelists")
    paths = {
        path.stem: path.with_suffix(".csv")
        for place in (*shared, folder / "codelists")
        for path in sorted(place.glob("*.yaml"))
    }
    return {name: read_codelist(path) for name, path in paths.items()}


def _frame_years(root: Path) -> tuple[int, ...]:
    places = (PROJECT, root)
    found = (path for place in places for path in place.glob("schemas/codelists/communes-*.csv"))
    matches = (re.fullmatch(r"communes-(\d{4})", path.stem) for path in found)
    return tuple(sorted({int(match[1]) for match in matches if match}))
