"""The extract and its sidecar, written the way a French polling institute delivers.

Belongs here: labels, placeholders, dates, the CSV dialect, the sidecar. Not here: who answers
(sample.py) and what (answers.py). cp1252, semicolons, decimal commas, CRLF, dates DD/MM/YYYY.
"""

import csv
import datetime as dt
import hashlib
import io
from pathlib import Path

import numpy as np
import polars as pl

from pipelines import PROJECT
from pipelines.study import load_study
from tools.synthetic_mayors import draws
from tools.synthetic_mayors import questionnaire as q
from tools.synthetic_mayors.answers import Columns, answers
from tools.synthetic_mayors.calibration import Respondents
from tools.synthetic_mayors.sample import cells, draw, frame
from tools.synthetic_mayors.weights import DECIMALS, rake

EXTRACT = "PHARE-Institutions_2016_SYNTHETIQUE.csv"
FIRST_DAY, WEEKS = dt.date(2016, 10, 3), 4
SIDECAR = """\
# Synthetic delivery, written by `python -m tools.synthetic_mayors`: no row describes a real mayor.
file: {file}
sha256: {sha256}
bytes: {bytes}
producer: "Phare contributors, tools/synthetic_mayors"
received: 2026-11-23
licence:
  name: etalab-2.0
  title: "Licence Ouverte / Open Licence 2.0"
  path: "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
personal_data: false
synthetic: true
source:
  title: "tools/synthetic_mayors"
  version: "1"
note: >-
  DONNÉES SYNTHÉTIQUES : aucune ligne ne décrit un maire réel. Les communes existent, leurs
  réponses sont inventées à partir de la région et de la tranche de taille seules ; courriels et
  propos libres sont des textes de remplacement numérotés. SYNTHETIC DATA: no row describes a real
  mayor. The communes exist, their answers are made up from region and size class alone; e-mails
  and open texts are numbered placeholders.
"""


def write_delivery(outdir: Path) -> Path:
    """Write the extract and `sidecar.yaml` into `outdir`; returns the extract's path.

    The bytes are always the same.
    """
    outdir.mkdir(parents=True, exist_ok=True)
    content = encode(build())
    extract = outdir / EXTRACT
    extract.write_bytes(content)
    sidecar = SIDECAR.format(
        file=EXTRACT, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content)
    )
    (outdir / "sidecar.yaml").write_text(sidecar, "utf-8")
    return extract


def encode(table: pl.DataFrame) -> bytes:
    """Return `table` as the bytes of the delivery."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(table.iter_rows())
    return text.getvalue().encode("cp1252")


def build() -> pl.DataFrame:
    """Return the extract: 304 rows of text, in delivered order."""
    sample = draw()
    people = respondents(sample)
    return pl.concat([_identity(sample, people), _labelled(answers(people))], how="horizontal")


def respondents(sample: pl.DataFrame) -> Respondents:
    """Return what answers may depend on: the commune is left behind here."""
    region, size = sample["region_group"].to_numpy(), sample["size"].to_numpy()
    _, cell = np.unique(np.char.add(region.astype(str), size.astype(str)), return_inverse=True)
    weight = rake(sample, cells(frame()))
    return Respondents(region.astype(str), size.astype(str), weight, cell)


def _identity(sample: pl.DataFrame, people: Respondents) -> pl.DataFrame:
    """Return the columns that are no answers, and the verbatim."""
    count = sample.height
    numbers = range(1, count + 1)
    regions = {
        code.code: code.label.fr
        for code in load_study(PROJECT, "phare-institutions").codelists["region"].codes
    }
    seconds = 480 + np.floor(1200 * draws.uniform("duree", count)).astype(int)
    spoke = draws.uniform("verbatim", count) < q.WITH_VERBATIM
    return pl.DataFrame(
        {
            "id_repondant": [f"M{number:03d}" for number in numbers],
            "code_insee": sample["insee_code"],
            "region": sample["region"].replace_strict(regions),
            "tranche_taille": sample["size"].replace_strict(q.SIZE_LABELS),
            "date_entretien": _dates(count),
            "duree_secondes": [str(one) for one in seconds],
            "poids": [f"{weight:.{DECIMALS}f}".replace(".", ",") for weight in people.weight],
            "courriel": [f"maire{number:03d}@exemple.invalid" for number in numbers],
            "lot_appel": [f"Lot {1 + number % 8}" for number in numbers],
            "verbatim": [
                f"Verbatim synthétique n° {number}" if said else ""
                for number, said in zip(numbers, spoke.tolist(), strict=True)
            ],
        }
    )


def _dates(count: int) -> list[str]:
    """Return a working day of the fieldwork for each, as DD/MM/YYYY."""
    places = np.floor(5 * WEEKS * draws.uniform("date", count)).astype(int).tolist()
    days = (FIRST_DAY + dt.timedelta(days=7 * (place // 5) + place % 5) for place in places)
    return [day.strftime("%d/%m/%Y") for day in days]


def _labelled(columns: Columns) -> pl.DataFrame:
    """Return the answers as the labels that an institute writes."""
    return pl.DataFrame(
        [
            pl.Series(name, codes.tolist()).replace(list(q.LABELS), list(q.LABELS.values()))
            for name, codes in columns.items()
        ]
    )
