"""The page of a study: what it is, its key figures, downloads, lines of code, citation, method.

Belongs here: that page. Not here: its other pages.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.machine import head
from pipelines.catalogue.machine.facts import notices
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.downloads import archive, archive_path
from pipelines.catalogue.pages.figures import interval, shown
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Release
from pipelines.study import NOT_APPLICABLE

KEY_FIGURES = 6


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the study's page."""
    release = pages.release
    base = pages.site.base_url
    content: dict[str, Any] = {"key_figures": [], "files": [], "zip": None, "address": {}}
    if pages.codebook:
        content["key_figures"] = key_figures(pages.codebook, pages)
    if release.has_data:
        content["files"] = list(release.tables.values())
        content["address"] = addresses(release, base)
        if release.status in ("current", "superseded"):
            content["zip"] = {"path": archive_path(release), "bytes": len(archive(release))}
    yield pages.page(
        "study.html", "index", **content, machine_head=head(release, base, pages.lang),
        citation=citation(release, base),
        notices=notices(release),
    )  # fmt: skip


def key_figures(codebook: Codebook, pages: StudyPages) -> list[dict[str, Any]]:
    """Return the national figures that sum the study up.

    For each of its first questions without a battery: the answer that most people gave, with its
    interval.
    """
    found: list[dict[str, Any]] = []
    for code, question in codebook.questions.items():
        if question.domains or question.actors or len(found) == KEY_FIGURES:
            continue
        answers = list(question.answers) or [NOT_APPLICABLE]
        rows = [codebook.cell(code, one, wave=codebook.last_wave) for one in answers]
        told = [
            row for row in rows
            if row and row["status"] == "published"
            and question.answer_kinds.get(row["answer"], "answer") == "answer"
        ]  # fmt: skip
        if told:
            best = max(told, key=lambda row: row["value"])
            found.append(
                {
                    "question": question,
                    "answer": question.answers.get(best["answer"], question.unit),
                    "value": shown(codebook, best, pages.lang),
                    "interval": interval(codebook, best, pages.lang),
                    "respondents": best["respondents"],
                    "reliability": best["reliability"],
                }
            )
    return found


def addresses(release: Release, base: str) -> Mapping[str, str]:
    """Return the addresses of the main table of this very version, by format, and its name."""
    at = f"{base}{release.study}/{release.version}/"
    table = release.main_table
    return {
        "name": table.name,
        "parquet": f"{at}{table.parquet.path}",
        "csv": f"{at}{table.csv.path}",
    }


def citation(release: Release, base: str) -> Mapping[str, str]:
    """Return the citation as text, BibTeX and RIS, of this version."""
    people = [one["title"] for one in release.descriptor["contributors"]
              if "creator" in one["roles"]]  # fmt: skip
    publisher = next(
        one["title"] for one in release.descriptor["contributors"] if "publisher" in one["roles"]
    )
    title, year = release.title.fr, release.released.year
    url = f"{base}site/{release.study}/index.html"
    plain = (
        f"{release.descriptor['pub:citation']}, version {release.version}, "
        f"{release.released.isoformat()}, {release.licence['title']}."
    )
    bibtex = "\n".join(
        (
            f"@misc{{{release.study}-{release.version},",
            f"  author = {{{' and '.join(f'{{{one}}}' for one in people)}}},",
            f"  title = {{{title}}},",
            f"  version = {{{release.version}}},",
            f"  year = {{{year}}},",
            f"  publisher = {{{publisher}}},",
            f"  url = {{{url}}}",
            "}",
        )
    )
    ris = "\n".join(
        (
            "TY  - DATA",
            *(f"AU  - {one}" for one in people),
            f"TI  - {title}",
            f"PY  - {year}",
            f"DA  - {release.released:%Y/%m/%d}",
            f"ET  - {release.version}",
            f"PB  - {publisher}",
            f"UR  - {url}",
            "ER  - ",
        )
    )
    return {"text": plain, "BibTeX": bibtex, "RIS": ris}
