"""What each column of an extract might be: a guess from its name and its counts.

Belongs here: candidates, column by column. Not here: columns that belong together (batteries.py),
writing the guesses down (__init__.py).
"""

import re
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines import sql
from pipelines.intake import Extract, read_extract
from pipelines.study import ExtractFormat

RARE = 5  # a value that fewer rows have may point at a person: it is not copied
MOST_CODES = 25  # more distinct values than this are hardly a scale
LONG = 25  # characters on average, above which a text is written freely
NAMED = (  # role, what its name looks like; the first that fits
    ("weight", r"poids|weight|pond\w*|wgt\w*|coef\w*|redressement"),
    ("direct_identifier", r".*(mail|courriel|nom|name|phone|adresse|address)|tel\w*|ip|siret"),
    ("commune", r".*(insee|depcom|codgeo|commune).*"),
    ("date", r".*date.*"),
    ("duration", r"(dur[eé]+|duration|time)\w*"),
    ("region", r"r[eé]gion\w*"),
    ("commune_size", r"(tranche|taille|strate)_?\w*"),
)
SIZE = (
    re.compile(  # what a class of commune sizes says: thousands of inhabitants, or a kind of place
        r"\d[ .,\u00a0\u202f]?\d{3}|\d ?k\b|\bhab|inhabitant|rural|commune|agglo", re.IGNORECASE
    )
)
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})  # letters that no normal form takes apart
IDENTIFIER = re.compile(r"(id|ident|num|numero|respondent|respid|key)([_\W].*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """What one column might be.

    `kind` is a role of the declaration, or: code, number, open_text, text. `codes` are the values
    of a coded column that many rows have, `labels` theirs where the file carries them.
    """

    name: str
    kind: str
    distinct: int
    codes: tuple[str, ...]
    labels: Mapping[str, str]
    has_comma: bool

    @property
    def slug(self) -> str:
        """The name as the declaration spells names."""
        return slug(self.name)


def slug(text: str) -> str:
    """Return `text` as a name of the declaration: letters with an accent without it."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(LIGATURES))
    base = "".join(one for one in letters if not unicodedata.combining(one))
    plain = re.sub(r"[^a-z0-9]+", "_", base).strip("_") or "column"
    return plain if plain[0].isalpha() else f"c_{plain}"


def told_apart(names: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return `names` in order; one that was there before, or is `taken`, has a number behind it."""
    kept, used = set(names), set(taken)
    found = []
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        fitting = next(one for one in numbered if one not in kept | used)
        found.append(fitting if name in used else name)
        used.add(found[-1])
    return found


def candidates_of(extract: Path, fmt: ExtractFormat) -> tuple[Extract, list[Candidate]]:
    """Return what an extract is and what each column might be, in the order of the file.

    One column at most is the respondent. Raises ExtractError when the file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="phare-new-") as scratch:
        raw = Path(scratch) / "raw.parquet"
        found = read_extract(extract, fmt, raw)
        held = pq.read_schema(raw).names
        places = {str(place): name for place, name in enumerate(held) if name != "_line"}
        with sql.connect() as connection:
            query = sql.read("scaffold/columns.sql", **_by_place(places))
            limits = {"raw": str(raw), "rare": RARE, "most": MOST_CODES}
            cursor = connection.execute(query, limits)
            keys = [one[0] for one in cursor.description or ()]
            rows = {
                places[row[0]]: {**dict(zip(keys, row, strict=True)), "name": places[row[0]]}
                for row in cursor.fetchall()
            }
    names = list(places.values())
    respondent = _respondent([rows[name] for name in names if name in rows])
    return found, [
        _candidate(name, rows.get(name), found.labels.get(name, {}), is_key=name == respondent)
        for name in names
    ]


def _by_place(places: Mapping[str, str]) -> dict[str, str]:
    """Return the slots that read columns by their place: names may differ by case alone."""
    return {
        "named": ", ".join(f"#{int(place) + 1} AS {sql.name(place)}" for place in places),
        "columns": sql.names(places),
    }


def _respondent(rows: list[dict[str, Any]]) -> str | None:
    """Return the column that tells rows apart: one named like an identifier, else the first."""
    unique = [row["name"] for row in rows if row["is_unique"] and not row["is_address"]]
    named = [name for name in unique if IDENTIFIER.fullmatch(name)]
    return next(iter([*named, *unique]), None)


def _candidate(
    name: str, row: dict[str, Any] | None, labels: Mapping[str, str], *, is_key: bool
) -> Candidate:
    if row is None:
        return Candidate(name, "text", 0, (), labels, has_comma=False)
    kind = "respondent" if is_key else _named(name) or _shaped(row)
    if kind == "commune_size" and not _speaks_of_size([*row["codes"], *labels.values()]):
        kind = _shaped(row)  # `strate` and `tranche` are names of much else
    codes = tuple(row["codes"]) if kind == "code" else ()
    return Candidate(name, kind, row["distinct_values"], codes, labels, row["has_comma"])


def _named(name: str) -> str | None:
    fits = (kind for kind, look in NAMED if re.fullmatch(look, name, re.IGNORECASE))
    return next(fits, None)


def _speaks_of_size(texts: Iterable[str]) -> bool:
    return any(SIZE.search(one) for one in texts if not one.isdigit())


def _shaped(row: dict[str, Any]) -> str:
    if row["is_address"]:
        return "direct_identifier"
    if row["codes"]:
        return "code"
    if row["is_numeric"]:
        return "number"
    return "open_text" if row["average_length"] > LONG or row["is_unique"] else "text"
