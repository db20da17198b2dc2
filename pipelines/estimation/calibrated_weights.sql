-- The weight that calibration gives each kind of person, for each respondent.
-- reads  $responses: path (Parquet), one row per respondent
-- reads  adjusted: one row per kind of person, with adjusted_weight
-- gives  _line, weight DECIMAL(18, 9); sorted by line
-- slots  {keys}: the columns that tell a kind of person
SELECT _line, CAST(adjusted_weight AS DECIMAL(18, 9)) AS weight
FROM read_parquet($responses)
JOIN adjusted USING ({keys})
ORDER BY _line
