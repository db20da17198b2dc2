-- Rows that only one of the two twins has.
-- reads  {table}: the Parquet file of a table; {twin}: its CSV, read with the same types
-- gives  how many such rows, repeated rows counted as often as they differ
-- slots  {table}, {twin}
SELECT count(*) FROM (
    (SELECT * FROM {table} EXCEPT ALL SELECT * FROM {twin})
    UNION ALL
    (SELECT * FROM {twin} EXCEPT ALL SELECT * FROM {table})
)
