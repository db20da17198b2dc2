-- The bases in which all, or none, of the respondents gave some answer, as it would be printed.
-- reads  $estimates: paths of the estimates (Parquet); $national_share, $share: decimals of a share
--        at national level and below
-- gives  question, domain, actor, measure, breakdowns; one row per item and cell, by key
-- slots  {breakdowns}: the breakdown columns; {is_national}: whether all of them are '_T'
SELECT DISTINCT question, domain, actor, measure, {breakdowns}
FROM read_parquet($estimates)
WHERE
    measure = 'share'
    AND isfinite(value)
    AND round(value, CASE WHEN {is_national} THEN $national_share ELSE $share END) IN (0, 1)
ORDER BY question, domain, actor, measure, {breakdowns}
