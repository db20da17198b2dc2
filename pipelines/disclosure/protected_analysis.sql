-- What may be published of one table of analyses: figures rounded as declared, or emptied.
-- reads  judged: the table's rows with their status; $national_share, $share, $national_mean, $mean: decimals
--        of a value at national level and below
-- gives  the published columns, sorted by key; bounds are rounded outwards, so that the interval
--        printed covers the one computed; figures are NULL unless the row is published
-- slots  {is_national}: whether a row is about the total; {is_mean}: whether its value is a mean;
--        {rounded}: every published column; {key}: the primary key
WITH levelled AS (
    SELECT
        *,
        {is_national} AS is_national,
        {is_mean} AS is_mean,
        power(10, CASE WHEN is_mean THEN $national_mean ELSE $national_share END) AS national_steps,
        CASE
            WHEN is_national THEN national_steps
            ELSE power(10, CASE WHEN is_mean THEN $mean ELSE $share END)
        END AS steps
    FROM judged
),
published AS (SELECT {rounded} FROM levelled)
SELECT * FROM published ORDER BY {key}
