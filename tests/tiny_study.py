"""A whole study of 60 respondents, written into a folder: what pipeline and command tests run on.

Two questions and two breakdowns: `north` has 40 respondents, `south` 20; `young` 9, so that its
cell is below the threshold of 11.
"""

import csv
import datetime as dt
import hashlib
from pathlib import Path

import yaml

STUDY = "petite-enquete"
LICENCE = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte / Open Licence 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
}
HEADER = ["id", "poids", "zone", "age", "avis", "note", "verbatim"]
TEXT = {"fr": "Texte", "en": "Text"}


def write_tiny_study(root: Path, *, waves: tuple[str, ...] = ("2020",)) -> Path:
    """Write schemas/ and raw/ of the study below `root` and return `root`."""
    folder = root / "schemas" / STUDY
    (folder / "codelists").mkdir(parents=True)
    _write_declaration(folder, waves)
    _codelist(folder, "zone", [("N", "Nord", "North"), ("S", "Sud", "South")])
    _codelist(folder, "age", [("Y", "Jeunes", "Young"), ("O", "Autres", "Others")])
    _codelist(folder, "avis", [("1", "Oui", "Yes"), ("2", "Non", "No")], nsp=True)
    for wave in waves:
        deliver(root, rows(), wave=wave)
    return root


def rows() -> list[list[str]]:
    """Return the 60 answers, header aside."""
    return [
        [
            f"R{number:02d}",
            "1.5" if number % 2 else "0.5",
            "N" if number < 40 else "S",
            "Y" if number % 7 == 3 else "O",
            "NSP" if number % 20 == 19 else str(1 + number % 3 // 2),
            str(number % 11),
            f"verbatim secret {number}",
        ]
        for number in range(60)
    ]


def deliver(
    root: Path, answers: list[list[str]], *, wave: str = "2020", name: str = "2020-06-01"
) -> Path:
    """Write one delivery with its sidecar and return its folder."""
    folder = root / "raw" / STUDY / wave / name
    folder.mkdir(parents=True)
    extract = folder / "extrait.csv"
    with extract.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([HEADER, *answers])
    sidecar = {
        "file": extract.name,
        "sha256": hashlib.sha256(extract.read_bytes()).hexdigest(),
        "bytes": extract.stat().st_size,
        "producer": "Institut d'essai",
        "received": dt.date.fromisoformat(name[:10]),
        "licence": LICENCE,
        "personal_data": False,
        "synthetic": True,
    }
    (folder / "sidecar.yaml").write_text(yaml.safe_dump(sidecar, allow_unicode=True), "utf-8")
    return folder


def _write_declaration(folder: Path, waves: tuple[str, ...]) -> None:
    study = {
        "phare": 1, "id": STUDY, "title": TEXT, "description": TEXT, "universe": TEXT,
        "publisher": {"title": "Essai"},
        "contributors": [{"title": "Essai"}],
        "licence": LICENCE,
        "sources": [{"title": "Essai"}],
        "citation": "Essai",
        "columns": {
            "id": {"role": "respondent"},
            "poids": {"role": "weight"},
            "zone": {"role": "profile"},
            "age": {"role": "profile"},
        },
        "breakdowns": {
            "zone": {"title": TEXT, "codelist": "zone", "column": "zone"},
            "age": {"title": TEXT, "codelist": "age", "column": "age"},
        },
        "weights": {"column": "poids"},
    }  # fmt: skip
    questions = {
        "avis": {
            "title": TEXT, "wording": TEXT, "kind": "single", "scale": "avis", "columns": "avis",
        },
        "note": {
            "title": TEXT, "wording": TEXT, "kind": "score", "minimum": 0, "maximum": 10,
            "columns": "note",
        },
        "verbatim": {"title": TEXT, "wording": TEXT, "kind": "open_text", "columns": "verbatim"},
    }  # fmt: skip
    _dump(folder / "study.yaml", study)
    _dump(folder / "questions.yaml", {"questions": questions})
    _dump(folder / "waves.yaml", {"waves": {wave: _wave() for wave in waves}})


def _wave() -> dict[str, object]:
    words = dict.fromkeys(("institute", "client", "respondents", "fieldwork"), "unknown: essai")
    texts = (
        "universe", "mode", "sampling", "sample_frame", "weighting", "non_response", "incentive",
        "margins_of_error", "right_to_consult",
    )  # fmt: skip
    return {
        "title": TEXT,
        "start": dt.date(2020, 1, 1),
        "end": dt.date(2020, 2, 1),
        "synthetic": True,
        "method_notice": {**words, **dict.fromkeys(texts, TEXT)},
    }


def _codelist(
    folder: Path, name: str, codes: list[tuple[str, str, str]], *, nsp: bool = False
) -> None:
    lines = ["code,label_fr,label_en,kind", *(",".join((*code, "answer")) for code in codes)]
    if nsp:
        lines.append("NSP,Ne sait pas,Does not know,dont_know")
    (folder / "codelists" / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    _dump(
        folder / "codelists" / f"{name}.yaml",
        {"title": TEXT, "source": "Essai", "licence": LICENCE},
    )


def _dump(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
