-- Rows of a written table of analyses that may not stand beside the estimates as written, by fault.
-- reads  the file, its path bound as $file; released: the estimates of release 0
-- gives  fault, rows; only faults that were found; sorted
-- slots  source: a call that reads the file, or a query of many lines; {figures}: every column of a figure; {of_cell}: the
--        columns that tie a row to its cell of estimates; {has_cell}: whether there are any;
--        {respondents}: its base, or NULL
WITH cells AS (
    SELECT
        {of_cell},
        bool_or(status = 'published') AS is_shown,
        max(respondents) AS respondents_there
    FROM released
    WHERE release = 0 AND NOT is_linked
    GROUP BY ALL
),
judged AS (
    SELECT
        given.status AS status,
        concat_ws('', {figures}) <> '' AS has_figures,
        {respondents} AS respondents_here,
        cells.is_shown,
        cells.respondents_there
    FROM {source} AS given
    LEFT JOIN cells USING ({of_cell})
),
faults AS (
    SELECT unnest([
        CASE WHEN status IS NULL OR status NOT IN ('published', 'withheld', 'not_applicable', 'not_asked')
            THEN 'status' END,
        CASE WHEN status <> 'published' AND has_figures THEN 'figure in a withheld row' END,
        CASE WHEN {has_cell} AND status = 'published' AND NOT coalesce(is_shown, false)
            THEN 'published beside a withheld cell' END,
        CASE WHEN {has_cell} AND status = 'published' AND respondents_here <> respondents_there
            THEN 'another base than the cell' END
    ]) AS fault
    FROM judged
)
SELECT fault, count(*) AS rows FROM faults WHERE fault IS NOT NULL GROUP BY fault ORDER BY fault
