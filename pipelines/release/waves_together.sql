-- Every wave's protected rows as one table.
-- reads  $protected: paths of the waves' protected rows of one table (Parquet, same columns)
-- gives  the published columns, sorted by key
-- slots  {columns}: published columns in order; {key}: the primary key
SELECT {columns} FROM read_parquet($protected) ORDER BY {key}
