-- How many items have an estimate.
-- reads  $estimates: path (Parquet)
-- gives  seen (distinct items with an estimated row), wrong (always 0: the caller compares); one row
SELECT count(DISTINCT (question, domain, actor)) FILTER (respondents > 0) AS seen, 0 AS wrong
FROM read_parquet($estimates)
