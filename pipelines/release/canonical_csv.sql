-- The canonical CSV of one table.
-- reads  rows: one row per line, in published order
-- gives  the file of {path}
-- slots  {path}: where to write, quoted
COPY (SELECT * FROM rows)
TO {path} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')
