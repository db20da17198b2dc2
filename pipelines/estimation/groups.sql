-- The sample, cut as finely as variances need: strata and, where weights are calibrated, kinds of respondents inside.
-- reads  $weighted: path (Parquet), one row per respondent
-- gives  "group" (the name that cube.sql gives, see groups.py), stratum, {kinds}, respondents, weight and squares (sums of
--        weights and of their squares); one row per group, sorted
-- slots  {group}: expression of the group; {kinds}: the breakdowns of the calibration, each behind a comma
SELECT
    {group} AS "group", stratum {kinds},
    count(*) AS respondents,
    sum(weight)::DOUBLE AS weight,
    sum(CAST(weight AS DECIMAL(18, 9)) * weight)::DOUBLE AS squares
FROM read_parquet($weighted)
GROUP BY "group", stratum {kinds}
ORDER BY "group"
