-- Which combinations of breakdown codes have respondents.
-- reads  counted (breakdowns)
-- gives  the breakdown columns; one row per combination, sorted
-- slots  {breakdowns}: the breakdown columns
SELECT DISTINCT {breakdowns} FROM counted ORDER BY ALL
