-- Whether every response has one positive, finite weight.
-- reads  $weighted, $responses: paths (Parquet), one row per respondent
-- gives  seen (weighted rows), wrong (rows without a positive weight, plus rows lost or gained); one row
SELECT
    count(*) AS seen,
    count(*) FILTER (weight IS NULL OR weight <= 0)
        + abs(count(*) - (SELECT count(*) FROM read_parquet($responses))) AS wrong
FROM read_parquet($weighted)
