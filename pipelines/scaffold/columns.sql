-- What one column of an extract looks like, in counts: never a value that few rows have.
-- reads  $raw: path of the raw extract (Parquet, text columns); $rare: values in fewer rows are not shown;
--        $most: a column with more distinct values than this is not taken for coded
-- gives  one row per column: name (its place), distinct_values, is_numeric, has_comma (decimals written with one), is_unique,
--        is_address (e-mails), average_length (characters), codes (list of text, numbers in their order; empty for a
--        column not taken for coded)
-- slots  {named}: every column but _line, by its place and named after it; {columns}: these names
WITH cells AS (
    UNPIVOT (SELECT {named} FROM read_parquet($raw)) ON {columns} INTO NAME "name" VALUE received
),
counted AS (
    SELECT name, trim(received) AS received, count(*) AS times
    FROM cells WHERE trim(received) <> '' GROUP BY ALL
)
SELECT
    name,
    count(*) AS distinct_values,
    bool_and(try_cast(replace(received, ',', '.') AS DOUBLE) IS NOT NULL) AS is_numeric,
    bool_and(try_cast(replace(received, ',', '.') AS DOUBLE) IS NOT NULL)
        AND bool_or(contains(received, ',')) AS has_comma,
    max(times) = 1 AS is_unique,
    avg(CAST(regexp_full_match(received, '\S+@\S+\.\S+') AS INTEGER)) > 0.5 AS is_address,
    avg(length(received)) AS average_length,
    CASE WHEN count(*) <= $most
        THEN coalesce(
            list(received ORDER BY try_cast(received AS DOUBLE), received) FILTER (times >= $rare), []
        )
        ELSE []
    END AS codes
FROM counted
GROUP BY name
ORDER BY CAST(name AS INTEGER)
