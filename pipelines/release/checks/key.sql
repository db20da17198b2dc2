-- Keys that stand on several rows.
-- reads  {table}: a published table
-- gives  how many such keys
-- slots  {table}; {key}: its primary key
SELECT count(*) FROM (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1)
