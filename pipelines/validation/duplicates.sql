-- Rows whose respondent stands on more than one line of the wave: all of them, no copy is the right one.
-- reads  $identities: path of every row read (Parquet: _line, respondent), one row per line;
--        $column: name of the respondent's column
-- gives  _line, "column", "value", rule; sorted by line
SELECT _line, $column AS "column", respondent AS "value", 'unique' AS rule
FROM read_parquet($identities)
WHERE respondent IN (
    SELECT respondent FROM read_parquet($identities)
    WHERE respondent <> ''
    GROUP BY respondent HAVING count(*) > 1
)
ORDER BY _line
