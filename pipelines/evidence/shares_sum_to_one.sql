-- Whether the shares of each question with one answer a person sum to 1 in every cell.
-- reads  $estimates: path (Parquet), full precision; $exclusive: questions with one answer a person
-- gives  seen (cells with a base), wrong (cells whose shares do not sum to 1); one row
-- slots  {breakdowns}: the breakdown columns
WITH cell AS (
    SELECT sum(value) AS total
    FROM read_parquet($estimates)
    WHERE measure = 'share' AND question IN $exclusive AND respondents > 0
    GROUP BY wave, question, domain, actor, {breakdowns}
)
SELECT count(*) AS seen, count(*) FILTER (abs(total - 1) > 1e-9 OR total IS NULL) AS wrong
FROM cell
