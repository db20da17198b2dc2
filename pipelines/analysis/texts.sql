-- The open answers of a wave: private, read for counting and never written.
-- reads  $weighted: path (Parquet), one row per respondent
-- gives  said: the text, one row per respondent, sorted by line
-- slots  {question}: the column of the open question, or an empty text
SELECT {question} AS said FROM read_parquet($weighted) ORDER BY _line
