-- A written table, for the names of its columns.
-- reads  {source}: the file
-- gives  its columns; no row is read
-- slots  {source}: a table function call on the file, its path bound as $file
SELECT * FROM {source} LIMIT 0
