"""YAML with line numbers, turned into a declared object or an error that names the line.

Belongs here: parsing, the map from key path to line, the translation of pydantic's errors. Not
here: the models (model.py) and rules across files (references.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.study.errors import DeclarationError, ExpectedError
from pipelines.texts import Message, messages

Model = TypeVar("Model", bound=BaseModel)
Key = tuple[str | int, ...]
TO_COMPLETE = ("À COMPLÉTER", "TO COMPLETE")  # what a scaffold leaves for a person to write


@dataclass(frozen=True)
class YamlSource:
    """A parsed file: its data, and the line of each key path."""

    path: Path
    data: Any
    lines: dict[Key, int]

    def line(self, key: Key) -> int:
        """Return the line of `key`, or of the nearest parent that the file spells out."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


class _Loader(yaml.CSafeLoader):
    """Safe loader, in C, that takes a key as it is written: names and codes are texts.

    YAML would make 2024 a number, 01 one, `no` false. A key given twice is refused: the last one
    would win in silence.
    """


def _unique_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="key that is no text", problem_mark=key.start_mark)
        if key.value in seen:
            raise yaml.MarkedYAMLError(
                problem=f"key {key.value!r} twice", problem_mark=key.start_mark
            )
        seen.add(key.value)
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


def _existing_date(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:
        problem = f"{node.value}: {error}"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _existing_date)


def text_of(path: Path) -> str:
    """Return the text of a declared file; raises DeclarationError for a missing one or no UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")  # spreadsheets and editors write the mark
    except FileNotFoundError:
        raise DeclarationError("study-missing-file", file=path) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DeclarationError("study-not-utf8", file=path, line=line) from None


def parse(path: Path) -> YamlSource:
    """Parse `path`; raises DeclarationError for a missing or malformed file."""
    text = text_of(path)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except yaml.reader.ReaderError as error:  # a control character: a byte, and no line
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise DeclarationError("study-bad-yaml", file=path, line=line, found=error.reason) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(
            "study-bad-yaml", file=path, line=line, found=error.problem
        ) from None
    return YamlSource(path, data, dict(_lines(node, ())) if node else {})


def _lines(node: yaml.Node, key: Key) -> list[tuple[Key, int]]:
    found: list[tuple[Key, int]] = [(key, node.start_mark.line + 1)]
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, name.value)
            found += [*_lines(value, inner), (inner, name.start_mark.line + 1)]
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            found += _lines(value, (*key, position))
    return found


def build(source: YamlSource, model: type[Model]) -> Model:
    """Return `source` as a `model`; raises DeclarationError naming one wrong key and its line."""
    _check_complete(source)
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        # A misspelt key is also a missing one: its nearest valid name says more.
        problems = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise _declaration_error(source, model, problems[0]) from None


def _check_complete(source: YamlSource) -> None:
    """Raise DeclarationError for the first text, or name, that a scaffold left to complete."""
    left = list(_to_complete(source.data, ()))
    if left:
        key = left[0]
        raise DeclarationError(
            "study-to-complete",
            file=source.path, line=source.line(key), key=dotted(key), count=len(left),
        )  # fmt: skip


def _to_complete(value: object, key: Key) -> Iterator[Key]:
    """Yield the key of every text, or name, that a scaffold left to complete, in file order."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _to_complete(name, (*key, name))
            yield from _to_complete(inner, (*key, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _to_complete(inner, (*key, position))
    elif isinstance(value, str) and value.startswith(TO_COMPLETE):
        yield key


def load_model(path: Path, model: type[Model]) -> Model:
    """Parse `path` and return it as a `model`; raises DeclarationError."""
    return build(parse(path), model)


def _declaration_error(
    source: YamlSource, model: type[BaseModel], problem: ErrorDetails
) -> DeclarationError:
    key: Key = tuple(problem["loc"])
    line = source.line(key)
    if problem["type"] == "extra_forbidden":
        valid = _fields_at(model, key[:-1])
        return DeclarationError.unknown(source.path, line, "key", str(key[-1]), valid)
    if problem["type"] == "literal_error" and isinstance(problem.get("input"), str):
        choices = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        what = Message("name-of-value", {"key": dotted(key)})
        return DeclarationError.unknown(source.path, line, what, problem["input"], choices)
    if problem["type"] == "missing":
        return DeclarationError("study-missing-key", file=source.path, line=line, key=dotted(key))
    return DeclarationError(
        "study-bad-value",
        file=source.path, line=line, key=dotted(key), found=_shown(problem.get("input")),
        expected=_expected(problem),
    )  # fmt: skip


def _expected(problem: ErrorDetails) -> Message | str:
    """Return what a validator expected: ours in both languages, of pydantic's those we know."""
    context = problem.get("ctx", {})
    error = context.get("error")
    if isinstance(error, ExpectedError):
        return error.message
    key = f"expected-{problem['type'].replace('_', '-')}"
    return Message(key, context) if key in messages() else problem["msg"]


def dotted(key: Key) -> str:
    """Return a key path as people write it: `questions.alliances.scale`."""
    return ".".join(str(part) for part in key if part != "[key]")


def _shown(value: object) -> Message | str:
    """Return what stands in a file as its writer would name it, not as Python does."""
    if isinstance(value, dict) and value:
        return Message("found-keys", {"keys": _short(", ".join(map(str, value)))})
    if isinstance(value, list | tuple):
        return Message("found-list", {"count": len(value)})
    if not value and not isinstance(value, str | int | float):
        return Message("found-nothing", {})
    if isinstance(value, bool):
        return str(value).lower()
    return _short(repr(value) if isinstance(value, str) else str(value))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _fields_at(model: type[BaseModel], key: Key) -> list[str]:
    """Return the field names of the model that stands at `key`, following dicts and tuples."""
    if not key:
        return [field.alias or name for name, field in model.model_fields.items()]
    field = model.model_fields.get(str(key[0]))
    inner = _model_in(field.annotation) if field else None
    if inner is None:
        return []
    nested = field is not None and not _is_model(field.annotation)
    return _fields_at(inner, key[2:] if nested and len(key) > 1 else key[1:])


def _is_model(annotation: object) -> bool:
    """Whether a key holds the model itself (or None), not a dict or tuple of them."""
    if getattr(annotation, "__origin__", None) in {dict, tuple}:
        return False
    parts = get_args(annotation) or (annotation,)
    return any(isinstance(part, type) and issubclass(part, BaseModel) for part in parts)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in get_args(annotation))
    return next((found for found in inner if found), None)
