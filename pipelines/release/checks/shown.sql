-- Rows that are not published and yet show a figure.
-- reads  {table}: a published table with a status
-- gives  how many such rows
-- slots  {table}; {shown}: some figure is not null
SELECT count(*) FROM {table} WHERE status <> 'published' AND ({shown})
