-- Every cell that has respondents, at each crossing asked for.
-- reads  counted (breakdowns)
-- gives  the breakdowns, '_T' where summed over; one row per cell
-- slots  {breakdowns}: their names; {totals}: the same, '_T' where summed over; {crossings}: the grouping sets
SELECT DISTINCT {totals}
FROM (SELECT DISTINCT {breakdowns} FROM counted)
GROUP BY GROUPING SETS ({crossings})
