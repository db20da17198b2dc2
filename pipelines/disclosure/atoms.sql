-- Which cells each atom is part of: the additive structure, read from the files alone.
-- reads  cells (cell, breakdowns): every cell written; the tables of codes named in {atoms}
-- gives  cell, atom: one row per pair, sorted
-- slots  {atoms}: the cross join of the codes of the axes that some table crosses, {codes} their
--        columns; {is_among}: the
--        cell is broken down by no other axis; {is_inside}: the atom is part of the cell; {by_what}:
--        which breakdowns the cell is broken down by
WITH atoms AS (
    SELECT row_number() OVER (ORDER BY {codes}) - 1 AS atom, * FROM {atoms}
),
inside AS (
    SELECT cells.cell, atoms.atom, {by_what} AS by_what
    FROM cells JOIN atoms ON {is_inside}
    WHERE {is_among}
),
-- A published table lists every combination that holds anyone: what it leaves out is nobody.
peopled AS (
    SELECT atom FROM inside GROUP BY atom
    HAVING count(DISTINCT by_what) = (SELECT count(DISTINCT by_what) FROM inside)
)
SELECT cell, atom FROM inside WHERE atom IN (SELECT atom FROM peopled) ORDER BY cell, atom
