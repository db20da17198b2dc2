-- The figures published elsewhere whose row our own tables do not publish.
-- reads  $protected: path of what is published of the estimates (Parquet); wanted: see
--        reconciliation.sql
-- gives  figure; sorted
-- slots  {breakdowns}: the breakdown columns, quoted
SELECT DISTINCT wanted.figure
FROM wanted
JOIN read_parquet($protected) AS protected
    USING (question, domain, actor, answer, measure, {breakdowns})
WHERE protected.status <> 'published'
ORDER BY wanted.figure
