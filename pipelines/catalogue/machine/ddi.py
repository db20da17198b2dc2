"""DDI-Codebook 2.6: a release as survey archives read it.

Belongs here: ddi.xml, its study and file parts. Not here: its variables (ddi_variables.py).
"""

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from pipelines.catalogue.machine.ddi_variables import add_variables
from pipelines.catalogue.machine.elements import NAMESPACE, Element, add, add_both, as_bytes
from pipelines.catalogue.machine.facts import (
    notices,
    page_url,
    people,
    period,
    release_url,
    spatial,
)
from pipelines.catalogue.published import Release
from pipelines.study import Text
from pipelines.texts import LANGUAGES


def codebook(release: Release, base_url: str) -> bytes:
    """Return ddi.xml: study, method, files and variables with their published frequencies."""
    root = ET.Element(f"{{{NAMESPACE}}}codeBook", {"version": "2.6"})
    _add_study(add(root, "stdyDscr"), release, base_url)
    for table in release.tables.values():
        _add_file(root, release, table.name, base_url)
    add_variables(add(root, "dataDscr"), release)
    return as_bytes(root)


def _add_study(study: Element, release: Release, base_url: str) -> None:
    _add_citation(add(study, "citation"), release, base_url)
    info = add(study, "stdyInfo")
    subject = add(info, "subject")
    for keyword in release.descriptor.get("keywords", ()):
        add(subject, "keyword", keyword, lang="fr")
    add_both(info, "abstract", release.description)
    _add_summary(add(info, "sumDscr"), release)
    for wave, notice in notices(release).items():
        _add_method(add(study, "method"), wave, notice)
    _add_access(add(study, "dataAccs"), release)


def _add_citation(citation: Element, release: Release, base_url: str) -> None:
    titles = add(citation, "titlStmt")
    add(titles, "titl", release.title.fr, lang="fr")
    add(titles, "parTitl", release.title.en, lang="en")
    add(titles, "IDNo", release.descriptor["id"], agency="URN")
    responsible = add(citation, "rspStmt")
    for one in people(release, "creator"):
        add(responsible, "AuthEnty", one["title"])
    production = add(citation, "prodStmt")
    for one in people(release, "publisher"):
        add(production, "producer", one["title"])
    licence = release.licence
    add(production, "license", licence["title"], URI=licence["path"], type="data")
    distribution = add(citation, "distStmt")
    add(distribution, "distrbtr", people(release, "publisher")[0]["title"])
    day = release.released.isoformat()
    add(distribution, "distDate", day, date=day)
    add(add(citation, "verStmt"), "version", release.version, date=day)
    add(citation, "biblCit", release.descriptor["pub:citation"])
    add(citation, "holdings", URI=page_url(release.study, base_url))


def _add_summary(summary: Element, release: Release) -> None:
    waves = release.descriptor["pub:waves"]
    start, end = period(release)
    add(summary, "timePrd", start, date=start, event="start")
    add(summary, "timePrd", end, date=end, event="end")
    for wave in waves:
        for event in ("start", "end"):
            add(summary, "collDate", wave[event], date=wave[event], event=event, cycle=wave["name"])
    where = spatial(release)
    if where:
        add_both(summary, "geogCover", where.title)
    add_both(summary, "universe", release.universe)
    add(summary, "dataKind", "aggregate data: shares and means with their errors", lang="en")


def _add_method(method: Element, wave: str, notice: Mapping[str, Text]) -> None:
    """Add what the method notice of one wave says, each text as it was published."""
    collection = add(method, "dataColl")
    add(collection, "dataCollector", notice["institute"].fr)
    add_both(collection, "sampProc", notice["sampling"])
    frame = add(collection, "sampleFrame")
    add_both(frame, "txt", notice["sample_frame"])
    add_both(collection, "collMode", notice["mode"])
    add_both(collection, "actMin", notice["incentive"])
    add_both(collection, "weight", notice["weighting"])
    add(method, "notes", f"{wave} : {notice['respondents'].fr} ; {notice['fieldwork'].fr}")
    analysis = add(method, "anlyInfo")
    add_both(analysis, "respRate", notice["non_response"])
    add_both(analysis, "EstSmpErr", notice["margins_of_error"])


def _add_access(access: Element, release: Release) -> None:
    licence = release.licence
    add(access, "license", licence["title"], URI=licence["path"])
    use = add(access, "useStmt")
    add(use, "citReq", release.descriptor["pub:citation"])
    for text in _caveats(release):
        add_both(use, "disclaimer", text)


def _caveats(release: Release) -> Iterator[Text]:
    yield Text(
        fr="Données agrégées : aucune ligne de répondant n'est diffusée ; les cellules retenues "
        "sont vides.",
        en="Aggregate data: no row of a respondent is disseminated; withheld cells are empty.",
    )
    if release.is_synthetic:
        yield Text(
            fr="Données synthétiques : aucune ligne ne décrit un répondant réel.",
            en="Synthetic data: no row describes a real respondent.",
        )


def _add_file(root: Element, release: Release, name: str, base_url: str) -> None:
    table = release.tables[name]
    for file in (table.parquet, table.csv):
        address = release_url(release, base_url, file.path)
        described = add(root, "fileDscr", URI=address)
        text = add(described, "fileTxt", mimeType=file.mediatype)
        add(text, "fileName", file.path)
        fingerprint = add(text, "dataFingerprint", type="dataFile")
        add(fingerprint, "digitalFingerprintValue", file.sha256)
        add(fingerprint, "algorithmSpecification", "SHA-256")
        for lang in LANGUAGES:
            add(text, "fileCont", getattr(table.description, lang), lang=lang)
        size = add(text, "dimensns")
        add(size, "caseQnty", str(table.row_count))
        add(size, "varQnty", str(len(table.fields)))
        add(text, "format", file.format)
