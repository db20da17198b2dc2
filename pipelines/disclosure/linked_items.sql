-- Rows of a table of analyses in the form of estimates, with the bases of the estimates that they
-- stand beside: further answers of an item, or items of their own.
-- reads  the file, its path bound; the estimates, private or written; $named: the names of the rows
--        wanted, $questions and $answers: what each stands for, in the same order
-- gives  key and figures as the estimates have them; one row per item, answer and cell
-- slots  {source}: a call that reads the file; {estimates}: the estimates; {of_base}: what a base
--        is found by; {named}: the name of a row; {domain}, {actor}, {answer}: its key; {breakdowns};
--        {figures}: every column of a figure; {status}: the status, or NULL
WITH bases AS (
    SELECT
        {of_base},
        max(weighted_base) AS weighted_base,
        max(effective_respondents) AS effective_respondents
    FROM {estimates}
    WHERE respondents IS NOT NULL
    GROUP BY ALL
),
given AS (
    SELECT
        * REPLACE (TRY_CAST(respondents AS BIGINT) AS respondents),
        {named} AS named,
        concat_ws('', {figures}) <> '' AS has_figures
    FROM {source}
)
SELECT
    wave, $questions[list_position($named, named)] AS question, {domain} AS domain, {actor} AS actor, {answer} AS answer,
    'share' AS measure, {breakdowns},
    respondents,
    bases.weighted_base,
    TRY_CAST(value AS DOUBLE) AS value,
    TRY_CAST(standard_error AS DOUBLE) AS standard_error,
    bases.effective_respondents,
    has_figures,
    {status} AS status
FROM given
LEFT JOIN bases USING ({of_base})
WHERE list_contains($named, named)
