-- Cells that hold no declared code.
-- reads  {table}: a published table; $codes: the codes of the column
-- gives  how many such cells
-- slots  {table}; {column}
SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT unnest($codes))
