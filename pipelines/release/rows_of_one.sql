-- Rows of one release whose key the other does not have.
-- reads  {own}, {other}: the same table of two releases
-- gives  the rows of {own}, by key
-- slots  {own}, {other}; {key}: the primary key
SELECT o.* FROM {own} AS o ANTI JOIN {other} AS p USING ({key}) ORDER BY {key}
