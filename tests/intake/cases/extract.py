"""The extract that every case changes in one place: six respondents, each there for a reason."""

import csv
import io
from collections.abc import Callable

HEADER = [
    "id", "commune", "nom", "region", "taille", "jour", "duree", "poids", "courriel", "age",
    "avis", "raison", "note", "depense", "aide_1", "aide_2", "aide_3",
    "manque_eau", "manque_gaz", "manque_air", "manque_sol", "verbatim",
]  # fmt: skip
E_MAIL = "jeanne.martin@example.org"
OPEN_TEXT = "le maire parle de sa voisine"
TABLE = """
R1|01001|L'Abergement-Clémenciat|84|LT2000|2024-11-04|600|1,0|{mail}|Y|1|a|8|1234,5|eau|gaz||1|0|0|0|{text}
R2|75056|Paris|11|GE20000|2024-11-05|700|0,5|{mail}|O|2||10|0||||1|1|0|0|
R3|2A004|Ajaccio|94|GE20000|2024-11-06|650|1,5|{mail}|O|NSP||NSP|12|air|||0|0|0|0|
R4|13055|Marseille|93|GE20000|2024-11-07|800|1,0|{mail}|Y|1|b|0|5000|sol|eau|gaz|0|0|1|1|
R5|35238|Rennes|53|GE20000|2024-11-08|620|0,8|{mail}|O|REF||3|7,25|gaz|||0|0|0|0|{text}
R6|01033|Valserhône|84|2000-19999|2024-11-29|900|1,2|{mail}|Y|2||5|1|eau|sol|air|0|1|0|0|
"""

Row = dict[str, str]
Change = Callable[[list[Row]], None]


def rows() -> list[Row]:
    """Return the six sound rows, column → cell."""
    lines = TABLE.format(mail=E_MAIL, text=OPEN_TEXT).strip().split("\n")
    return [dict(zip(HEADER, (line + "|" * 30).split("|"), strict=False)) for line in lines]


def extract(*changes: Change, header: list[str] | None = None) -> str:
    """Return the extract as semicolon-separated text, each change made in turn."""
    table = rows()
    for change in changes:
        change(table)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    names = header or list(dict.fromkeys(name for row in table for name in row))
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in table)
    return stream.getvalue()


def cell(respondent: int, column: str, text: str) -> Change:
    """Change one cell: respondents are numbered from 1, on line respondent + 1."""

    def change(table: list[Row]) -> None:
        table[respondent - 1][column] = text

    return change


def column(name: str, text: Callable[[str], str]) -> Change:
    """Change every cell of a column."""

    def change(table: list[Row]) -> None:
        for row in table:
            row[name] = text(row.get(name, ""))

    return change


def without(*names: str) -> Change:
    """Take columns out."""

    def change(table: list[Row]) -> None:
        for row in table:
            for name in names:
                del row[name]

    return change


def again(respondent: int, **cells: str) -> Change:
    """Add a respondent's row once more, some cells changed."""

    def change(table: list[Row]) -> None:
        table.append(table[respondent - 1] | cells)

    return change
