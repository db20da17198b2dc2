-- The base of each item in each cell: what decides whether it may be published.
-- reads  $estimates: paths of the estimates (Parquet), one row per item, answer and cell
-- gives  question, domain, actor, measure, breakdowns, respondents; one row per item and cell, by key
-- slots  {breakdowns}: the breakdown columns
SELECT question, domain, actor, measure, {breakdowns}, max(respondents) AS respondents
FROM read_parquet($estimates)
GROUP BY question, domain, actor, measure, {breakdowns}
ORDER BY question, domain, actor, measure, {breakdowns}
