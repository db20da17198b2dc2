-- The rows of written tables of one form as they stand on disk, whatever their format, in one form.
-- reads  {source}: a table function call on the files, their paths bound, with the column filename
-- gives  release (0 the one to judge, then earlier ones), whether another table tells it, key, figures, whether any figure shows (NULL of earlier ones), status
-- slots  {source}; {files}, {releases}, {others}: the parameters that hold, in one order, the paths,
--        the releases that each is of and the waves to leave out of each; {breakdowns}: the breakdown
--        columns; {absent}: breakdowns that the files lack (an earlier release may), as '_T' columns
SELECT
    unnest(releases) AS release,
    false AS is_linked,
    wave, question, domain, actor, answer, measure, {absent} {breakdowns},
    TRY_CAST(respondents AS BIGINT) AS respondents,
    TRY_CAST(answering AS BIGINT) AS answering,
    TRY_CAST(weighted_base AS DOUBLE) AS weighted_base,
    TRY_CAST(value AS DOUBLE) AS value,
    TRY_CAST(standard_error AS DOUBLE) AS standard_error,
    TRY_CAST(effective_respondents AS BIGINT) AS effective_respondents,
    TRY_CAST(design_effect AS DOUBLE) AS design_effect,
    CASE WHEN list_contains(releases, 0) THEN concat_ws(
        '', respondents, answering, weighted_base, value, standard_error, ci_low, ci_high,
        design_effect, effective_respondents, reliability
    ) <> '' END AS has_figures,
    status
FROM {source}
JOIN (
    SELECT
        unnest({files}) AS filename,
        unnest(CAST({releases} AS INTEGER[][])) AS releases,
        unnest(CAST({others} AS VARCHAR[][])) AS others
) AS files USING (filename)
WHERE NOT list_contains(others, wave)
