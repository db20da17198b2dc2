-- Cells that are empty although their column must not be.
-- reads  {table}: a published table
-- gives  how many such cells
-- slots  {table}; {column}
SELECT count(*) FROM {table} WHERE {column} IS NULL
