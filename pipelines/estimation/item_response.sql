-- How many respondents have which code in each item, from what was counted of a wave.
-- reads  counted ("column", code, n): see counted.sql; asked ("column", item, is_numeric, is_multiple): what each column answers
-- gives  item, code, is_number (the code of a numeric item is one), n; of a multiple choice, code is the state of its base
WITH found AS (
    SELECT asked.item, code, is_numeric, n FROM counted JOIN asked USING ("column") WHERE NOT is_multiple
    UNION ALL
    SELECT CAST(substr("column", length('_base ') + 1) AS INTEGER), code, false, n
    FROM counted WHERE starts_with("column", '_base ')
)
SELECT item, code, is_numeric AND TRY_CAST(code AS DOUBLE) IS NOT NULL AS is_number, CAST(sum(n) AS BIGINT) AS n
FROM found
GROUP BY ALL
