"""Which communes answer: about as many in each size class, spread over the regions.

Belongs here: the frame, the allocation, the draw of communes. Not here: weights (weights.py) and
answers (answers.py), which never see a commune.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines import PROJECT
from pipelines.study import frame_path
from tools.synthetic_mayors import draws

FRAME_YEAR = 2024
SIZES = {"<2000": 102, "2000-19999": 101, "20000+": 101}  # respondents: 304, as published
LEAST_IN_CELL = 4
REGION_GROUPS = {"93": "93-94", "94": "93-94"}
ABSENT_IN_2016 = Path(__file__).parent / "data" / "communes-2024-absent-2016.csv"


def frame() -> pl.DataFrame:
    """Return the metropolitan communes of 2024.

    Columns: insee_code, region, region_group, size (class), population.
    """
    communes = pl.read_csv(frame_path(PROJECT, FRAME_YEAR), infer_schema=False)
    return communes.filter(pl.col("zone") == "metro").select(
        "insee_code",
        pl.col("region_code").alias("region"),
        pl.col("region_code").replace(REGION_GROUPS).alias("region_group"),
        pl.col("size3").alias("size"),
        pl.col("population").cast(pl.Int64),
    )


def cells(communes: pl.DataFrame) -> pl.DataFrame:
    """Return region_group, size, communes, respondents: one row per cell, sorted."""
    counted = (communes.group_by("region_group", "size").agg(pl.len().alias("communes"))).sort(
        "size", "region_group"
    )
    parts = [
        part.with_columns(
            pl.Series("respondents", allocate(part["communes"].to_numpy(), SIZES[str(size)]))
        )
        for (size,), part in counted.group_by("size", maintain_order=True)
    ]
    return pl.concat(parts).sort("region_group", "size")


def allocate(communes: npt.NDArray[np.integer], total: int) -> npt.NDArray[np.int64]:
    """Share `total` interviews: LEAST_IN_CELL each, the rest in proportion (largest remainders)."""
    rest = total - LEAST_IN_CELL * len(communes)
    exact = rest * communes / communes.sum()
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: rest - whole.sum()]] += 1
    return np.asarray(whole + LEAST_IN_CELL)


def draw() -> pl.DataFrame:
    """Return the 304 communes in the order of the extract: the columns of `frame`.

    Communes are drawn at random within region group × size among those that have inhabitants and
    existed in 2016 too.
    """
    communes = frame()
    absent = pl.read_csv(ABSENT_IN_2016, infer_schema=False)["insee_code"]
    eligible = communes.filter(
        pl.col("population") > 0, ~pl.col("insee_code").is_in(absent.implode())
    ).sort("insee_code")
    drawn = (
        eligible.with_columns(pl.Series("rank", draws.uniform("communes", eligible.height)))
        .with_columns(pl.col("rank").rank("ordinal").over("region_group", "size"))
        .join(cells(communes), on=["region_group", "size"])
        .filter(pl.col("rank") <= pl.col("respondents"))
        .sort("insee_code")
        .select(communes.columns)
    )
    return drawn.select(pl.all().gather(np.argsort(draws.uniform("order", drawn.height))))
