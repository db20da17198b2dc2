-- Which codes each column holds.
-- reads  counted ("column", code)
-- gives  column, code; one row per pair, sorted
SELECT DISTINCT "column", code FROM counted ORDER BY ALL
