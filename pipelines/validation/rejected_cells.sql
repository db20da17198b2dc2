-- Every rejected cell as a person may be shown it, for the private list.
-- reads  $rejected: path of the rejected rows (Parquet)
-- gives  file, line, "column", "value", rule; sorted by line, column and rule; a value that looks like
--        an e-mail, a telephone or a sentence is masked; one that a spreadsheet would run is quoted
-- slots  {masked}: list of the columns whose values are never shown
SELECT
    $file AS file,
    _line AS line,
    "column",
    CASE
        WHEN "column" IN ({masked}) THEN '***'
        WHEN "value" LIKE '%@%' OR length("value") > 60 THEN '***'
        WHEN regexp_matches("value", '^[+]?[0-9][0-9 .()-]{{8,}}$') THEN '***'
        WHEN regexp_matches("value", '^([=+@\t\r]|-[^0-9])') THEN '''' || "value"
        ELSE "value"
    END AS "value",
    rule
FROM read_parquet($rejected)
ORDER BY ALL
