-- A Parquet file of a release under its table's name.
-- reads  the file of {path}
-- gives  view {table}
-- slots  {table}; {path}: quoted path (a view takes no bound value)
CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet({path})
