"""A declared study of any size: n respondents, q single-choice questions, region and size class.

Belongs here: writing its declaration and its extract, seeded. Not here: running or timing it.
"""

import datetime as dt
import hashlib
from pathlib import Path

import duckdb
import yaml

STUDY = "grande-enquete"
WAVE = "2024"
REGIONS = ("11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93", "94")
SIZES = ("LT2000", "2000-19999", "GE20000")
ANSWERS = ("1", "2", "3", "4", "NSP")
TEXT = {"fr": "Mesure", "en": "Measure"}
LICENCE = {"name": "etalab-2.0", "title": "Licence Ouverte 2.0", "path": "https://example.org/"}


def write_large_study(
    root: Path, respondents: int, questions: int, seed: int = 1, *, breakdowns: int = 2,
    waves: int = 1, delivered: int | None = None,
) -> Path:  # fmt: skip
    """Write the study below `root` and return the extract of its first wave (CSV).

    The extract is streamed by DuckDB: its rows are a hash of row number, column and seed. Region
    and size are crossed; breakdowns above two are further columns, by which everything is shown.
    Of the waves the first `delivered` have a delivery, by default all.
    """
    folder = root / "schemas" / STUDY
    (folder / "codelists").mkdir(parents=True)
    named = [str(int(WAVE) + number) for number in range(waves)]
    _write_declaration(folder, _names(questions), breakdowns, named)
    extracts = [
        add_delivery(root, respondents, questions, seed, wave=one, breakdowns=breakdowns)
        for one in named[:delivered]
    ]
    return extracts[0]


def add_delivery(
    root: Path, respondents: int, questions: int, seed: int = 1, *, wave: str = WAVE,
    breakdowns: int = 2,
) -> Path:  # fmt: skip
    """Write a delivery of a wave, newer than the ones there, and return its extract."""
    received = dt.date(2024, 1, 1) + dt.timedelta(days=seed)
    delivery = root / "raw" / STUDY / wave / received.isoformat()
    delivery.mkdir(parents=True)
    extract = delivery / "extract.csv"
    _write_extract(extract, respondents, [*_further(breakdowns), *_names(questions)], seed)
    _write_sidecar(delivery, extract, received)
    return extract


def _names(questions: int) -> list[str]:
    return [f"q{number:02d}" for number in range(questions)]


def _further(breakdowns: int) -> list[str]:
    return [f"group{number}" for number in range(2, breakdowns)]


def _picked(codes: tuple[str, ...], column: str) -> str:
    listed = ", ".join(f"'{code}'" for code in codes)
    return f"[{listed}][CAST(1 + hash(i, '{column}') % {len(codes)} AS INTEGER)]"


def _answered(column: str, seed: int) -> str:
    """Return an answer that a later delivery may correct; who answers stays, as bases must.

    Hashed twice: the last bits of a hash of several follow from the last bits of each alone, so
    that the answers of many seeds would be the same.
    """
    listed = ", ".join(f"'{code}'" for code in ANSWERS[:-1])
    drawn = f"hash(hash(i, '{column}', {seed}))"
    given = f"[{listed}][CAST(1 + {drawn} % {len(ANSWERS) - 1} AS INTEGER)]"
    silent = f"hash(i, '{column}', 0) % {len(ANSWERS)} = 0"
    return f"CASE WHEN {silent} THEN '{ANSWERS[-1]}' ELSE {given} END"


def _write_extract(extract: Path, respondents: int, names: list[str], seed: int) -> None:
    columns = [
        "'R' || lpad(CAST(i AS VARCHAR), 9, '0') AS id",
        "printf('%.3f', 0.2 + (hash(i, 'w') % 2600) / 1000.0) AS weight",
        f"{_picked(REGIONS, 'region')} AS region",
        f"{_picked(SIZES, 'size')} AS size",
        *(f"{_answered(name, seed)} AS {name}" for name in names),
    ]
    query = f"SELECT {', '.join(columns)} FROM range({respondents}) AS rows(i)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{extract}' (FORMAT csv, HEADER)")


def _write_sidecar(delivery: Path, extract: Path, received: dt.date) -> None:
    with extract.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    _dump(
        delivery / "sidecar.yaml",
        {
            "file": extract.name, "sha256": digest, "bytes": extract.stat().st_size,
            "producer": "benchmark", "received": received, "licence": LICENCE,
            "personal_data": False, "synthetic": True,
        },
    )  # fmt: skip


def _write_declaration(folder: Path, names: list[str], breakdowns: int, waves: list[str]) -> None:
    study = {
        "phare": 1, "id": STUDY, "title": TEXT, "description": TEXT, "universe": TEXT,
        "publisher": {"title": "benchmark"}, "contributors": [{"title": "benchmark"}],
        "licence": LICENCE, "sources": [{"title": "benchmark"}], "citation": "benchmark",
        "columns": {
            "id": {"role": "respondent"},
            "weight": {"role": "weight"},
            "region": {"role": "profile"},
            "size": {"role": "profile"},
            **{one: {"role": "profile"} for one in _further(breakdowns)},
        },
        "breakdowns": dict(
            [
                ("size", {"title": TEXT, "codelist": "commune-size", "column": "size"}),
                ("region", {"title": TEXT, "codelist": "region", "column": "region"}),
                *((n, {"title": TEXT, "codelist": "four", "column": n})
                  for n in _further(breakdowns)),
            ][:breakdowns]
        ),
        "crossings": [["region", "size"]] if breakdowns > 1 else [],
        "weights": {"column": "weight", "strata": ["size"]},
    }  # fmt: skip
    question = {"title": TEXT, "wording": TEXT, "kind": "ordinal", "scale": "four"}
    words = dict.fromkeys(("institute", "client", "respondents", "fieldwork"), "unknown: benchmark")
    texts = (
        "universe", "mode", "sampling", "sample_frame", "weighting", "non_response", "incentive",
        "margins_of_error", "right_to_consult",
    )  # fmt: skip
    wave = {
        "title": TEXT, "start": dt.date(2024, 1, 1), "end": dt.date(2024, 2, 1), "synthetic": True,
        "method_notice": {**words, **dict.fromkeys(texts, TEXT)},
    }  # fmt: skip
    _dump(folder / "study.yaml", study)
    _dump(folder / "questions.yaml", {"questions": {n: {**question, "columns": n} for n in names}})
    _dump(folder / "waves.yaml", {"waves": dict.fromkeys(waves, wave)})
    scale = ["code,label_fr,label_en,kind", *(f"{c},{c},{c},answer" for c in ANSWERS[:4])]
    scale.append("NSP,NSP,NSP,dont_know")
    (folder / "codelists" / "four.csv").write_text("\n".join(scale) + "\n", "utf-8")
    _dump(folder / "codelists" / "four.yaml", {"title": TEXT, "source": "-", "licence": LICENCE})


def _dump(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
