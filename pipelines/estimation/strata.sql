-- How many respondents each stratum has.
-- reads  $weighted: path (Parquet), one row per respondent
-- gives  stratum, respondents; one row per stratum, sorted
SELECT stratum, count(*) AS respondents FROM read_parquet($weighted) GROUP BY stratum ORDER BY stratum
