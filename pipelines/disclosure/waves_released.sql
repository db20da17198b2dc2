-- The waves of the release to judge.
-- reads  released: see released_rows.sql
-- gives  wave, sorted
SELECT DISTINCT wave FROM released WHERE release = 0 ORDER BY wave
