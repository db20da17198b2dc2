-- All that has been written of a study, of the release to judge and of earlier ones.
-- reads  the written files: see released_rows.sql
-- makes  released: one row per row of each file
-- slots  rows: the queries of the files one after the other, their values bound (many lines: not named here)
CREATE TABLE released AS {rows}
