-- Cells that differ under the same key, one row each.
-- reads  before, after: the same table of two releases
-- gives  key, column, before, after (text as in the CSVs; NULL: empty), by key and column; of a row
--        whose values only one of the two releases shows, the status alone: a diff must not say
--        again what was withheld
-- slots  {key}: the primary key; {cells}: name and texts of each other column, as a list of structs;
--        {is_shown}: both releases show the row's values
WITH cells AS (
    SELECT {key}, {is_shown} AS is_shown, unnest({cells}, max_depth := 2)
    FROM before AS b
    JOIN after AS a USING ({key})
)
SELECT {key}, "column", "before", "after"
FROM cells
WHERE "before" IS DISTINCT FROM "after" AND (is_shown OR "column" = 'status')
ORDER BY {key}, "column"
