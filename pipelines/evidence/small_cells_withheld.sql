-- Whether any published row rests on too few respondents, or any withheld row still says something.
-- reads  $protected: path (Parquet) of the table as it will be published; $minimum: respondents
-- gives  seen (rows), wrong (rows published from a smaller base, or withheld but not empty); one row
SELECT
    count(*) AS seen,
    count(*) FILTER (
        (status = 'published' AND (respondents IS NULL OR respondents < $minimum))
        OR (
            status <> 'published'
            AND coalesce(
                respondents, answering, weighted_base, value, standard_error, ci_low, ci_high,
                design_effect, effective_respondents
            ) IS NOT NULL
        )
        OR (status <> 'published' AND reliability IS NOT NULL)
    ) AS wrong
FROM read_parquet($protected)
