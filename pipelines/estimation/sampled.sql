-- The strata of a table named by a caller.
-- reads  source: the caller's table, one row per respondent
-- gives  stratum, respondents, weight and squares (sums of weights and of their squares), units; one row per stratum, sorted
-- slots  {stratum}, {weight}, {population}: expressions of the stratum, the weight, the units of the stratum
SELECT
    {stratum} AS stratum, count(*) AS respondents,
    sum(CAST({weight} AS DOUBLE)) AS weight, sum(CAST({weight} AS DOUBLE) ** 2) AS squares,
    CAST(max({population}) AS DOUBLE) AS units
FROM source
GROUP BY ALL
ORDER BY stratum
