-- How many accepted responses answer one item.
-- reads  $responses: path (Parquet)
-- gives  seen (responses that answer it), wrong (always 0: the caller compares); one row
-- slots  {answered}: the condition of having answered the item
SELECT count(*) FILTER ({answered}) AS seen, 0 AS wrong
FROM read_parquet($responses)
