"""The page of a report: one self-contained HTML file, French and English.

Belongs here: filling report.html.j2. Not here: its words (messages.yaml), the picture
(report_picture.py). The page loads nothing and runs nothing.
"""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from pipelines.texts import LANGUAGES, Lang, say
from pipelines.validation.findings import Findings, remedy_key
from pipelines.validation.report_comparison import comparison_lines, names
from pipelines.validation.report_picture import margin_picture
from pipelines.validation.report_text import detected, lines_text
from pipelines.workspace import write_private


def write_page(findings: Findings, questions: dict[Lang, tuple[str, ...]], out: Path) -> None:
    """Write the page; private, whole or not at all."""
    pictures = {
        lang: [(one, Markup(margin_picture(one, lang))) for one in findings.margins]  # noqa: S704 - escaped there
        for lang in LANGUAGES
    }
    page = _template().render(
        found=findings, languages=LANGUAGES, questions=questions, pictures=pictures, say=say,
        detected=detected, lines_text=lines_text, remedy_key=remedy_key, moves=comparison_lines,
        others=names,
    )  # fmt: skip
    write_private(out, page)


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["coded"] = _coded
    return environment.get_template("report.html.j2")


def _coded(text: str) -> Markup:
    """Return a message as markup, the names that it writes between backticks as code."""
    plain = str(escape(text))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", plain))  # noqa: S704 - escaped
