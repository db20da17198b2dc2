"""The last look at a table's columns: open text and identifiers never leave.

Belongs here: comparing the columns about to be published with the declaration. Not here: refusing
them when a study is declared (pipelines.study), the figures (audit.py).
"""

from collections.abc import Iterable

from pipelines.disclosure.errors import NotPublishableError
from pipelines.study import Study, fold

PRIVATE_ROLES = {"respondent", "direct_identifier", "weight", "commune", "date", "duration"}


def check_publishable(study: Study, columns: Iterable[str]) -> None:
    """Refuse a published table with columns of open text, identifiers or raw answers.

    Every column of the extract that belongs to a respondent is refused: identifiers, the commune,
    weights, dates, dropped columns, open text and raw answers; names are compared as people read
    them (case, accents of form and spaces aside). Raises NotPublishableError naming all of them.
    """
    private = {fold(name) for name in private_columns(study)}
    allowed = {fold(name) for name in study.breakdowns}
    found = [name for name in columns if fold(name) in private - allowed]
    if found:
        raise NotPublishableError(
            "disclosure-not-publishable", study=study.id, columns=", ".join(sorted(found))
        )


def private_columns(study: Study) -> set[str]:
    """Return the columns of the extract that hold one respondent's own data."""
    declared = {
        name
        for name, column in study.about.columns.items()
        if column.role in PRIVATE_ROLES | {"dropped"}
    }
    received = {
        received
        for wave in study.waves.values()
        for received, name in wave.renamed.items()
        if name in declared
    }
    texts: set[str] = set()
    for name, question in study.questions.items():
        if question.kind == "open_text":
            columns = (question.columns,) if isinstance(question.columns, str) else question.columns
            texts |= {name, *columns}
    answers = {column for item in study.items for column in item.columns}
    return declared | received | texts | answers
