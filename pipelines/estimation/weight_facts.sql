-- What the weights of a wave look like.
-- reads  $weighted: path (Parquet), one row per respondent
-- gives  respondents, total, smallest, largest, total of squares; one row
SELECT
    count(*) AS respondents,
    sum(weight) AS total,
    min(weight) AS smallest,
    max(weight) AS largest,
    sum(CAST(weight AS DECIMAL(18, 9)) * weight) AS squares
FROM read_parquet($weighted)
