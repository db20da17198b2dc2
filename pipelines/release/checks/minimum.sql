-- Cells below the least value of their column.
-- reads  {table}: a published table; $minimum
-- gives  how many such cells
-- slots  {table}; {column}
SELECT count(*) FROM {table} WHERE {column} < $minimum
