-- Rows of the estimates that cannot be protected, by what is wrong with them.
-- reads  $estimates: paths of the estimates (Parquet); $wave: the wave they should be of
-- gives  problem, rows; only problems that were found; sorted
-- slots  {breakdowns}: the breakdown columns; {no_key}: whether a key column is NULL
WITH judged AS (
    SELECT
        wave IS DISTINCT FROM $wave AS is_other_wave,
        {no_key} AS has_no_key,
        respondents IS NULL OR respondents < 0 AS has_no_base,
        min(respondents) OVER item IS DISTINCT FROM max(respondents) OVER item AS has_two_bases
    FROM read_parquet($estimates)
    WINDOW item AS (PARTITION BY question, domain, actor, measure, {breakdowns})
)
SELECT problem, count(*) AS rows
FROM (
    SELECT unnest([
        CASE WHEN is_other_wave THEN 'wave' END,
        CASE WHEN has_no_key THEN 'key' END,
        CASE WHEN has_no_base THEN 'respondents' END,
        CASE WHEN has_two_bases THEN 'two bases' END
    ]) AS problem
    FROM judged
)
WHERE problem IS NOT NULL
GROUP BY problem ORDER BY problem
