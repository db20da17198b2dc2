-- How many respondents were asked each item, and how many answered it.
-- reads  $weighted: path (Parquet), one row per respondent: coded answers
-- gives  item, asked, respondents; one row per item, sorted
-- slots  {counts}: for each item, a struct of its number and both counts
WITH counted AS (SELECT [{counts}] AS items FROM read_parquet($weighted))
SELECT one.item AS item, one.asked AS asked, one.respondents AS respondents
FROM (SELECT unnest(items) AS one FROM counted)
ORDER BY item
