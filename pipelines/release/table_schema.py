"""The Table Schema of a published table, in the words of Data Package 2.0.

Belongs here: declared field → Table Schema field, keys, foreign keys. Not here: the package around
it (descriptor.py), the Arrow schema (arrow.py).
"""

from typing import Any

from pipelines.release.arrow import arrow_type
from pipelines.study.model import Text
from pipelines.study.tables import Field, Table


def table_schema(table: Table, suffix: str) -> dict[str, Any]:
    """Return the Table Schema of `table`; `suffix` names the twin that foreign keys point to."""
    schema: dict[str, Any] = {
        "fields": [_field(one) for one in table.fields],
        "missingValues": [""],
        "primaryKey": list(table.primary_key),
    }
    if table.foreign_keys:
        schema["foreignKeys"] = [
            {
                "fields": list(one.fields),
                "reference": {"resource": one.table + suffix, "fields": list(one.reference)},
            }
            for one in table.foreign_keys
        ]
    return schema


def in_both(name: str, text: Text) -> dict[str, Any]:
    """Return a text as the standard wants it (French) and with its translation beside it."""
    return {name: text.fr, f"i18n:{name}": {"fr": text.fr, "en": text.en}}


def _field(field: Field) -> dict[str, Any]:
    """Describe a column; `pub:figure` marks what is empty where a row is withheld."""
    found: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        **in_both("title", field.title),
        **in_both("description", field.description),
    }
    if field.labels:
        found["categories"] = [
            {"value": code, "label": label.fr}
            for code, label in zip(field.enum, field.labels, strict=True)
        ]
    elif field.enum:
        found["categories"] = list(field.enum)
    constraints = _constraints(field)
    if constraints:
        found["constraints"] = constraints
    if field.unit:
        found |= {"pub:unit": field.unit.fr, "i18n:unit": field.unit.model_dump()}
    found["pub:arrowType"] = str(arrow_type(field))
    if field.is_figure:
        found["pub:figure"] = True
    return found


def _constraints(field: Field) -> dict[str, Any]:
    """Return what values must be: categories again as `enum`, since no validator enforces them."""
    found: dict[str, Any] = {}
    if field.required:
        found["required"] = True
    if field.minimum is not None:
        whole = int(field.minimum)
        found["minimum"] = whole if whole == field.minimum else field.minimum
    if field.enum:
        found["enum"] = list(field.enum)
    return found
