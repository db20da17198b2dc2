"""CITATION.cff, judged by the schema of the Citation File Format 1.2.0."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipelines.release import ReleaseOutcome
from pipelines.study import Study
from tests.release.made_up_release import edit, published

PROJECT = Path(__file__).parents[2]
SCHEMA = Path(__file__).parent / "reference" / "cff-1.2.0" / "schema.json"
COMMITTED = sorted((PROJECT / "published").glob("*/*/CITATION.cff"))


class PlainDates(yaml.SafeLoader):
    """YAML whose dates stay text, as the schema wants them."""


PlainDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    return PlainDates(text).get_single_data()


def faults(text: str) -> list[str]:
    """Return what the schema finds in a citation file, each with its place."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{one.json_path} {one.message}" for one in validator.iter_errors(read(text))]


@pytest.mark.parametrize(
    "path", [PROJECT / "CITATION.cff", *COMMITTED], ids=lambda path: str(path.relative_to(PROJECT))
)
def test_the_schema_accepts_the_citation_of_the_software_and_of_every_release(path: Path) -> None:
    assert len(COMMITTED) >= 3
    assert faults(path.read_text("utf-8")) == []


def test_the_schema_accepts_what_a_release_writes(study: Study, first: ReleaseOutcome) -> None:
    text = (first.path / "CITATION.cff").read_text("utf-8")
    assert faults(text) == []
    told: dict[str, Any] = yaml.safe_load(text)
    assert (told["type"], told["version"], told["license"]) == ("dataset", "0.1.0", "etalab-2.0")


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        (lambda told: told.pop("authors"), "authors"),
        (lambda told: told.update(authors=[]), "authors"),
        (lambda told: told.update({"date-released": "24 novembre"}), "date-released"),
        (lambda told: told.update(license="lov2"), "license"),
        (lambda told: told.update({"license-url": "etalab"}), "license-url"),
        (lambda told: told.update(type="data"), "type"),
        (lambda told: told.update(licence="etalab-2.0"), "licence"),
        (lambda told: told.update({"cff-version": 1.2}), "cff-version"),
    ],
)
def test_a_file_broken_on_purpose_is_found(first: ReleaseOutcome, broken: Any, place: str) -> None:
    told = read((first.path / "CITATION.cff").read_text("utf-8"))
    broken(told)
    assert any(place in one for one in faults(yaml.safe_dump(told)))


def test_words_given_twice_and_a_licence_of_no_list_still_make_a_valid_file(
    study: Study, first: ReleaseOutcome
) -> None:
    def change(file: dict[str, Any]) -> None:
        file["keywords"] = ["maires", "alliances", "maires"]
        file["contributors"] = [{"title": "Essai"}, {"title": "Essai", "roles": ["creator"]}]
        file["licence"] = {**file["licence"], "name": "lov2"}

    again = published(edit(study.root, "study", change), erratum="x")
    text = (again.path / "CITATION.cff").read_text("utf-8")
    assert faults(text) == []
    told = yaml.safe_load(text)
    assert told["keywords"] == ["maires", "alliances"] and "license" not in told
    assert told["license-url"].startswith("https://")
