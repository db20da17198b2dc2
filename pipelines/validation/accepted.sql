-- The responses without the lines whose respondent stands on several.
-- reads  $responses: path of the responses (Parquet); doubles (_line): the lines to leave out
-- gives  the other responses, all columns, sorted by line
SELECT responses.*
FROM read_parquet($responses) AS responses
ANTI JOIN doubles ON responses._line = doubles._line
ORDER BY responses._line
