-- How the rows of one table differ between two releases, by primary key.
-- reads  before, after: the table of each release, same key
-- gives  one row: added, removed, changed (some shared column differs), restated (a value differs
--        where both are published), withheld (published before, not now), freed (the reverse)
-- slots  {key}: the primary key; {differs}: some shared column differs; {was_published},
--        {is_published}: whether the row's values are shown, before and after
SELECT
    count(*) FILTER (NOT has_before)::INTEGER AS added,
    count(*) FILTER (NOT has_after)::INTEGER AS removed,
    count(*) FILTER (is_both AND differs)::INTEGER AS changed,
    count(*) FILTER (is_both AND differs AND was_published AND is_published)::INTEGER AS restated,
    count(*) FILTER (is_both AND was_published AND NOT is_published)::INTEGER AS withheld,
    count(*) FILTER (is_both AND is_published AND NOT was_published)::INTEGER AS freed
FROM (
    SELECT
        coalesce(b._has, false) AS has_before,
        coalesce(a._has, false) AS has_after,
        has_before AND has_after AS is_both,
        {differs} AS differs,
        {was_published} AS was_published,
        {is_published} AS is_published
    FROM (SELECT *, true AS _has FROM before) AS b
    FULL JOIN (SELECT *, true AS _has FROM after) AS a USING ({key})
)
