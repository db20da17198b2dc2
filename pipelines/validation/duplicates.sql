-- Rows whose respondent stands on more than one line of the wave: all of them, no copy is the right one.
-- reads  $responses: path of the rows that broke no rule of their own (Parquet), one row per line
-- gives  _line, "column", "value", rule; sorted by line
-- slots  {respondent}: the quoted column of the respondent; {column}: its name as a literal
SELECT _line, {column} AS "column", {respondent} AS "value", 'unique' AS rule
FROM read_parquet($responses)
WHERE {respondent} IN (
    SELECT {respondent} FROM read_parquet($responses)
    WHERE {respondent} <> ''
    GROUP BY {respondent} HAVING count(*) > 1
)
ORDER BY _line
