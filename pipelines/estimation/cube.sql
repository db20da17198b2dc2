-- The sums behind every estimate of a wave, at every published crossing, stratum by stratum.
-- reads  counted ("column", code, stratum, breakdowns, n, w, w2);
--        asked ("column", item, answer, is_numeric, is_multiple): what each column answers; answer is the code a tick
--        stands for, NULL where the cell holds the code;
--        counted_as (item, code, answer, is_net): what is estimated; answer '_Z' for a number, or a net of several codes;
--        cells (breakdowns): every published cell, '_T' for a breakdown summed over
-- gives  one row per item, answer, cell and stratum of the item's base in the cell, sorted by key; item, answer,
--        breakdowns and stratum are codes, stratum NULL where the base of the cell is empty;
--        n, a, b: respondents, sum of weights and of squared weights of the base; answering, c, d, e, f: respondents,
--        sums of w y, w² y, w² y² and w y² of the answer (y is 1 for a share, the number for a mean)
-- slots  {breakdowns}: the breakdown columns; {totals}: the same, '_T' where summed over; {cell_breakdowns}: of cells; {crossings}: the grouping sets; {same_cell}, {same_given}: rows of a cell
WITH published AS (SELECT DISTINCT item, answer FROM counted_as),
answers AS MATERIALIZED (
    SELECT
        asked.item, counted_as.answer, stratum, {breakdowns},
        NOT asked.is_multiple AND NOT is_net AS is_base, n, w, w2, 1.0::DOUBLE AS y
    FROM counted
    JOIN asked USING ("column")
    JOIN counted_as
        ON counted_as.item = asked.item AND counted_as.code = coalesce(asked.answer, counted.code)
    WHERE NOT asked.is_numeric AND (asked.answer IS NULL OR counted.code = '1')
    UNION ALL
    SELECT
        asked.item, '_Z', stratum, {breakdowns}, true, n, w, w2, TRY_CAST(counted.code AS DOUBLE)
    FROM counted
    JOIN asked USING ("column")
    WHERE asked.is_numeric AND TRY_CAST(counted.code AS DOUBLE) IS NOT NULL
    UNION ALL
    SELECT CAST(substr("column", length('_base ') + 1) AS INTEGER), NULL, stratum, {breakdowns}, true, n, w, w2, 0.0
    FROM counted
    WHERE starts_with("column", '_base ') AND code IN ('answered', 'in base')
),
summed AS MATERIALIZED (
    SELECT
        item, answer, is_base, stratum, {totals},
        sum(n) AS n, sum(w) AS w, sum(w2) AS w2,
        -- sums of decimals, so that neither threads nor the order of rows show in them
        sum(CAST(w AS DECIMAL(26, 9)) * CAST(y AS DECIMAL(12, 4))) AS wy,
        sum(CAST(CAST(w AS DOUBLE) * y * y AS DECIMAL(38, 14))) AS wy2,
        sum(CAST(w2 AS DECIMAL(26, 12)) * CAST(y AS DECIMAL(12, 4))) AS w2y,
        sum(CAST(CAST(w2 AS DOUBLE) * y * y AS DECIMAL(38, 14))) AS w2y2
    FROM answers
    GROUP BY item, answer, is_base, stratum, GROUPING SETS ({crossings})
),
bases AS (
    SELECT item, stratum, {breakdowns}, sum(n) AS n, sum(w) AS a, sum(w2) AS b
    FROM summed WHERE is_base
    GROUP BY item, stratum, {breakdowns}
),
given AS (
    SELECT
        item, answer, stratum, {breakdowns},
        sum(n) AS answering, sum(wy) AS c, sum(w2y) AS d, sum(w2y2) AS e, sum(wy2) AS f
    FROM summed WHERE answer IS NOT NULL
    GROUP BY item, answer, stratum, {breakdowns}
)
SELECT
    published.item, published.answer, {cell_breakdowns}, bases.stratum,
    coalesce(bases.n, 0)::BIGINT AS n,
    coalesce(bases.a, 0)::DOUBLE AS a,
    coalesce(bases.b, 0)::DOUBLE AS b,
    coalesce(given.answering, 0)::BIGINT AS answering,
    coalesce(given.c, 0)::DOUBLE AS c,
    coalesce(given.d, 0)::DOUBLE AS d,
    coalesce(given.e, 0)::DOUBLE AS e,
    coalesce(given.f, 0)::DOUBLE AS f
FROM published
CROSS JOIN cells
LEFT JOIN bases ON bases.item = published.item AND {same_cell}
LEFT JOIN given
    ON given.item = published.item AND given.answer = published.answer
    AND given.stratum = bases.stratum AND {same_given}
ORDER BY published.item, published.answer, {cell_breakdowns}, bases.stratum
