"""The floor: one hand-written DuckDB script that does what the chain does, and nothing else.

Belongs here: parsing the benchmark's CSV, its rules, its sums and their errors, the same Parquet.
Not here: anything of the pipeline. Run as `python -m benchmarks.floor EXTRACT FOLDER QUESTIONS`.
"""

import sys
from pathlib import Path

import duckdb

CODES = {
    "region": "'11','24','27','28','32','44','52','53','75','76','84','93','94'",
    "size": "'LT2000','2000-19999','GE20000'",
    "answer": "'1','2','3','4','NSP'",
}
CELLS = "(), (region), (size), (region, size)"


def main(extract: Path, folder: Path, questions: int) -> None:
    """Write rejected.parquet, responses.parquet and estimates.parquet into `folder`."""
    names = [f"q{number:02d}" for number in range(questions)]
    with duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(folder)}) as run:
        for name, codes in CODES.items():
            run.execute(f"CREATE TYPE {name}_code AS ENUM ({codes})")
        answers = ", ".join(f"TRY_CAST({one} AS answer_code) AS {one}" for one in names)
        run.execute(f"""
            CREATE TABLE read AS
            SELECT id, TRY_CAST(weight AS DECIMAL(18, 9)) AS weight,
                TRY_CAST(region AS region_code) AS region, TRY_CAST(size AS size_code) AS size,
                {answers}
            FROM read_csv('{extract}', all_varchar = true, header = true)""")
        sound = " AND ".join(f"{one} IS NOT NULL" for one in ("region", "size", *names))
        run.execute(f"""
            COPY (
                SELECT id FROM read WHERE NOT (coalesce(id <> '', false)
                    AND coalesce(weight > 0, false) AND {sound})
                UNION ALL SELECT id FROM read GROUP BY id HAVING count(*) > 1
            ) TO '{folder / "rejected.parquet"}'""")
        rejected = run.sql(f"SELECT count(*) FROM '{folder / 'rejected.parquet'}'").fetchall()
        if rejected != [(0,)]:
            raise SystemExit("the benchmark's extract has no row to reject")
        run.execute(f"COPY read TO '{folder / 'responses.parquet'}' (COMPRESSION zstd)")
        run.execute(_sums(names))
        run.execute(_estimates(folder / "estimates.parquet"))


def _sums(names: list[str]) -> str:
    """Count every question in one scan, by answer, region and size (the stratum)."""
    sets = ", ".join(f"(region, size, {one})" for one in names)
    which = " ".join(f"WHEN grouping({one}) = 0 THEN '{one}'" for one in names)
    return f"""
        CREATE TABLE counted AS
        SELECT CASE {which} END AS question, coalesce({", ".join(names)}) AS answer, region, size,
            count(*) AS n, sum(weight) AS w, sum(weight * weight) AS w2
        FROM read GROUP BY GROUPING SETS ({sets})"""


def _estimates(out: Path) -> str:
    """Shares and their errors in every cell, from the sums: one row a question, answer and cell.

    The variance of a ratio under a stratified design (Särndal, Swensson and Wretman 1992, 5.5).
    """
    return f"""
        COPY (
            WITH strata AS (SELECT size AS stratum, count(*) AS m FROM read GROUP BY size),
            cell AS (
                SELECT question, answer, stratum, coalesce(region::VARCHAR, '_T') AS region,
                    coalesce(size::VARCHAR, '_T') AS size,
                    sum(n) AS n, sum(w)::DOUBLE AS w, sum(w2)::DOUBLE AS w2
                FROM (SELECT *, size AS stratum FROM counted WHERE answer <> 'NSP')
                GROUP BY question, answer, stratum, GROUPING SETS ({CELLS})
            ),
            base AS (
                SELECT question, stratum, region, size, sum(n) AS n, sum(w) AS a, sum(w2) AS b
                FROM cell GROUP BY ALL
            ),
            whole AS (
                SELECT question, region, size, sum(n) AS n, sum(a) AS a FROM base GROUP BY ALL
            ),
            share AS (
                SELECT question, answer, region, size, whole.n AS respondents, whole.a AS total,
                    sum(cell.w) / whole.a AS p
                FROM cell JOIN whole USING (question, region, size)
                GROUP BY question, answer, region, size, whole.n, whole.a
            )
            SELECT question, answer, region, size, respondents, total AS weighted_base, p AS value,
                sqrt(sum(m / (m - 1) * (
                    (coalesce(cell.w2, 0) * (1 - 2 * p) + p * p * b) / total ** 2
                    - ((coalesce(cell.w, 0) - p * a) / total) ** 2 / m
                ))) AS standard_error
            FROM share
            JOIN base USING (question, region, size)
            JOIN strata USING (stratum)
            LEFT JOIN cell USING (question, answer, region, size, stratum)
            GROUP BY ALL
            ORDER BY ALL
        ) TO '{out}' (COMPRESSION zstd)"""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
