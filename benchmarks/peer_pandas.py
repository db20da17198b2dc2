"""The peer for the chain: pandas, pandera and frictionless as most projects write it.

Belongs here: the same rules, sums and errors as the floor, in one script. Not here: measuring or
comparing. Run as `python -m benchmarks.peer_pandas EXTRACT FOLDER QUESTIONS`.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
from frictionless import Resource, Schema

from benchmarks.large_study import ANSWERS, REGIONS, SIZES

CELLS = ((), ("region",), ("size",), ("region", "size"))


def main(extract: Path, folder: Path, questions: int) -> None:
    """Validate, estimate, write Parquet and CSV, validate what is published."""
    names = [f"q{number:02d}" for number in range(questions)]
    rows = pd.read_csv(extract, dtype=str, keep_default_na=False)
    rows["weight"] = pd.to_numeric(rows["weight"], errors="coerce")
    rows = _schema(names).validate(rows, lazy=True)
    for name in ("region", "size", *names):
        rows[name] = rows[name].astype("category")
    rows.to_parquet(folder / "responses.parquet", compression="zstd")
    sampled = rows.groupby("size", observed=True).size()
    parts = [_shares(rows, name, cell, sampled) for name in names for cell in CELLS]
    found = pd.concat(parts, ignore_index=True)
    found.to_parquet(folder / "estimates.parquet", compression="zstd")
    found.to_csv(folder / "estimates.csv", index=False)
    resource = Resource(path="estimates.csv", basepath=str(folder), schema=_table_schema(found))
    report = resource.validate()
    if not report.valid:
        raise SystemExit(f"frictionless: {report.flatten(['note'])[:3]}")


def _schema(names: list[str]) -> pa.DataFrameSchema:
    answer = pa.Column(str, pa.Check.isin(ANSWERS))
    return pa.DataFrameSchema(
        {
            "id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
            "weight": pa.Column(float, pa.Check.gt(0)),
            "region": pa.Column(str, pa.Check.isin(REGIONS)),
            "size": pa.Column(str, pa.Check.isin(SIZES)),
            **dict.fromkeys(names, answer),
        }
    )


def _shares(
    rows: pd.DataFrame, name: str, cell: tuple[str, ...], sampled: pd.Series
) -> pd.DataFrame:
    """Return the shares of one question in one crossing, with their linearised errors."""
    asked = rows.loc[rows[name] != "NSP", [*dict.fromkeys(("region", "size")), name, "weight"]]
    asked = asked.assign(answer=asked[name].astype(str), stratum=asked["size"].astype(str))
    asked["w2"] = asked["weight"] ** 2
    by = list(cell)
    sums = asked.groupby([*by, "stratum", "answer"], observed=True).agg(
        n=("weight", "size"), w=("weight", "sum"), w2=("w2", "sum")
    )
    sums = sums.reset_index()
    strata = [*by, "stratum"]
    base = sums.groupby(strata, observed=True)[["n", "w", "w2"]].sum().reset_index()
    base = base.rename(columns={"n": "n_h", "w": "a", "w2": "b"})
    whole = base.groupby(by, observed=True)[["n_h", "a"]].sum() if by else base[["n_h", "a"]].sum()
    whole = whole.reset_index() if by else whole.to_frame().T
    whole = whole.rename(columns={"n_h": "respondents", "a": "weighted_base"})
    answers = sums[["answer"]].drop_duplicates()
    grid = base.merge(answers, how="cross").merge(sums, how="left", on=[*strata, "answer"])
    grid = grid.merge(whole, how="left", on=by) if by else grid.merge(whole, how="cross")
    grid = grid.fillna({"n": 0, "w": 0.0, "w2": 0.0})
    total = grid.groupby([*by, "answer"], observed=True)["w"].transform("sum")
    grid["value"] = total / grid["weighted_base"]
    m, p = grid["stratum"].map(sampled).astype(float), grid["value"]
    once = (grid["w"] - p * grid["a"]) / grid["weighted_base"]
    square = (grid["w2"] * (1 - 2 * p) + p**2 * grid["b"]) / grid["weighted_base"] ** 2
    grid["variance"] = m / (m - 1) * (square - once**2 / m)
    key = [*by, "answer"]
    found = grid.groupby(key, observed=True).agg(
        respondents=("respondents", "first"), weighted_base=("weighted_base", "first"),
        value=("value", "first"), variance=("variance", "sum"),
    )  # fmt: skip
    found = found.reset_index()
    found["standard_error"] = np.sqrt(found.pop("variance"))
    for one in ("region", "size"):
        found[one] = found[one].astype(str) if one in by else "_T"
    return found.assign(question=name)


def _table_schema(found: pd.DataFrame) -> Schema:
    numbers = {"respondents", "weighted_base", "value", "standard_error"}
    fields = [
        {"name": one, "type": "number" if one in numbers else "string"} for one in found.columns
    ]
    keys = ["question", "answer", "region", "size"]
    return Schema.from_descriptor({"fields": fields, "primaryKey": keys})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
