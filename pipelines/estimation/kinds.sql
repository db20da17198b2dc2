-- How many respondents stand in each combination of the calibrated breakdowns.
-- reads  $responses: path (Parquet), one row per respondent
-- gives  the breakdown columns, respondents; one row per combination, sorted
-- slots  {breakdowns}: the columns of the calibrated breakdowns
SELECT {breakdowns}, count(*) AS respondents
FROM read_parquet($responses)
GROUP BY {breakdowns}
ORDER BY {breakdowns}
