-- How many units of the population stand in each cell that the frame can count.
-- reads  units: one row per unit of the frame, one column per breakdown that derives from it
--        ('_Z': outside its codes); cells: position and breakdowns, one row per cell
-- gives  position, population; one row per cell whose other breakdowns are all '_T', sorted
-- slots  {counted}: the breakdowns that derive from the frame; {is_countable}: the other breakdowns
--        are '_T' and no code is '_Z'; {is_inside}: a kind of unit belongs to the cell
WITH kinds AS (
    SELECT {counted}, count(*) AS units FROM units GROUP BY {counted}
)
SELECT cells.position, coalesce(sum(kinds.units), 0)::BIGINT AS population
FROM cells
LEFT JOIN kinds ON {is_inside}
WHERE {is_countable}
GROUP BY cells.position
ORDER BY cells.position
