-- Sums of products of two measures over the respondents who have both, by cell and group of the sample.
-- reads  $weighted: path (Parquet), one row per respondent: coded answers, weight DECIMAL(18, 9), stratum, breakdowns
-- gives  the breakdown columns ('_T' where summed over), stratum (or the finer group), and for each pair i of measures y, x:
--        both_i, y_i, x_i, yx_i, sums of w², w² y, w² x, w² y x; one row per cell and group, sorted
-- slots  {group}: expression of the group; {breakdowns}: the breakdown columns; {measures}: y and x of each pair, named;
--        {products}: the sums of each pair, named; {totals}: the breakdowns, '_T' where summed over; {crossings}: the grouping sets
WITH people AS (
    SELECT
        CAST(CAST(weight AS DECIMAL(18, 9)) * weight AS DOUBLE) AS square,
        {group} AS stratum, {breakdowns}, {measures}
    FROM read_parquet($weighted)
)
SELECT {totals}, stratum, {products}
FROM people
GROUP BY stratum, GROUPING SETS ({crossings})
ORDER BY ALL
