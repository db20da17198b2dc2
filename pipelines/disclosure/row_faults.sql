-- Rows that may not be written as they are, by fault: what the audit refuses at sight.
-- reads  released: see released_rows.sql; $minimum: fewest respondents; $national_share, $share,
--        $national_mean, $mean: decimals of a value; $not_asked: 'wave question' of each question
--        that a wave declares as not asked
-- gives  fault, rows; only faults that were found; sorted
-- slots  {is_national}: whether the row is the total over every breakdown
WITH judged AS (
    SELECT
        *,
        CASE
            WHEN measure = 'share' AND {is_national} THEN $national_share
            WHEN measure = 'share' THEN $share
            WHEN {is_national} THEN $national_mean
            ELSE $mean
        END AS decimals
    FROM released
    WHERE release = 0
),
faults AS (
    SELECT unnest([
        CASE WHEN status IS NULL OR status NOT IN ('published', 'withheld', 'not_applicable', 'not_asked')
            THEN 'status' END,
        CASE WHEN NOT is_linked
            AND status = 'not_asked' AND NOT list_contains($not_asked, concat_ws(' ', wave, question))
            THEN 'not asked, which the wave does not declare' END,
        CASE WHEN status <> 'published' AND has_figures THEN 'figure in a withheld row' END,
        CASE WHEN status = 'published' AND coalesce(respondents, 0) < $minimum
            THEN 'too few respondents' END,
        CASE WHEN answering IS NOT NULL AND NOT ({is_national})
            THEN 'answering below national level' END,
        CASE WHEN abs(value * power(10, decimals) - round(value * power(10, decimals))) > 1e-6
            THEN 'more decimals than declared' END,
        CASE WHEN NOT ({is_national}) AND abs(design_effect * 10 - round(design_effect * 10)) > 1e-6
            THEN 'more decimals than declared' END
    ]) AS fault
    FROM judged
)
SELECT fault, count(*) AS rows FROM faults WHERE fault IS NOT NULL GROUP BY fault ORDER BY fault
