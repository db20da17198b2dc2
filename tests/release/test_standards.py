"""The stock validators accept what a release says of itself, without a network."""

import inspect
import json
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import event_v2, facet_v2, generated
from openlineage.client.serde import Serde
from rocrate_validator import models, services
from rocrate_validator.utils import document_loader, http

from pipelines.release import ReleaseOutcome
from pipelines.release.openlineage import PRODUCER
from pipelines.study import Study
from tests.release.made_up_release import changed_value, published

CRATE = "ro-crate-metadata.json"


def facet_classes() -> dict[str, type]:
    """Return every facet class of the OpenLineage client by the address of its schema."""
    assert facet_v2
    folder = Path(generated.__file__).parent
    modules = [
        __import__(f"openlineage.client.generated.{path.stem}", fromlist=["_"])
        for path in folder.glob("[a-z]*.py")
    ]
    return {
        kind._get_schema(): kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if hasattr(kind, "_get_schema") and kind.__name__.endswith("Facet")
    }


def typed(facets: dict[str, Any], known: dict[str, type]) -> dict[str, Any]:
    """Build each facet with the client's own class: an unknown or missing field is an error."""
    made = {}
    for name, facet in facets.items():
        kind = known[facet["_schemaURL"]]
        fields = {key: value for key, value in facet.items() if not key.startswith("_")}
        made[name] = kind(**fields, producer=facet["_producer"])
    return made


def typed_dataset(kind: type, one: dict[str, Any], known: dict[str, type], **more: Any) -> Any:
    return kind(one["namespace"], one["name"], facets=typed(one["facets"], known), **more)


def rebuilt(event: dict[str, Any], known: dict[str, type]) -> Any:
    return event_v2.RunEvent(
        eventType=event_v2.RunState[event["eventType"]],
        eventTime=event["eventTime"],
        run=event_v2.Run(event["run"]["runId"], typed(event["run"]["facets"], known)),
        job=event_v2.Job(
            event["job"]["namespace"], event["job"]["name"], typed(event["job"]["facets"], known)
        ),
        producer=event["producer"],
        inputs=[typed_dataset(event_v2.InputDataset, one, known) for one in event["inputs"]],
        outputs=[
            typed_dataset(
                event_v2.OutputDataset, one, known,
                outputFacets=typed(one["outputFacets"], known),
            )
            for one in event["outputs"]
        ],
    )  # fmt: skip


def plain(content: Any) -> Any:
    """Return JSON without what a class adds when empty."""
    if isinstance(content, dict):
        kept = {key: plain(value) for key, value in content.items()}
        return {key: value for key, value in kept.items() if value not in (None, [], {})}
    return [plain(one) for one in content] if isinstance(content, list) else content


def test_the_openlineage_client_reads_the_events_into_its_own_classes(
    first: ReleaseOutcome,
) -> None:
    known = facet_classes()
    assert len(known) > 20
    lines = (first.path / "lineage" / "openlineage.ndjson").read_text("utf-8").splitlines()
    assert len(lines) == 2
    for event in map(json.loads, lines):
        again = plain(json.loads(Serde.to_json(rebuilt(event, known))))
        assert again == plain(event) and event["producer"] == PRODUCER


def test_the_client_refuses_a_facet_that_is_not_the_specifications(first: ReleaseOutcome) -> None:
    lines = (first.path / "lineage" / "openlineage.ndjson").read_text("utf-8").splitlines()
    event = json.loads(lines[1])
    event["outputs"][0]["facets"]["schema"]["columns"] = []
    with pytest.raises(TypeError):
        rebuilt(event, facet_classes())


class _Context:
    """The answer that a server would give for the JSON-LD context of RO-Crate."""

    status_code = 200

    def __init__(self) -> None:
        self.headers = {"Content-Type": "application/ld+json"}
        spec = find_spec("rocrate")
        assert spec and spec.origin
        path = Path(spec.origin).parent / "data" / "ro-crate.jsonld"
        self.text = path.read_text("utf-8")

    def json(self) -> Any:
        return json.loads(self.text)


def crate_faults(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what roc-validator requires and misses; the context comes from the rocrate package."""
    context = _Context()
    monkeypatch.setattr(document_loader, "_fetch_json_ld", lambda url: context.json())
    monkeypatch.setattr(http.HttpRequester, "get", lambda *_, **__: context, raising=False)
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier="process-run-crate",
            requirement_severity=models.Severity.REQUIRED,
        )
    )
    return [str(issue.message) for issue in result.get_issues()]


def _no_network(*_: object) -> None:
    raise OSError("no network in this test")


def test_the_crate_validator_accepts_the_release_as_a_process_run_crate(
    first: ReleaseOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert crate_faults(first.path, monkeypatch) == []


def test_the_crate_validator_would_find_a_missing_action(
    first: ReleaseOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(first.path, tmp_path / "copy"))
    crate = json.loads((copy / CRATE).read_bytes())
    for one in crate["@graph"]:
        if one["@type"] == "CreateAction":
            del one["instrument"]
    (copy / CRATE).chmod(0o644)
    (copy / CRATE).write_text(json.dumps(crate), "utf-8")
    assert crate_faults(copy, monkeypatch)


def test_one_who_makes_and_publishes_stands_once(first: ReleaseOutcome) -> None:
    graph = json.loads((first.path / CRATE).read_bytes())["@graph"]
    names = [one["name"] for one in graph if one["@type"] == "Organization"]
    descriptor = json.loads((first.path / "datapackage.json").read_bytes())
    assert names == ["Essai"]
    assert [one["title"] for one in descriptor["contributors"]] == ["Essai"]
    assert "publisher" in descriptor["contributors"][0]["roles"]


def test_the_attribution_says_version_licence_and_date_once(first: ReleaseOutcome) -> None:
    readme = (first.path / "README.md").read_text("utf-8")
    line = next(one for one in readme.splitlines() if one.startswith("> Essai"))
    for told in ("0.1.0", "2020-07-01", "Licence Ouverte"):
        assert line.count(told) == 1, line


def test_the_readme_leads_with_the_erratum_and_names_the_rest(
    study: Study, first: ReleaseOutcome
) -> None:
    place = published(study, changed_value, erratum="Un poids corrigé").path
    readme = (place / "README.md").read_text("utf-8")
    assert readme.index("Un poids corrigé") < readme.index("Univers")
    assert "de la version 0.1.0" in readme and "from version 0.1.0" in readme
    assert "unknown:" not in readme and "non connu (essai)" in readme
