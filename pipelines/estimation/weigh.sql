-- The weight and the stratum of each respondent.
-- reads  $responses: path (Parquet), one row per respondent, sorted by line
-- gives  _line, weight DECIMAL(18, 9), stratum (codes joined by '|', '_T' without strata); sorted by line
-- slots  {weight}: expression of the weight; {stratum}: expression of the stratum; {joined}: a join with computed weights and the order that it loses, or nothing
SELECT responses._line, CAST({weight} AS DECIMAL(18, 9)) AS weight, {stratum} AS stratum
FROM read_parquet($responses) AS responses
{joined}
