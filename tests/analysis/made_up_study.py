"""A study of made-up respondents for the analyses: declared on disk, weighted answers as Parquet.

Two breakdowns (zone: N, S; size: s, l), a battery by domain, one by domain and actor, a single
choice, a multiple choice, a score, an open text; strata are the zones.
"""

from pathlib import Path

import polars as pl
import yaml

from pipelines.study import Study, load_study
from tests.tiny_study import LICENCE, TEXT

STUDY, WAVE = "enquete-inventee", "2020"
DOMAINS = ("eau", "bois", "pain", "sel")
ACTORS = ("ville", "etat", "voisins")
CODELISTS = {
    "zone": ("N", "S"),
    "size": ("s", "l"),
    "yes-no": ("oui", "non"),
    "stance": ("a", "b", "c", "d", "e"),
    "tool": ("temps", "argent"),
    "domain": DOMAINS,
    "actor": ACTORS,
}
Declared = dict[str, object]


def write_study(root: Path, analyses: Declared, *, stances: int = 1) -> Study:
    """Write the study below `root`, with `stances` single choices a1, a2…, and load it."""
    folder = root / "schemas" / STUDY
    (folder / "codelists").mkdir(parents=True)
    for name, codes in CODELISTS.items():
        _codelist(folder / "codelists", name, codes, has_unsure=name in {"yes-no", "stance"})
    _dump(folder / "study.yaml", _about())
    _dump(folder / "questions.yaml", {"questions": _questions(stances)})
    _dump(folder / "waves.yaml", {"waves": {WAVE: _wave()}})
    _dump(folder / "analyses.yaml", analyses)
    return load_study(root, STUDY)


def write_weighted(path: Path, answers: pl.DataFrame) -> Path:
    """Write weighted responses: `answers` has some columns; nobody answers the rest."""
    columns = {
        **{f"urgent_{domain}": "nsp" for domain in DOMAINS},
        **{f"role_{domain}_{actor}": "nsp" for domain in DOMAINS for actor in ACTORS},
        "tool_temps": "0", "tool_argent": "0", "score": "_U", "said": "_U", "a1": "nsp",
        "weight": 1.0, "zone": "N", "size": "s",
    }  # fmt: skip
    missing = {name: pl.lit(one) for name, one in columns.items() if name not in answers.columns}
    full = answers.with_columns(**missing).with_row_index("_line", offset=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    full.with_columns(
        pl.col("weight").cast(pl.Decimal(18, 9)),
        by_zone=pl.col("zone"), by_size=pl.col("size"), stratum=pl.col("zone"),
    ).write_parquet(path)  # fmt: skip
    return path


def _about() -> Declared:
    return {
        "phare": 1, "id": STUDY, "title": TEXT, "description": TEXT, "universe": TEXT,
        "publisher": {"title": "Essai"}, "contributors": [{"title": "Essai"}], "licence": LICENCE,
        "sources": [{"title": "Essai"}], "citation": "Essai",
        "columns": {
            "id": {"role": "respondent"}, "poids": {"role": "weight"},
            "zone": {"role": "profile"}, "size": {"role": "profile"},
        },
        "breakdowns": {
            "zone": {"title": TEXT, "codelist": "zone", "column": "zone"},
            "size": {"title": TEXT, "codelist": "size", "column": "size"},
        },
        "weights": {"column": "poids", "strata": ["zone"]},
    }  # fmt: skip


def _questions(stances: int) -> Declared:
    texts = {"title": TEXT, "wording": TEXT}
    choice = {**texts, "kind": "single", "scale": "yes-no"}
    return {
        "urgent": {**choice, "domain": "domain", "columns": "urgent_{domain}"},
        "role": {
            **choice, "domain": "domain", "actor": "actor", "columns": "role_{domain}_{actor}",
        },
        "tools": {**texts, "kind": "multiple", "scale": "tool", "columns": "tool_{answer}"},
        "score": {**texts, "kind": "score", "minimum": 0, "maximum": 10, "columns": "score"},
        "said": {**texts, "kind": "open_text", "columns": "said"},
        **{
            f"a{number}": {**texts, "kind": "single", "scale": "stance", "columns": f"a{number}"}
            for number in range(1, stances + 1)
        },
    }  # fmt: skip


def _wave() -> Declared:
    words = dict.fromkeys(("institute", "client", "respondents", "fieldwork"), "unknown: essai")
    texts = (
        "universe", "mode", "sampling", "sample_frame", "weighting", "non_response", "incentive",
        "margins_of_error", "right_to_consult",
    )  # fmt: skip
    notice = {**words, **dict.fromkeys(texts, TEXT)}
    days = {"start": "2020-01-01", "end": "2020-02-01"}
    return {"title": TEXT, **days, "synthetic": True, "method_notice": notice}


def _codelist(folder: Path, name: str, codes: tuple[str, ...], *, has_unsure: bool) -> None:
    lines = [f"{code},{code.title()},{code.title()} en,answer" for code in codes]
    lines += ["nsp,Ne sait pas,Does not know,dont_know"] if has_unsure else []
    text = "\n".join(["code,label_fr,label_en,kind", *lines]) + "\n"
    (folder / f"{name}.csv").write_text(text, "utf-8")
    _dump(folder / f"{name}.yaml", {"title": TEXT, "source": "Essai", "licence": LICENCE})


def _dump(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
