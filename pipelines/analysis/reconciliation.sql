-- What the estimates give for each figure that was published elsewhere.
-- reads  $estimates: path of the estimates (Parquet), full precision, '_T' for a total; $wave;
--        wanted (figure, question, domain, actor, answer, measure, breakdowns): one row per figure
--        and answer counted in it
-- gives  figure, rows_found (estimates with a value), ours: the sum of their values, exact and so the
--        same in whatever order they are added; sorted by figure, and no row for a figure not found
-- slots  {breakdowns}: the breakdown columns, quoted
SELECT
    wanted.figure,
    count(estimates.value) AS rows_found,
    sum(CAST(estimates.value AS DECIMAL(28, 15))) AS ours
FROM wanted
JOIN read_parquet($estimates) AS estimates
    USING (question, domain, actor, answer, measure, {breakdowns})
WHERE estimates.wave = $wave
GROUP BY wanted.figure
ORDER BY wanted.figure
