"""Checking one extract and reporting it: what it is, what was mended, refused, and what to ask.

Belongs here: the order of a check, and the report as an object. Not here: the findings
(findings.py), the files written (report_files.py), the page (report_page.py), the questions
(report_questions.py), what the command prints (report_text.py).
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.errors import PhareError
from pipelines.intake import Delivery, Note, deliveries, read_extract
from pipelines.study import Study
from pipelines.texts import LANGUAGES, Lang, default_language, say
from pipelines.validation.comparison import Comparison, ComparisonKind, Side, compare
from pipelines.validation.corrections import apply_corrections
from pipelines.validation.errors import FooterError, WaveRefusedError
from pipelines.validation.findings import Findings
from pipelines.validation.footer import footer_lines
from pipelines.validation.labels import check_labels
from pipelines.validation.margins import margins_of
from pipelines.validation.notices import find_notices
from pipelines.validation.report_files import refusals_in, write_json, write_rejected
from pipelines.validation.report_page import write_page
from pipelines.validation.report_questions import questions_for
from pipelines.validation.report_text import summary_lines
from pipelines.validation.summary import ValidationSummary
from pipelines.validation.validate import validate
from pipelines.workspace import sha256_of

HTML, JSON, REJECTED = "report.html", "report.json", "rejected.csv"


@dataclass(frozen=True)
class CheckReport:
    """The outcome of a check and where its files lie."""

    findings: Findings
    html_path: Path
    json_path: Path
    rejected_csv: Path

    @property
    def is_accepted(self) -> bool:
        """Whether the wave would be taken in as it stands."""
        return self.findings.is_accepted

    def summary_text(self, lang: Lang | None = None) -> str:
        """Return the summary that the command prints: a few lines in `lang`, no value."""
        spoken = lang or default_language()
        return "\n".join([*summary_lines(self.findings, spoken), *self._files(spoken)])

    def _files(self, lang: Lang) -> Iterator[str]:
        yield say("report-says-page", lang, file=_near(self.html_path))
        if self.findings.summary and self.findings.summary.rejected:
            yield say("report-says-rejected", lang, file=_near(self.rejected_csv))


def check_extract(study: Study, wave_id: str, extract: Path, folder: Path) -> CheckReport:
    """Check `extract` as the extract of one wave and write the report into `folder`.

    Writes `report.html` (one self-contained page in both languages), `report.json` and
    `rejected.csv` (every rejected cell; private), each whole or not at all, mode 0600. A mistake
    of the institute or of a declaration ends in the report; raises only UnknownStudyError for the
    wave, before anything is written.
    """
    study.wave(wave_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    report_to = folder / HTML, folder / JSON, folder / REJECTED
    with tempfile.TemporaryDirectory(prefix=".check-", dir=folder) as aside:
        findings = _find(study, wave_id, extract, Path(aside))
        write_rejected(study, extract.name, Path(aside) / "rejected_rows.parquet", report_to[2])
    questions = {lang: questions_for(findings, lang) for lang in LANGUAGES}
    write_json(findings, questions, report_to[1])
    write_page(findings, questions, report_to[0])
    return CheckReport(findings, *report_to)


def _near(path: Path) -> Path:
    """Return a path as one would type it from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _find(study: Study, wave_id: str, extract: Path, aside: Path) -> Findings:
    """Run the parts of a check in order, as far as the extract lets them."""
    found = Findings(study, wave_id, extract.name)
    wave, side = study.wave(wave_id), _side(aside)
    try:
        found = replace(found, extract=read_extract(extract, wave.extract, side.raw))
        corrected = apply_corrections(study, wave_id, side.raw, side.raw)
        found = replace(found, corrections=corrected)
        notices = check_labels(study, wave, side.raw)
        return _judge(replace(found, notices=notices), extract, side)
    except PhareError as error:
        return replace(found, error=error)


def _judge(found: Findings, extract: Path, side: Side) -> Findings:
    """Validate the rows; what is said of a refused wave is said of the rows that were sound."""
    study, wave, folder = found.study, found.study.wave(found.wave_id), side.raw.parent
    try:
        validate(study, wave, side.raw, folder)
    except WaveRefusedError as error:
        found = replace(found, error=error)
    margins = margins_of(study, wave, side.responses)
    notices = find_notices(study, found.wave_id, side.responses, margins)
    found = _judge_footer(found, side.raw, folder / "rejected_rows.parquet")
    return replace(
        found,
        summary=ValidationSummary.load(folder / "validation.json"),
        notices=(*found.notices, *notices),
        margins=margins,
        comparisons=tuple(_comparisons(study, found.wave_id, extract, side)),
    )


def _judge_footer(found: Findings, raw: Path, rejected: Path) -> Findings:
    """Tell what was refused, rows that look like a footer as one thing: no column of them is asked.

    They are what is wrong with the wave where nothing else is, else worth a look.
    """
    footer = footer_lines(raw, rejected)
    found = replace(found, refusals=refusals_in(rejected, apart=footer))
    if not footer:
        return found
    values = {"count": len(footer), "line": footer[0]}
    if found.error and not found.refusals:
        return replace(found, error=FooterError("validation-footer", **values))
    return replace(found, notices=(Note("validation-footer", values), *found.notices))


def _side(folder: Path) -> Side:
    return Side(folder / "raw.parquet", folder / "responses.parquet")


def _comparisons(study: Study, wave_id: str, extract: Path, after: Side) -> Iterator[Comparison]:
    """Compare with the extract delivered before this one, and with the wave before this one."""
    for kind, wave, other in _others(study, wave_id, extract):
        with tempfile.TemporaryDirectory(dir=after.raw.parent) as folder:
            before = _side(Path(folder))
            try:
                read_extract(other.extract, study.wave(wave).extract, before.raw)
                apply_corrections(study, wave, before.raw, before.raw)
                validate(study, study.wave(wave), before.raw, Path(folder))
            except WaveRefusedError:
                pass  # its accepted rows are there, and are what is compared
            except PhareError:
                continue  # what cannot be read has its own report
            yield compare(study, kind, other.name if kind == "extract" else wave, before, after)


def _others(
    study: Study, wave_id: str, extract: Path
) -> Iterator[tuple[ComparisonKind, str, Delivery]]:
    digest = sha256_of(extract)
    known = [one for one in deliveries(study.root, study.id, wave_id) if one.extract.is_file()]
    digests = [one.sidecar.sha256 for one in known]
    place = digests.index(digest) if digest in digests else len(known)
    yield from (("extract", wave_id, one) for one in known[max(place - 1, 0) : place])
    waves = sorted(study.waves, key=lambda name: study.waves[name].start)
    earlier = waves[: waves.index(wave_id)]
    for wave in earlier[-1:]:
        delivered = deliveries(study.root, study.id, wave)
        yield from (("wave", wave, one) for one in delivered[-1:] if one.extract.is_file())
