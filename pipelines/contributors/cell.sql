-- The respondents behind one published cell, or the entry of a collection; private.
-- reads  $weighted: path (Parquet), one row per respondent: _line, coded answers, breakdowns
-- gives  line (of the extract), gave: whether this respondent gave the cell's answer; one row per respondent of the cell's base, by line
-- slots  {base}: who is in the base of the item; {gave}: who gave the answer; {cell}: who is in the cell
SELECT _line AS line, coalesce({gave}, false) AS gave
FROM read_parquet($weighted)
WHERE {base} AND {cell}
ORDER BY line
