"""DCAT-AP 3: the catalogue that data.gouv.fr and data.europa.eu harvest from an address.

Belongs here: the graph, and its two files. Not here: schema.org for search engines
(schema_org.py). Every node has an address of its own, so that the files are the same at each build.
"""

import json
from collections.abc import Iterator
from typing import Any

from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from pipelines.catalogue.machine.facts import page_url, people, period, release_url, spatial, valid
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.published import File, Published, Release, Study, Table
from pipelines.study import Text

ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
GEO = Namespace("http://www.opengis.net/ont/geosparql#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
EU = "http://publications.europa.eu/resource/authority/"
LANGUAGES = {"fr": URIRef(f"{EU}language/FRA"), "en": URIRef(f"{EU}language/ENG")}
FORMATS = {"parquet": f"{EU}file-type/PARQUET", "csv": f"{EU}file-type/CSV"}
MEDIA = "https://www.iana.org/assignments/media-types/"
THEME = URIRef(f"{EU}data-theme/SOCI")
PUBLIC = URIRef(f"{EU}access-right/PUBLIC")
STABLE = URIRef(f"{EU}planned-availability/STABLE")
THEMES = URIRef(f"{EU}data-theme")
IRREGULAR = URIRef(f"{EU}frequency/IRREG")


def files(published: Published, base_url: str) -> Iterator[SiteFile]:
    """Yield catalog.ttl and catalog.jsonld: the newest valid version of every study."""
    found = graph(published, base_url)
    yield "catalog.ttl", found.serialize(format="turtle").encode()
    yield "catalog.jsonld", _json_ld(found)


def graph(published: Published, base_url: str) -> Graph:
    """Return the catalogue; a study whose versions were all taken back is not in it."""
    found = Graph()
    for prefix, space in (
        ("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("adms", ADMS), ("spdx", SPDX),
        ("vcard", VCARD), ("geo", GEO), ("skos", SKOS), ("dcatap", DCATAP),
    ):  # fmt: skip
        found.bind(prefix, space)
    current = [(one, one.current) for one in published.studies if one.current]
    _add_catalogue(found, [release for _, release in current if release], base_url)
    for study, release in current:
        if release:
            _add_dataset(found, study, release, base_url)
    return found


def _add_catalogue(found: Graph, releases: list[Release], base_url: str) -> None:
    node = URIRef(f"{base_url}site/catalog")
    found.add((node, RDF.type, DCAT.Catalog))
    _add_text(found, node, DCTERMS.title, Text(fr="Catalogue de Phare", en="Catalogue of Phare"))
    about = Text(
        fr="Les études publiées ici, chacune dans sa version la plus récente.",
        en="The studies published here, each in its newest version.",
    )
    _add_text(found, node, DCTERMS.description, about)
    home = URIRef(f"{base_url}site/index.html")
    found.add((node, FOAF.homepage, home))
    found.add((home, RDF.type, FOAF.Document))
    found.add((node, DCAT.themeTaxonomy, THEMES))
    found.add((THEMES, RDF.type, SKOS.ConceptScheme))
    _add_text(found, THEMES, DCTERMS.title, Text(fr="Thèmes de données", en="Data themes"))
    society = Text(fr="Population et société", en="Population and society")
    _add_text(found, THEME, SKOS.prefLabel, society)
    _add_text(found, STABLE, SKOS.prefLabel, Text(fr="stable", en="stable"))
    for language in LANGUAGES.values():
        found.add((node, DCTERMS.language, language))
        found.add((language, RDF.type, DCTERMS.LinguisticSystem))
    if releases:
        newest = max(one.released for one in releases)
        found.add((node, DCTERMS.issued, Literal(min(one.released for one in releases))))
        found.add((node, DCTERMS.modified, Literal(newest)))
        _add_agent(found, node, DCTERMS.publisher, people(releases[0], "publisher")[0], base_url)
        _add_licence(found, node, releases[0])
    for one in releases:
        found.add((node, DCAT.dataset, _dataset_node(one, base_url)))


def _add_dataset(found: Graph, study: Study, release: Release, base_url: str) -> None:
    node, descriptor = _dataset_node(release, base_url), release.descriptor
    found.add((node, RDF.type, DCAT.Dataset))
    _add_text(found, node, DCTERMS.title, release.title)
    _add_text(found, node, DCTERMS.description, release.description)
    found.add((node, DCTERMS.identifier, Literal(str(node))))
    for keyword in descriptor.get("keywords", ()):
        found.add((node, DCAT.keyword, Literal(keyword, lang="fr")))
    for target, about, kind in (
        (DCAT.theme, THEME, SKOS.Concept), (DCTERMS.accessRights, PUBLIC, DCTERMS.RightsStatement),
        (DCTERMS.accrualPeriodicity, IRREGULAR, DCTERMS.Frequency),
    ):  # fmt: skip
        found.add((node, target, about))
        found.add((about, RDF.type, kind))
    for one in people(release, "creator"):
        _add_agent(found, node, DCTERMS.creator, one, base_url)
    publisher = people(release, "publisher")[0]
    _add_agent(found, node, DCTERMS.publisher, publisher, base_url)
    _add_contact(found, node, str(publisher["title"]), publisher.get("path"))
    first = min(one.released for one in study.releases)
    found.add((node, DCTERMS.issued, Literal(first)))
    found.add((node, DCTERMS.modified, Literal(release.released)))
    for language in LANGUAGES.values():
        found.add((node, DCTERMS.language, language))
    page = URIRef(page_url(release.study, base_url))
    found.add((node, DCAT.landingPage, page))
    found.add((page, RDF.type, FOAF.Document))
    _add_licence(found, node, release)
    _add_cover(found, node, release)
    _add_versions(found, node, study, release, base_url)
    for table in release.tables.values():
        for file in (table.parquet, table.csv):
            _add_distribution(found, node, release, table, file, base_url)


def _add_versions(
    found: Graph, node: URIRef, study: Study, release: Release, base_url: str
) -> None:
    """Link the version and the others: none of them is a dataset of the catalogue."""
    found.add((node, URIRef(f"{DCAT}version"), Literal(release.version)))
    for sentence in release.changes:
        _add_text(found, node, ADMS.versionNotes, sentence)
    others = [one for one in valid(study) if one is not release]
    for one in others:  # dcat:hasVersion would ask for datasets, and each be harvested as one
        found.add((node, DCTERMS.relation, URIRef(release_url(one, base_url))))
    for one in others[:1]:
        previous = URIRef(f"{DCAT}previousVersion")
        found.add((node, previous, URIRef(release_url(one, base_url))))


def _add_cover(found: Graph, node: URIRef, release: Release) -> None:
    start, end = period(release)
    when = URIRef(f"{node}#period")
    found.add((node, DCTERMS.temporal, when))
    found.add((when, RDF.type, DCTERMS.PeriodOfTime))
    found.add((when, DCAT.startDate, Literal(start, datatype=XSD.date)))
    found.add((when, DCAT.endDate, Literal(end, datatype=XSD.date)))
    where = spatial(release)
    if where is None:
        return
    place = URIRef(where.uri)
    west, south, east, north = where.box
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    box = f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"
    found.add((node, DCTERMS.spatial, place))
    found.add((place, RDF.type, DCTERMS.Location))
    found.add((place, DCAT.bbox, Literal(box, datatype=GEO.wktLiteral)))
    middle = f"POINT({(west + east) / 2:.4f} {(south + north) / 2:.4f})"
    found.add((place, DCAT.centroid, Literal(middle, datatype=GEO.wktLiteral)))


def _add_distribution(
    found: Graph, dataset: URIRef, release: Release, table: Table, file: File, base_url: str
) -> None:
    address = URIRef(release_url(release, base_url, file.path))
    node = URIRef(f"{address}#distribution")
    found.add((dataset, DCAT.distribution, node))
    found.add((node, RDF.type, DCAT.Distribution))
    for lang in ("fr", "en"):
        title = f"{getattr(table.title, lang)} ({file.format.upper()})"
        found.add((node, DCTERMS.title, Literal(title, lang=lang)))
    _add_text(found, node, DCTERMS.description, table.description)
    found.add((node, DCAT.accessURL, address))
    found.add((node, DCAT.downloadURL, address))
    for target, about, kind in (
        (DCAT.mediaType, f"{MEDIA}{file.mediatype}", DCTERMS.MediaType),
        (DCTERMS["format"], FORMATS[file.format], DCTERMS.MediaTypeOrExtent),
    ):
        found.add((node, target, URIRef(about)))
        found.add((URIRef(about), RDF.type, kind))
    size = Literal(str(file.bytes), datatype=XSD.nonNegativeInteger)
    found.add((node, DCAT.byteSize, size))
    found.add((node, DCTERMS.modified, Literal(release.released)))
    for language in LANGUAGES.values():
        found.add((node, DCTERMS.language, language))
    found.add((node, DCATAP.availability, STABLE))
    found.add((STABLE, RDF.type, SKOS.Concept))
    _add_licence(found, node, release)
    _add_checksum(found, node, file)
    schema = f"{base_url}site/{release.study}/{release.version}/schemas/{table.name}/schema.json"
    found.add((node, DCTERMS.conformsTo, URIRef(schema)))
    found.add((URIRef(schema), RDF.type, DCTERMS.Standard))


def _add_checksum(found: Graph, node: URIRef, file: File) -> None:
    checksum = URIRef(f"{node.removesuffix('#distribution')}#sha256")
    found.add((node, SPDX.checksum, checksum))
    found.add((checksum, RDF.type, SPDX.Checksum))
    found.add((checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256))
    found.add((SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm))
    value = Literal(file.sha256, datatype=XSD.hexBinary, normalize=False)
    found.add((checksum, SPDX.checksumValue, value))


def _add_licence(found: Graph, node: URIRef, release: Release) -> None:
    licence = URIRef(release.licence["path"])
    found.add((node, DCTERMS.license, licence))
    found.add((licence, RDF.type, DCTERMS.LicenseDocument))


def _add_agent(found: Graph, node: URIRef, role: URIRef, one: Any, base_url: str) -> None:
    agent = URIRef(one.get("path") or f"{base_url}site/catalog#{_slug(one['title'])}")
    found.add((node, role, agent))
    found.add((agent, RDF.type, FOAF.Agent))
    found.add((agent, FOAF.name, Literal(one["title"])))


def _add_contact(found: Graph, node: URIRef, name: str, address: str | None) -> None:
    contact = URIRef(f"{node}#contact")
    found.add((node, DCAT.contactPoint, contact))
    found.add((contact, RDF.type, VCARD.Kind))
    found.add((contact, RDF.type, VCARD.Organization))
    found.add((contact, VCARD.fn, Literal(name)))
    if address:
        found.add((contact, VCARD.hasURL, URIRef(address)))


def _add_text(found: Graph, node: URIRef, target: URIRef, text: Text) -> None:
    found.add((node, target, Literal(text.fr, lang="fr")))
    found.add((node, target, Literal(text.en, lang="en")))


def _dataset_node(release: Release, base_url: str) -> URIRef:
    """Return the address of a study as a dataset: the same for all its versions."""
    return URIRef(f"{base_url}{release.study}/")


def _slug(text: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in text.lower())


def _json_ld(found: Graph) -> bytes:
    """Return the graph as expanded JSON-LD, in one order whatever the machine."""
    nodes = json.loads(found.serialize(format="json-ld"))
    return (json.dumps(_ordered(nodes), ensure_ascii=False, indent=1) + "\n").encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):  # in JSON-LD a list is a set, unless it says otherwise
        return sorted(
            map(_ordered, value), key=lambda one: json.dumps(one, sort_keys=True, default=str)
        )
    return value
