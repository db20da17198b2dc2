"""Machine catalogues: each accepted by its real validator, offline, and refused when broken."""

import datetime as dt
import hashlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import frictionless
import mlcroissant
import pyarrow.parquet as pq
import pyshacl
import pytest
from lxml import etree
from rdflib import DCAT, DCTERMS, RDF, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

import phare_data
from pipelines.catalogue import build_site, read_published
from pipelines.catalogue.machine import ddi, head
from pipelines.release import withdraw
from pipelines.study import Study
from tests.release.made_up_release import changed_value, declared, edit, published
from tests.tiny_study import STUDY

REFERENCE = Path(__file__).parent / "reference"
SHAPES = ("shapes.ttl", "dcat-ap-SHACL.ttl", "range.ttl")
SPDX = Namespace("http://spdx.org/rdf/terms#")
DDI = {"d": "ddi:codebook:2_6"}
BASE = "https://exemple.fr/donnees/"
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),
    pytest.mark.filterwarnings("ignore::FutureWarning:mlcroissant"),
]
DATASET = URIRef(f"{BASE}{STUDY}/")
SPATIAL = {
    "title": {"fr": "France", "en": "France"},
    "uri": "http://publications.europa.eu/resource/authority/country/FRA",
    "box": [-5.15, 41.33, 9.56, 51.09],
}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No validator may reach for the network."""

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of a study with a place, three versions, one of them withdrawn."""
    root = tmp_path_factory.mktemp("machine") / "root"
    declared(root)
    study = edit(root, "study", lambda one: one.update(spatial=SPATIAL))
    published(study)
    published(study, lambda rows: rows[:-1])
    published(study, changed_value, erratum="Un poids était faux.")
    withdraw(
        root, STUDY, "0.2.0", reason="lignes perdues", by="A. Nom", run_id="run-w",
        replaced_by="0.3.0",
    )  # fmt: skip
    build_site(root, base_url=BASE)
    return root / "published" / "site"


@pytest.fixture(scope="module")
def graph(site: Path) -> Graph:
    return Graph().parse(site / "catalog.ttl", format="turtle")


def conforms(graph: Graph, shapes: str) -> bool:
    place = REFERENCE / "dcat-ap-3.0.1" / shapes
    found, _, text = pyshacl.validate(graph, shacl_graph=str(place), shacl_graph_format="turtle")
    return bool(found) or ("sh:Violation" not in text and "shacl:Violation" not in text)


def copy_of(graph: Graph) -> Graph:
    copied = Graph()
    for triple in graph:
        copied.add(triple)
    return copied


@pytest.mark.parametrize("shapes", SHAPES)
def test_the_catalogue_conforms_to_dcat_ap(graph: Graph, shapes: str) -> None:
    assert conforms(graph, shapes)


@pytest.mark.parametrize(
    ("shapes", "broken"),
    [
        ("shapes.ttl", (DATASET, DCTERMS.title, None)),
        ("shapes.ttl", (None, DCAT.accessURL, None)),
        ("dcat-ap-SHACL.ttl", (DATASET, DCTERMS.description, None)),
        ("range.ttl", (None, RDF.type, DCTERMS.LicenseDocument)),
    ],
)
def test_a_catalogue_that_lacks_something_does_not_conform(
    graph: Graph, shapes: str, broken: tuple
) -> None:
    damaged = copy_of(graph)
    damaged.remove(broken)
    assert len(damaged) < len(graph) and not conforms(damaged, shapes)


def test_a_size_that_is_no_number_does_not_conform(graph: Graph) -> None:
    damaged = copy_of(graph)
    node = next(damaged.subjects(RDF.type, DCAT.Distribution))
    damaged.set((node, DCAT.byteSize, Literal("large")))
    assert not conforms(damaged, "shapes.ttl")


def test_turtle_and_json_ld_say_the_same(site: Path, graph: Graph) -> None:
    assert isomorphic(graph, Graph().parse(site / "catalog.jsonld", format="json-ld"))


def test_what_a_harvester_reads_is_there(site: Path, graph: Graph) -> None:
    assert list(graph.subjects(RDF.type, DCAT.Dataset)) == [DATASET]
    assert str(graph.value(DATASET, URIRef(f"{DCAT}version"))) == "0.3.0"
    descriptor = json.loads((site.parent / STUDY / "0.3.0" / "datapackage.json").read_bytes())
    licence = URIRef(descriptor["licenses"][0]["path"])
    files = list(graph.objects(DATASET, DCAT.distribution))
    tables = [one for one in descriptor["resources"] if one["format"] == "parquet"]
    assert len(files) == 2 * len(tables)
    assert graph.value(DATASET, DCTERMS.license) == licence
    for node in files:
        path = site.parent / str(graph.value(node, DCAT.downloadURL)).removeprefix(BASE)
        assert int(graph.value(node, DCAT.byteSize)) == path.stat().st_size
        checksum = graph.value(node, SPDX.checksum)
        assert graph.value(checksum, SPDX.algorithm) == SPDX.checksumAlgorithm_sha256
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert str(graph.value(checksum, SPDX.checksumValue)) == digest
        assert graph.value(node, DCTERMS.license) == licence
    when = graph.value(DATASET, DCTERMS.temporal)
    assert isinstance(graph.value(when, DCAT.startDate).toPython(), dt.date)
    place = graph.value(DATASET, DCTERMS.spatial)
    assert str(graph.value(place, DCAT.bbox)).startswith("POLYGON((-5.15 41.33")
    others = set(graph.objects(DATASET, DCTERMS.relation))
    assert others == {URIRef(f"{BASE}{STUDY}/0.1.0/")}  # not the withdrawn one


def test_a_study_taken_back_whole_leaves_the_catalogues(site: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(site.parents[1], tmp_path / "root"))
    for version in ("0.1.0", "0.3.0"):
        withdraw(root, STUDY, version, reason="x", by="y", run_id="z")
    build_site(root, base_url=BASE)
    found = Graph().parse(root / "published" / "site" / "catalog.ttl", format="turtle")
    assert not list(found.subjects(RDF.type, DCAT.Dataset))
    assert not list((root / "published" / "site" / STUDY).glob("*/ddi.xml"))
    published = read_published(root / "published")
    assert "noindex" in head(published.studies[0].newest, BASE)


def ddi_schema() -> etree.XMLSchema:
    place = REFERENCE / "ddi-codebook-2.6" / "schemas" / "codebook.xsd"
    return etree.XMLSchema(etree.parse(place, etree.XMLParser(no_network=True)))


def test_the_codebook_is_valid_ddi_with_published_figures_only(site: Path) -> None:
    schema = ddi_schema()
    for version in ("0.1.0", "0.3.0"):
        document = etree.parse(site / STUDY / version / "ddi.xml")
        assert schema.validate(document), schema.error_log
    assert not (site / STUDY / "0.2.0").exists()
    release = read_published(site.parent).studies[0].current
    published = {
        row["value"] * 100
        for row in release.estimates.rows
        if row["status"] == "published" and {row[one] for one in release.breakdowns} == {"_T"}
    }
    shares = [one.text for one in document.iterfind(".//d:catStat[@type='percent']", DDI)]
    assert shares and {Decimal(one) for one in shares} <= published
    texts = [one.text for one in document.iterfind(".//d:var/d:qstn/d:qstnLit", DDI)]
    assert texts and all(texts)
    assert document.find(".//d:dataColl/d:weight", DDI).text
    assert document.find(".//d:dataColl/d:sampProc", DDI).text
    assert document.find(".//d:sumDscr/d:universe", DDI).text


@pytest.mark.parametrize(
    "break_it",
    [
        lambda root: root.find(".//d:titlStmt/d:titl", DDI).getparent().remove(
            root.find(".//d:titlStmt/d:titl", DDI)),
        lambda root: root.find(".//d:var", DDI).attrib.pop("name"),
        lambda root: etree.SubElement(root.find(".//d:catgry", DDI), "{ddi:codebook:2_6}value"),
        lambda root: root.find(".//d:catgry", DDI).set("missing", "perhaps"),
    ],
)  # fmt: skip
def test_a_codebook_that_is_broken_is_not_valid(site: Path, break_it: Callable) -> None:
    document = etree.parse(site / STUDY / "0.3.0" / "ddi.xml")
    break_it(document.getroot())
    assert not ddi_schema().validate(document)


def test_answers_that_are_none_are_flagged_missing(site: Path) -> None:
    answers = pq.read_table(site.parent / STUDY / "0.3.0" / "data" / "answers.parquet").to_pylist()
    wanted = {one["answer"] for one in answers if one["kind"] != "answer"}
    document = etree.parse(site / STUDY / "0.3.0" / "ddi.xml")
    found = {one.find("d:catValu", DDI).text
             for one in document.iterfind(".//d:catgry[@missing='Y']", DDI)}  # fmt: skip
    assert found == wanted


def local_croissant(site: Path, place: Path) -> dict:
    """Return croissant.json with its files beside it: nothing is downloaded in a test."""
    found = json.loads((site / STUDY / "0.3.0" / "croissant.json").read_bytes())
    for one in found["distribution"]:
        path = site.parent / one["contentUrl"].removeprefix(BASE)
        shutil.copy(path, place / path.name)
        one["contentUrl"] = path.name
    return found


def test_croissant_is_valid_and_loads_the_rows(site: Path, tmp_path: Path) -> None:
    mlcroissant.Dataset(jsonld=str(site / STUDY / "0.3.0" / "croissant.json"))
    path = tmp_path / "croissant.json"
    path.write_text(json.dumps(local_croissant(site, tmp_path)))
    rows = list(mlcroissant.Dataset(jsonld=str(path)).records("answers"))
    table = pq.read_table(site.parent / STUDY / "0.3.0" / "data" / "answers.parquet").to_pylist()
    found = [one["answers/label_fr"].decode() for one in rows]
    assert found == [one["label_fr"] for one in table]


def test_croissant_that_is_broken_is_refused(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "croissant.json"
    broken = local_croissant(site, tmp_path)
    del broken["name"]
    broken["recordSet"][0]["field"][0]["source"]["fileObject"]["@id"] = "none"
    path.write_text(json.dumps(broken))
    with pytest.raises(mlcroissant.ValidationError):
        mlcroissant.Dataset(jsonld=str(path))
    wrong = local_croissant(site, tmp_path)
    for one in wrong["distribution"]:
        one["sha256"] = "0" * 64
    path.write_text(json.dumps(wrong))
    with pytest.raises(Exception, match="Download"):  # of a file with another digest
        list(mlcroissant.Dataset(jsonld=str(path)).records("answers"))


class Scripts(HTMLParser):
    """Collects the JSON-LD of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_in = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.is_in = tag == "script" and ("type", "application/ld+json") in attrs

    def handle_data(self, data: str) -> None:
        if self.is_in:
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.is_in = False


def dataset_of(html: str) -> dict:
    parser = Scripts()
    parser.feed(html)
    (script,) = parser.found
    return json.loads(script)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_head_of_a_page_holds_what_dataset_search_asks(site: Path, lang: str) -> None:
    release = read_published(site.parent).studies[0].current
    found = dataset_of(head(release, BASE, lang))
    assert google_faults(found) == []
    assert found["name"] == getattr(release.title, lang)
    digests = {one["sha256"] for one in found["distribution"]}
    assert digests == {one.sha256 for table in release.tables.values()
                       for one in (table.parquet, table.csv)}  # fmt: skip
    parsed = Graph().parse(
        data=json.dumps(found | {"@context": {"@vocab": "https://schema.org/"}}), format="json-ld"
    )
    assert (URIRef(found["@id"]), RDF.type, URIRef("https://schema.org/Dataset")) in parsed


def google_faults(one: dict) -> list[str]:
    """Return what the rules of Google's Dataset Search find missing (Dataset, DataDownload)."""
    faults = [name for name in ("name", "description") if not one.get(name)]
    faults += [] if 50 <= len(one.get("description", "")) <= 5000 else ["description length"]
    for name in ("license", "creator", "temporalCoverage", "spatialCoverage", "variableMeasured",
                 "measurementTechnique", "includedInDataCatalog", "identifier", "version",
                 "isAccessibleForFree", "url", "citation", "distribution"):  # fmt: skip
        faults += [] if one.get(name) else [name]
    faults += ["contentUrl" for each in one.get("distribution", ())
               if not str(each.get("contentUrl", "")).startswith("https://")]  # fmt: skip
    return faults


def test_every_page_says_what_it_is_about(site: Path) -> None:
    pages = [
        one for one in site.rglob("*.html") if one.parent.name != "site" or one.name == "index.html"
    ]
    kinds = set()
    for page in pages:
        parser = Scripts()
        parser.feed(page.read_text("utf-8"))
        if not parser.found:
            continue
        content = json.loads(parser.found[0])
        kinds.add(content["@type"])
        about = content.get("about", content)
        assert about["name"] and about["url"].startswith(BASE)
        if content["@type"] == "WebPage":
            assert 50 <= len(about["description"]) <= 5000
    assert kinds == {"Dataset", "DataCatalog", "WebPage"}


def test_a_dataset_that_lacks_something_is_found(site: Path) -> None:
    found = dataset_of(head(read_published(site.parent).studies[0].current, BASE))
    del found["license"], found["distribution"][0]["contentUrl"]
    assert google_faults(found) == ["license", "contentUrl"]


def test_no_text_can_end_the_script_of_a_page(site: Path, study: Study) -> None:
    release = read_published(study.root / "published").studies[0].current
    release.descriptor["i18n:title"]["fr"] = "</script><script>alert(1)</script>"
    html = head(release, BASE)
    assert html.count("</script>") == 1
    assert dataset_of(html)["name"] == "</script><script>alert(1)</script>"


def test_each_table_schema_stands_alone_and_accepts_its_csv(site: Path) -> None:
    folders = sorted((site / STUDY / "0.3.0" / "schemas").iterdir())
    release = read_published(site.parent).studies[0].current
    assert {one.name for one in folders} == set(release.tables)
    for folder in folders:
        content = json.loads((folder / "schema.json").read_bytes())
        frictionless.Schema.from_descriptor(content)
        for key in ("title", "description", "homepage", "version", "created", "lastModified",
                    "contributors", "resources", "path"):  # fmt: skip
            assert content[key], key
        assert content["version"] == "0.3.0"
        assert (folder / "README.md").read_text("utf-8").startswith("# ")
        csv = release.folder / release.tables[folder.name].csv.path
        assert accepts(content, csv)


def accepts(schema: dict, csv: Path) -> bool:
    resource = frictionless.Resource(
        path=csv.name, basepath=str(csv.parent),
        schema=frictionless.Schema.from_descriptor(schema),
    )  # fmt: skip
    return bool(resource.validate().valid)


def test_a_table_schema_that_is_wrong_is_refused(site: Path) -> None:
    release = read_published(site.parent).studies[0].current
    path = site / STUDY / "0.3.0" / "schemas" / "waves" / "schema.json"
    content = json.loads(path.read_bytes())
    content["fields"][1]["name"] = "other"
    assert not accepts(content, release.folder / release.tables["waves"].csv.path)
    content["fields"][0]["type"] = "unheard"
    with pytest.raises(frictionless.FrictionlessException):
        frictionless.Schema.from_descriptor(content)


def test_the_deposit_says_what_zenodo_asks(site: Path) -> None:
    """Zenodo gives no schema: these are the rules of its deposit API for an open data set."""
    found = json.loads((site / STUDY / "0.3.0" / "zenodo.json").read_bytes())
    assert found["upload_type"] == "dataset" and found["access_right"] == "open"
    assert dt.date.fromisoformat(found["publication_date"])
    assert all(one["name"] for one in found["creators"])
    assert found["license"] and found["title"] and len(found["description"]) > 3
    assert len(found["language"]) == 3 and found["version"] == "0.3.0"
    assert {one["type"] for one in found["dates"]} <= {"Collected", "Valid", "Withdrawn"}
    assert all({"identifier", "relation"} <= set(one) for one in found["related_identifiers"])


def test_the_sitemap_names_every_page_and_no_other(site: Path) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    found = etree.parse(site / "sitemap.xml")
    listed = {one.text.removeprefix(f"{BASE}site/") for one in found.iterfind(".//s:loc", space)}
    assert listed == {one.relative_to(site).as_posix() for one in site.rglob("*.html")}
    assert f"Sitemap: {BASE}site/sitemap.xml" in (site / "robots.txt").read_text()


def test_the_client_lists_what_an_address_holds(site: Path) -> None:
    index = json.loads((site / "studies.json").read_bytes())
    assert [one["study"] for one in index] == [
        one["study"] for one in phare_data.catalog(site.parent)
    ]


def test_the_same_releases_give_the_same_bytes_in_another_process(site: Path) -> None:
    root = site.parents[1]
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    code = (
        "import sys; from pathlib import Path; from pipelines.catalogue import build_site;"
        f"build_site(Path({str(root)!r}), base_url={BASE!r})"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "HOME": str(root)},
        )  # fmt: skip
        after = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
        assert before == after


def test_the_ddi_counts_the_newest_wave_whatever_its_name(tmp_path: Path) -> None:
    """Of `printemps` and `automne` it took the one that comes last in the alphabet."""
    declared(tmp_path, waves=("automne", "printemps"))
    days = {"start": dt.date(2020, 9, 1), "end": dt.date(2020, 10, 1)}
    study = edit(tmp_path, "waves", lambda file: file["waves"]["automne"].update(days))
    published(study)
    release = read_published(tmp_path / "published").studies[0].newest
    notes = etree.fromstring(ddi.codebook(release, BASE)).findall(".//d:var/d:notes", DDI)
    assert {one.text for one in notes} == {"wave: automne"}
