-- How many respondents have which code in each item, in one pass over the respondents.
-- reads  $weighted: path (Parquet), one row per respondent: coded answers
-- gives  item, code, n; one row per item and code, in no order
-- slots  {cells}: one column an item; {sets}: one grouping set an item; {item}: the name of the column that a set
--        groups by; {code}: what that column holds
WITH cells AS (SELECT {cells} FROM read_parquet($weighted))
SELECT {item} AS item, {code} AS code, count(*) AS n
FROM cells
GROUP BY GROUPING SETS ({sets})
