"""The Arrow schema of a published table: types, what may be null, texts with each column.

Belongs here: declared field → Arrow field. Not here: the Table Schema of the descriptor
(table_schema.py), writing (writing.py).
"""

import pyarrow as pa

from pipelines.study.tables import Field, Table


def arrow_schema(table: Table) -> pa.Schema:
    """Return the schema that a table is stored with; texts and units go with each column."""
    return pa.schema([_arrow_field(one) for one in table.fields])


def arrow_type(field: Field) -> pa.DataType:
    """Return the type of a column: numbers are decimals of their declared size.

    A nullable int64 makes stock frictionless report false errors; a decimal does not.
    """
    if field.type in {"integer", "number"}:
        return pa.decimal128(field.digits, field.decimals)
    return {"string": pa.string(), "date": pa.date32(), "boolean": pa.bool_()}[field.type]


def _arrow_field(field: Field) -> pa.Field:
    texts = {
        "title": field.title.fr,
        "title_en": field.title.en,
        "description": field.description.fr,
        "description_en": field.description.en,
    }
    if field.unit:
        texts |= {"unit": field.unit.fr, "unit_en": field.unit.en}
    return pa.field(field.name, arrow_type(field), nullable=not field.required, metadata=texts)
