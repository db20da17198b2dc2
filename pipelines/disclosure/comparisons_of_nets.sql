-- Written comparisons, each named as the item of the net that it compares.
-- reads  the file, its path bound
-- gives  its rows, `question` being the name of an item (linked.py); of answers, that of no item
-- slots  {source}: a call that reads the file
SELECT * REPLACE (concat_ws('|', 'nets', question, answer) AS question) FROM {source}
