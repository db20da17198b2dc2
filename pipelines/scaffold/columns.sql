-- What one column of an extract looks like, in counts: never a value that few rows have.
-- reads  $raw: path of the raw extract (Parquet, text columns); $rare: values in fewer rows are not shown;
--        $most: a column with more distinct values than this is not taken for coded
-- gives  one row per column: position, name, filled, distinct_values, numeric, is_unique, codes (list of text, in order;
--        empty for a column not taken for coded)
-- slots  {columns}: every column but _line
WITH cells AS (
    UNPIVOT (SELECT {columns} FROM read_parquet($raw)) ON {columns} INTO NAME "name" VALUE received
),
counted AS (
    SELECT name, trim(received) AS received, count(*) AS times
    FROM cells WHERE trim(received) <> '' GROUP BY ALL
)
SELECT
    name,
    sum(times) AS filled,
    count(*) AS distinct_values,
    bool_and(try_cast(replace(received, ',', '.') AS DOUBLE) IS NOT NULL) AS is_numeric,
    max(times) = 1 AS is_unique,
    CASE WHEN count(*) <= $most
        THEN coalesce(list(received ORDER BY received) FILTER (times >= $rare), [])
        ELSE []
    END AS codes
FROM counted
GROUP BY name
ORDER BY name
