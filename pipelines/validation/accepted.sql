-- The rows that broke no rule, with their weight as an exact number and empty cells of people not asked as `_Z`.
-- reads  $coded: path of the coded rows; $rejected: path of the breaches (Parquet)
-- gives  the coded rows that no breach names, sorted by line
-- slots  {columns}: the expressions of the columns kept
SELECT {columns}
FROM read_parquet($coded) AS coded
ANTI JOIN read_parquet($rejected) AS breach ON coded._line = breach._line
ORDER BY coded._line
