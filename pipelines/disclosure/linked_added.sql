-- Adds the items of one written table of analyses to all that has been written.
-- reads  released; the written file: see linked_items.sql
-- makes  further rows of released, of waves that are there
-- slots  {release}: which release the file is of; items: the query of the file (many lines)
INSERT INTO released BY NAME
SELECT {release} AS release, true AS is_linked, found.*
FROM ({items}) AS found
WHERE found.wave IN (SELECT wave FROM released WHERE release = {release})
