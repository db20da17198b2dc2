-- The rows of one written table as they stand on disk, whatever its format, in one form.
-- reads  {source}: a table function call on the file, its path bound
-- gives  release (0 the one to judge, then earlier ones), whether another table tells it, key, figures, whether any figure shows, status
-- slots  {source}; {release}: the parameter that holds the release; {others}: the parameter that
--        lists the waves to leave out; {breakdowns}: the breakdown
--        columns; {absent}: breakdowns that the file lacks (an earlier release may), as '_T' columns
SELECT
    CAST({release} AS INTEGER) AS release,
    false AS is_linked,
    wave, question, domain, actor, answer, measure, {absent} {breakdowns},
    TRY_CAST(respondents AS BIGINT) AS respondents,
    TRY_CAST(answering AS BIGINT) AS answering,
    TRY_CAST(weighted_base AS DOUBLE) AS weighted_base,
    TRY_CAST(value AS DOUBLE) AS value,
    TRY_CAST(standard_error AS DOUBLE) AS standard_error,
    TRY_CAST(effective_respondents AS BIGINT) AS effective_respondents,
    TRY_CAST(design_effect AS DOUBLE) AS design_effect,
    concat_ws(
        '', respondents, answering, weighted_base, value, standard_error, ci_low, ci_high,
        design_effect, effective_respondents, reliability
    ) <> '' AS has_figures,
    status
FROM {source}
WHERE NOT list_contains(CAST({others} AS VARCHAR[]), wave)
