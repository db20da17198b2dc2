-- The weight, as the institute gave it, and the stratum of each respondent.
-- reads  $responses: path (Parquet), one row per respondent, sorted by line
-- gives  _line, weight DECIMAL(18, 9), stratum (codes joined by '|', '_T' without strata); sorted by line
-- slots  {weight}: column of the weight; {stratum}: expression of the stratum
SELECT _line, CAST({weight} AS DECIMAL(18, 9)) AS weight, {stratum} AS stratum
FROM read_parquet($responses)
