-- Which themes each open answer speaks of, as numbers, with weight, stratum and breakdowns: no text.
-- reads  $weighted: path (Parquet), one row per respondent; $nothing: what stands for no answer
-- gives  _line, weight DOUBLE, stratum, the breakdown columns, then one DOUBLE a theme: 1 where the
--        text has it, else 0, NULL for who wrote nothing; one row per respondent, sorted by line
-- slots  {question}: the column of the open question, or an empty text; {breakdowns}; {themes}: one
--        condition on `plain` a theme, each as a column
WITH said AS (
    SELECT *, {question} AS text FROM read_parquet($weighted)
),
-- Words are compared without case, accents, typographic signs and repeated spaces.
compared AS (
    SELECT
        *,
        lower(strip_accents(nfc_normalize(translate(text, '’‘ʼ‐‑–—', '''''''----')))) AS bare,
        regexp_replace(bare, '[\s\x{{00a0}}\x{{2009}}\x{{202f}}]+', ' ', 'g') AS plain,
        coalesce(text, '') NOT IN $nothing AS wrote
    FROM said
)
SELECT _line, CAST(weight AS DOUBLE) AS weight, stratum, {breakdowns}, {themes}
FROM compared
ORDER BY _line
