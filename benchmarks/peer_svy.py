"""The peer for estimates: `svy`, one proportion a question by region and size, whole design.

Belongs here: running it on the chain's weighted responses. Not here: measuring or comparing. Run
in an environment of its own: `python benchmarks/peer_svy.py WEIGHTED OUT [QUESTION…]`, CSV both.
"""

import sys

import polars as pl
import svy


def main(weighted: str, out: str, questions: list[str]) -> None:
    """Write question, answer, region, size, value, standard_error of every domain."""
    frame = pl.read_csv(weighted, infer_schema=False).with_columns(
        pl.col("weight").cast(pl.Float64)
    )
    sample = svy.Sample(frame, svy.Design(stratum="stratum", wgt="weight"))
    found = []
    for one in questions:
        estimates = sample.estimation.prop(
            one, by=["by_region", "by_size"], where=svy.col(one) != "NSP"
        )
        found.append(
            estimates.to_polars().select(
                pl.lit(one).alias("question"),
                pl.col(one).cast(pl.String).alias("answer"),
                pl.col("by_region").cast(pl.String).alias("region"),
                pl.col("by_size").cast(pl.String).alias("size"),
                pl.col("est").alias("value"),
                pl.col("se").alias("standard_error"),
            )
        )
    if found:
        pl.concat(found).write_csv(out, quote_style="non_numeric")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
