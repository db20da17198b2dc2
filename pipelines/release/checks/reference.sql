-- Rows that refer to nothing.
-- reads  {table}, {other}: two published tables
-- gives  how many distinct references of {table} are not in {other}
-- slots  {table}, {other}; {fields}: the referring columns; {same}: t and o match
SELECT count(*) FROM (SELECT DISTINCT {fields} FROM {table}) AS t ANTI JOIN {other} AS o ON {same}
