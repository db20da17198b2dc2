"""The declaration of a study: models, loader, codelists, and what is derived from them.

Belongs here: everything that can be known without data. Not here: reading extracts (intake) or
any Dagster, pandas or frictionless import: a notebook loads a study in a blink.
"""

from pipelines.study.codelist import Code, Codelist, fold
from pipelines.study.errors import DeclarationError, UnknownStudyError
from pipelines.study.items import Item
from pipelines.study.loader import Study, frame_path, load_study, study_names
from pipelines.study.model import (
    NOT_APPLICABLE,
    TOTAL,
    ExtractFormat,
    Filter,
    MethodNotice,
    Question,
    Text,
    Wave,
)
from pipelines.study.published import PublishedFigure

__all__ = [
    "NOT_APPLICABLE",
    "TOTAL",
    "Code",
    "Codelist",
    "DeclarationError",
    "ExtractFormat",
    "Filter",
    "Item",
    "MethodNotice",
    "PublishedFigure",
    "Question",
    "Study",
    "Text",
    "UnknownStudyError",
    "Wave",
    "fold",
    "frame_path",
    "load_study",
    "study_names",
]
