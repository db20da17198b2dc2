-- The answers of a table named by a caller, counted as cube.sql needs them, in one pass over its rows.
-- reads  source: the caller's table, one row per respondent
-- makes  temporary table counted: "column" (q0, q1…), code, stratum, breakdowns, n, w, w2; in no order
-- slots  {weight}: the column of weights; {stratum}: expression of the stratum; {coded}: breakdowns and questions as text, named;
--        {columns}: the names of the questions; {breakdowns}: the names of the breakdowns, each behind a comma
CREATE OR REPLACE TEMP TABLE counted AS
WITH wide AS (
    SELECT CAST({weight} AS DECIMAL(18, 9)) AS weight, {stratum} AS stratum, {coded} FROM source
),
cells AS (UNPIVOT wide ON {columns} INTO NAME "column" VALUE code)
SELECT
    "column", code, stratum {breakdowns},
    count(*) AS n, sum(weight) AS w, sum(CAST(weight AS DECIMAL(18, 9)) * weight) AS w2
FROM cells
GROUP BY "column", code, stratum {breakdowns}
