"""The JSON Schema of a declaration, for editors: generated from the models, committed.

Belongs here: writing the schemas of study.yaml, questions.yaml, waves.yaml, analyses.yaml and a
codelist's sidecar. Not here: the models. `make schemas` runs this module; a test finds a stale
file.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipelines import PROJECT
from pipelines.study.analyses import AnalysesFile
from pipelines.study.files import CodelistFile, CollectionFile, QuestionsFile, StudyFile, WavesFile

FOLDER = PROJECT / "schemas" / "json-schema"
FILES: dict[str, Any] = {
    "study": StudyFile | CollectionFile,
    "questions": QuestionsFile,
    "waves": WavesFile,
    "analyses": AnalysesFile,
    "codelist": CodelistFile,
}


def json_schemas() -> dict[Path, str]:
    """Return file → text of every schema, ready to be written."""
    return {FOLDER / f"{name}.schema.json": _text(model) for name, model in FILES.items()}


def _text(model: Any) -> str:
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(model).json_schema(by_alias=True),
    }
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write every schema."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in json_schemas().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
