-- Rows of a written table of totals or ratios that do not follow from the shares and means published beside them.
-- reads  the file, its path bound as $file; released: the estimates of release 0, nets among them (linked.py)
-- gives  fault, rows; only if one was found
-- slots  {source}: a call that reads the file; {breakdowns}: the breakdown columns; {same_cell}, {same_other}: rows of a cell;
--        {question}, {answer}: of what the value is divided by, or NULL; {expected}: the value that follows; {half}: half
--        a unit of its last digit
WITH told AS (
    SELECT
        wave, domain, actor, {breakdowns}, value,
        CASE WHEN starts_with(question, 'nets|') THEN split_part(question, '|', 2) ELSE question END AS question,
        CASE WHEN starts_with(question, 'nets|') THEN split_part(question, '|', 3) ELSE answer END AS answer
    FROM released
    WHERE release = 0 AND status = 'published'
),
given AS (SELECT *, {question} AS by_question, {answer} AS by_answer FROM {source})
SELECT 'not of the published figures' AS fault, count(*) AS rows
FROM given
JOIN told AS one
    ON {same_cell} AND one.question = given.question AND one.answer = given.answer
LEFT JOIN told AS other
    ON {same_other} AND other.question = by_question AND other.answer = by_answer
WHERE abs(TRY_CAST(given.value AS DOUBLE) - ({expected})) > {half} + 1e-6
HAVING count(*) > 0
