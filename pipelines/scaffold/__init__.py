"""A first declaration from an extract: candidate columns, types and codes, to be completed.

Belongs here: guessing, and writing the guess down as such. Not here: using it: every text is left
to complete, and a study with one left does not load.
"""

import csv
import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines import sql
from pipelines.intake import read_extract
from pipelines.scaffold.errors import ScaffoldError
from pipelines.study import ExtractFormat

RARE = 5  # a value that fewer rows have may point at a person: it is not copied
MOST_CODES = 12  # more distinct values than this are hardly a scale
WEIGHT = re.compile(r"^(poids|weight|pond\w*|wgt\w*|coef\w*)$", re.IGNORECASE)
COMMUNE = re.compile(r"insee|commune|depcom|codgeo", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """What one column might be."""

    name: str
    slug: str
    distinct: int
    kind: str  # respondent, weight, commune, code, number, text
    codes: tuple[str, ...]


def scaffold(
    root: Path, study: str, extract: Path, *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """Write schemas/<study>/ from `extract` and return the folder.

    Raises ScaffoldError when the folder is there or the name is none, ExtractError when the
    extract cannot be read with this encoding and delimiter. Nothing is written then.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", study):
        raise ScaffoldError("scaffold-name", found=study)
    folder = root / "schemas" / study
    if folder.exists():
        raise ScaffoldError("scaffold-exists", folder=folder)
    suffix = extract.suffix.lower().lstrip(".")
    fmt = ExtractFormat.model_validate(
        {
            "format": suffix if suffix in {"xlsx", "sav", "dta", "parquet"} else "csv",
            "encodings": (encoding,),
            "delimiters": (delimiter,),
        }
    )
    candidates = candidates_of(extract, fmt)
    (root / "schemas").mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=root / "schemas"))
    try:
        _write(aside, study, fmt, candidates)
        aside.chmod(0o755)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def candidates_of(extract: Path, fmt: ExtractFormat) -> list[Candidate]:
    """Return what each column of an extract might be, in the order of the file."""
    with tempfile.TemporaryDirectory(prefix="phare-new-") as scratch:
        raw = Path(scratch) / "raw.parquet"
        read_extract(extract, fmt, raw)
        names = [name for name in pq.read_schema(raw).names if name != "_line"]
        with sql.connect() as connection:
            query = sql.read("scaffold/columns.sql", columns=sql.names(names))
            limits = {"raw": str(raw), "rare": RARE, "most": MOST_CODES}
            rows = {row[0]: row for row in connection.execute(query, limits).fetchall()}
    return [_candidate(name, rows.get(name)) for name in names]


def _candidate(name: str, row: tuple[str, int, int, bool, bool, list[str]] | None) -> Candidate:
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "column"
    slug = slug if slug[0].isalpha() else f"c_{slug}"
    if row is None:
        return Candidate(name, slug, 0, "text", ())
    _, _, distinct, is_numeric, is_unique, codes = row
    kind = "code" if codes else "number" if is_numeric else "text"
    if WEIGHT.match(name):
        kind = "weight"
    elif COMMUNE.search(name):
        kind = "commune"
    elif is_unique and not codes:
        kind = "respondent"
    return Candidate(name, slug, distinct, kind, tuple(codes) if kind == "code" else ())


def _write(folder: Path, study: str, fmt: ExtractFormat, candidates: list[Candidate]) -> None:
    templates = Environment(
        loader=PackageLoader("pipelines.scaffold"), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, autoescape=False,  # noqa: S701 - YAML, not HTML
    )  # fmt: skip
    coded = [one for one in candidates if one.kind == "code"]
    for name in ("study", "questions", "waves"):
        text = templates.get_template(f"{name}.yaml.j2").render(
            study=study, fmt=fmt, candidates=candidates, coded=coded
        )
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    (folder / "codelists").mkdir()
    for one in coded:
        sidecar = templates.get_template("codelist.yaml.j2").render()
        (folder / "codelists" / f"{_list_name(one)}.yaml").write_text(sidecar, "utf-8")
        (folder / "codelists" / f"{_list_name(one)}.csv").write_text(_codes(one), "utf-8")


def _list_name(candidate: Candidate) -> str:
    return candidate.slug


def _codes(candidate: Candidate) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["code", "label_fr", "label_en", "aliases", "kind"])
    for code in candidate.codes:
        writer.writerow([code, f"À COMPLÉTER : {code}", f"TO COMPLETE: {code}", "", "answer"])
    return out.getvalue()
