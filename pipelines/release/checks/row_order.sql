-- Rows that do not come after the row before them, by key.
-- reads  $path: a Parquet file of a release
-- gives  how many such rows
-- slots  {key}: the primary key
WITH numbered AS (
    SELECT row({key}) AS this, lag(row({key})) OVER (ORDER BY file_row_number) AS before
    FROM read_parquet($path, file_row_number = true)
)
SELECT count(*) FROM numbered WHERE this <= before
