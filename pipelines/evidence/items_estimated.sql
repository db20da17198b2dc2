-- Which items have an estimate.
-- reads  $estimates: path (Parquet)
-- gives  question, domain, actor of each item with an estimated row that somebody's answer is in
SELECT DISTINCT question, domain, actor
FROM read_parquet($estimates)
WHERE respondents > 0
