"""The last look at a table's columns: open text and identifiers never leave.

Belongs here: comparing the columns about to be published with the declaration. Not here: refusing
them when a study is declared (pipelines.study), the figures (audit.py).
"""

from collections.abc import Iterable
from pathlib import Path

from pipelines import sql
from pipelines.disclosure.errors import NotPublishableError
from pipelines.disclosure.released import columns_of
from pipelines.study import Study, fold
from pipelines.study.tables import published_tables

NAMING_ROLES = {"respondent", "direct_identifier", "commune"}  # who answered
PRIVATE_ROLES = NAMING_ROLES | {"weight", "date", "duration", "dropped"}


def check_publishable(study: Study, columns: Iterable[str]) -> None:
    """Refuse a published table with columns of open text, identifiers or raw answers.

    Every column of the extract that belongs to a respondent is refused: identifiers, the commune,
    weights, dates, dropped columns, open text and raw answers; names are compared as people read
    them (case, accents of form and spaces aside). A name that the published tables use themselves
    (a dropped column called `status`) is theirs, unless it names people or is open text. Raises
    NotPublishableError naming all of them.
    """
    own = {field.name for table in published_tables(study) for field in table.fields}
    allowed = {fold(name) for name in own - _naming(study)} | set(map(fold, study.breakdowns))
    private = {fold(name) for name in private_columns(study)}
    found = [name for name in columns if fold(name) in private - allowed]
    if found:
        raise NotPublishableError(
            "disclosure-not-publishable", study=study.id, columns=", ".join(sorted(set(found)))
        )


def refuse_private_columns(study: Study, folder: Path) -> None:
    """Read the columns of every written table (Parquet, CSV) of a folder; see check_publishable."""
    written = sorted(path for path in folder.iterdir() if path.suffix in {".parquet", ".csv"})
    with sql.connect() as connection:
        check_publishable(
            study, (column for path in written for column in columns_of(connection, path))
        )


def private_columns(study: Study) -> set[str]:
    """Return the columns of the extract that hold one respondent's own data."""
    answers = {column for item in study.items for column in item.columns}
    return _with_roles(study, PRIVATE_ROLES) | _open_texts(study) | answers


def _naming(study: Study) -> set[str]:
    return _with_roles(study, NAMING_ROLES) | _open_texts(study)


def _with_roles(study: Study, roles: set[str]) -> set[str]:
    """Return the columns of some roles, also as a wave's extract calls them."""
    declared = {name for name, column in study.about.columns.items() if column.role in roles}
    received = {
        received
        for wave in study.waves.values()
        for received, name in wave.renamed.items()
        if name in declared
    }
    return declared | received


def _open_texts(study: Study) -> set[str]:
    texts: set[str] = set()
    for name, question in study.questions.items():
        if question.kind == "open_text":
            columns = (question.columns,) if isinstance(question.columns, str) else question.columns
            texts |= {name, *columns}
    return texts
