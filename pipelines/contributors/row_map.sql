-- The row map of a wave: which line of the extract counts where, with which weight; private.
-- reads  {weighted}: one row per respondent that was accepted: coded answers, weight, stratum, breakdowns
-- gives  the CSV file of {path}, one row per respondent: _line, weight, stratum, breakdowns, columns; sorted by line
-- slots  {columns}: breakdowns and columns of items, quoted; {weighted}, {path}: quoted paths
COPY (
    SELECT _line, weight, stratum, {columns}
    FROM read_parquet({weighted})
    ORDER BY _line
)
TO {path} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')
