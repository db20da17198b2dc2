-- Whether any published figure of an analysis is shown where its estimate is not, or is another one.
-- reads  $analysis: path (Parquet) of the private table, `answers` being those it counts; $estimates,
--        $protected: paths (Parquet) of the estimates and of the table as they will be published
-- gives  seen (rows published), wrong (rows whose item is withheld in that cell, or whose value is not
--        that of the one answer they count); one row
-- slots  {key}: the key of the table; {cell}: the columns of item and cell; {same_cell}: s and e agree on them
WITH shown AS (
    SELECT p.*, a.answers AS counted
    FROM read_parquet($protected) AS p
    JOIN (SELECT {key}, answers FROM read_parquet($analysis)) AS a USING ({key})
    WHERE p.status = 'published'
),
cells AS (
    SELECT {cell}, bool_and(status = 'published') AS is_shown
    FROM read_parquet($estimates)
    GROUP BY {cell}
)
SELECT
    count(*) AS seen,
    count(*) FILTER (
        NOT coalesce(is_shown, false) OR (e.value IS NOT NULL AND e.value IS DISTINCT FROM s.value)
    ) AS wrong
FROM shown AS s
LEFT JOIN cells USING ({cell})
LEFT JOIN read_parquet($estimates) AS e ON {same_cell} AND e.answer = s.counted
