-- What each respondent answered to each measure, as numbers, with weight, stratum and breakdowns.
-- reads  $weighted: path (Parquet), one row per respondent: coded answers, weight DECIMAL(18, 9), stratum, breakdowns
-- gives  _line, weight DOUBLE, stratum, the breakdown columns, then one DOUBLE a measure: 1 or 0 for a share, the number for a
--        mean, NULL where the respondent is not in the base; one row per respondent, sorted by line
-- slots  {breakdowns}: the breakdown columns; {measures}: one expression a measure, each named
SELECT _line, CAST(weight AS DOUBLE) AS weight, stratum, {breakdowns}, {measures}
FROM read_parquet($weighted)
ORDER BY _line
