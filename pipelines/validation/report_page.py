"""The page of a report: one self-contained HTML file, French and English.

Belongs here: filling report.html.j2. Not here: its words (messages.yaml), the picture
(report_picture.py). The page loads nothing and runs nothing.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from pipelines.texts import LANGUAGES, Lang, say
from pipelines.validation.findings import Findings
from pipelines.validation.report_files import write_privately
from pipelines.validation.report_picture import margin_picture


def write_page(findings: Findings, questions: dict[Lang, tuple[str, ...]], out: Path) -> None:
    """Write the page; private, whole or not at all."""
    pictures = {
        lang: [(one, Markup(margin_picture(one, lang))) for one in findings.margins]  # noqa: S704
        for lang in LANGUAGES
    }
    page = _template().render(
        found=findings, languages=LANGUAGES, questions=questions, pictures=pictures, say=say
    )
    write_privately(out, page)


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html.j2")
