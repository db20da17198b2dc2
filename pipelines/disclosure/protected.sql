-- The published table: every estimate with its status, rounded as declared, or emptied.
-- reads  $estimates: paths of the estimates and their sums (Parquet, full precision); decisions: question, domain,
--        actor, measure, breakdowns, status, one row per item and cell; $national_share, $share,
--        $national_mean, $mean: decimals of a value at national level and below
-- gives  key, figures (NULL unless published) and status, sorted by key; errors are rounded like
--        their value, bounds outwards so that the interval printed covers the one computed;
--        answering at national level only; design effects to 2 decimals, 1 below national level, where a
--        second one gives hidden crossings back (reconstruction.py)
-- slots  {breakdowns}: the breakdown columns; {is_national}: whether all of them are '_T'; {typed}:
--        every published column cast to its declared type
WITH judged AS (
    SELECT
        *,
        {is_national} AS is_national,
        CASE
            WHEN measure = 'share' AND {is_national} THEN $national_share
            WHEN measure = 'share' THEN $share
            WHEN {is_national} THEN $national_mean
            ELSE $mean
        END AS decimals
    FROM read_parquet($estimates)
    JOIN decisions USING (question, domain, actor, measure, {breakdowns})
),
-- A bound such as 0.30000000000000004 is 0.3: it must not be pushed outwards by a whole step.
figures AS (
    SELECT
        *,
        power(10, decimals) AS steps,
        CASE WHEN isfinite(value) THEN value END AS finite_value,
        CASE WHEN isfinite(standard_error) THEN standard_error END AS finite_error,
        CASE WHEN isfinite(ci_low) THEN round(ci_low, 9) END AS finite_low,
        CASE WHEN isfinite(ci_high) THEN round(ci_high, 9) END AS finite_high,
        CASE WHEN isfinite(design_effect) THEN design_effect END AS finite_effect,
        CASE WHEN isfinite(effective_respondents) THEN effective_respondents END AS finite_base
    FROM judged
),
rounded AS (
    SELECT
        wave, question, domain, actor, answer, measure, {breakdowns},
        respondents,
        CASE WHEN is_national THEN answering END AS answering,
        round(weighted_base) AS weighted_base,
        round(finite_value * steps) / steps AS value,
        round(finite_error * steps) / steps AS standard_error,
        floor(round(finite_low * steps, 6)) / steps AS ci_low,
        ceil(round(finite_high * steps, 6)) / steps AS ci_high,
        round(finite_effect, CASE WHEN is_national THEN 2 ELSE 1 END) AS design_effect,
        round(finite_base) AS effective_respondents,
        reliability,
        status
    FROM figures
)
SELECT {typed}
FROM rounded
ORDER BY wave, question, domain, actor, answer, measure, {breakdowns}
