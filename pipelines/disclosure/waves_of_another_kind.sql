-- Waves that a release tells of made-up people, or of real ones, beside its tables.
-- reads  {source}: the written tables of waves, with the column filename
-- gives  filename, wave, synthetic
-- slots  {source}: a table function call on the files, their paths bound as $beside
SELECT filename, wave::VARCHAR AS wave, synthetic::BOOLEAN AS synthetic FROM {source}
