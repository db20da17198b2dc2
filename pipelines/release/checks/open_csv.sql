-- A CSV twin of a release, read strictly with the types of its Parquet file.
-- reads  the file of {path}
-- gives  table {twin}
-- slots  {twin}; {path}: quoted path; {types}: column names and types, quoted
CREATE OR REPLACE TEMP TABLE {twin} AS
SELECT * FROM read_csv(
    {path}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
    nullstr = '', allow_quoted_nulls = false, strict_mode = true, columns = {{{types}}}
)
