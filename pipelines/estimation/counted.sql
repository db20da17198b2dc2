-- The answers of a wave counted as finely as anything later needs them, a pass over the respondents for so many columns.
-- reads  $weighted: path (Parquet), one row per respondent: coded answers, weight DECIMAL(18, 9), stratum, breakdowns
-- makes  temporary table some_counted: "column" (of the extract, or '_base <item>' for where each stands to the base of a multiple choice), code,
--        stratum (or the finer group that variances need), breakdowns, n (respondents), w, w2 (exact sums of weights and of their squares); in no order
-- slots  {counted}: the columns counted, and one expression a multiple choice and sum of its answers; {group}: expression of the group; {breakdowns}: the breakdown columns; {same_kind}: rows of a kind; {sets}: one grouping set a
--        column counted; {which}: the name of the column that a set groups by; {code}: what that column holds
CREATE OR REPLACE TEMP TABLE some_counted AS
-- who is alike in stratum and breakdowns goes by one number: a set hashes that, not as many texts, for every answer
WITH kinds AS (
    SELECT CAST(row_number() OVER (ORDER BY stratum, {breakdowns}) AS INTEGER) AS _kind, stratum, {breakdowns}
    FROM (SELECT DISTINCT {group} AS stratum, {breakdowns} FROM read_parquet($weighted))
),
wide AS (
    SELECT weight, {group} AS stratum, {breakdowns}, {counted}
    FROM read_parquet($weighted)
),
numbered AS (
    SELECT kinds._kind, wide.* FROM wide JOIN kinds ON {same_kind}
),
-- a set a column: every answer is looked at where it stands, none is copied into a longer table first
summed AS (
    SELECT
        {which} AS "column", {code} AS code, _kind,
        count(*) AS n,
        sum(weight) AS w,
        sum(CAST(weight AS DECIMAL(18, 9)) * weight) AS w2
    FROM numbered
    GROUP BY GROUPING SETS ({sets})
)
SELECT "column", code, stratum, {breakdowns}, n, w, w2
FROM summed JOIN kinds USING (_kind)
WHERE code IS NOT NULL
