-- The entries of a collection as they are published.
-- reads  $responses: path (Parquet), one row per accepted entry, columns in canonical text; $wave
-- gives  wave, the published columns typed, status; sorted by {identity}
-- slots  {columns}: one typed expression a published column; {identity}: the column of the entry
SELECT $wave AS wave, {columns}, 'published' AS status
FROM read_parquet($responses)
ORDER BY {identity}
