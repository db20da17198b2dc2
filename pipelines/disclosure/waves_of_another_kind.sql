-- Waves that a release tells of made-up people, or of real ones, beside its tables.
-- reads  {source}: the written table of waves
-- gives  wave, synthetic
-- slots  {source}: a table function call on the file, its path bound as $beside
SELECT wave::VARCHAR AS wave, synthetic::BOOLEAN AS synthetic FROM {source}
