-- How many respondents of each cell gave each number, by group of the sample.
-- reads  counted ("column", code, stratum, breakdowns, n, w, w2); asked ("column", item, is_numeric);
--        $items: the items wanted
-- gives  item, the breakdown columns ('_T' where summed over), number, stratum, n, a, b (respondents, sums of weights and of
--        their squares); one row per item, cell, number and group, sorted
-- slots  {breakdowns}: the breakdown columns; {totals}: the same, '_T' where summed over; {crossings}: the grouping sets
WITH numbers AS (
    SELECT asked.item, {breakdowns}, TRY_CAST(counted.code AS DOUBLE) AS number, stratum, n, w, w2
    FROM counted
    JOIN asked USING ("column")
    WHERE asked.is_numeric AND list_contains($items, asked.item)
)
SELECT
    item, {totals}, number, stratum,
    sum(n)::BIGINT AS n, sum(w)::DOUBLE AS a, sum(w2)::DOUBLE AS b
FROM numbers
WHERE number IS NOT NULL
GROUP BY item, number, stratum, GROUPING SETS ({crossings})
ORDER BY ALL
