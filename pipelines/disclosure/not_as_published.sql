-- Rows of a written table of totals or ratios that do not follow from the shares and means published beside them.
-- reads  the file, its path bound as $file; released: the estimates of release 0; the nets, their path bound
-- gives  fault, rows; only if one was found
-- slots  {source}, {nets}: calls that read the files; {breakdowns}: the breakdown columns; {same_cell}, {same_other}: rows of a cell;
--        {question}, {answer}: of what the value is divided by, or NULL; {expected}: the value that follows; {half}: half
--        a unit of its last digit
WITH told AS (
    SELECT wave, question, domain, actor, answer, {breakdowns}, value
    FROM released
    WHERE release = 0 AND NOT is_linked AND status = 'published'
    UNION ALL
    SELECT wave, question, domain, actor, answer, {breakdowns}, TRY_CAST(value AS DOUBLE)
    FROM {nets}
    WHERE status = 'published'
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
