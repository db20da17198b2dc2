-- Each entry of a declared concept beside the reference wording, and whether it compares.
-- reads  $entries: path (Parquet) of the published entries; concepts: name, wording (one row for the
--        reference and one for each close one), is_close; $certain: codes of entries free of doubt
-- gives  the shown columns, verdict_of_comparison, reason, status; sorted by concept and entry
-- slots  {columns}: the columns shown, the concept and the entry among them; {concept}, {wording}, {unit},
--        {doubt}, {identity}: columns of the entries
WITH judged AS (
    SELECT
        e.*,
        c.is_close,
        -- the unit most figures of the reference wording have
        (
            SELECT mode(r.{unit})
            FROM read_parquet($entries) AS r
            JOIN concepts AS k ON k.name = r.{concept} AND k.wording = r.{wording}
            WHERE NOT k.is_close AND r.{concept} = e.{concept}
        ) AS reference_unit
    FROM read_parquet($entries) AS e
    LEFT JOIN concepts AS c ON c.name = e.{concept} AND c.wording = e.{wording}
    WHERE e.{concept} IN (SELECT name FROM concepts)
),
reasoned AS (
    SELECT
        *,
        CASE
            WHEN is_close IS NULL THEN 'wording'
            WHEN {unit} IS DISTINCT FROM reference_unit THEN 'unit'
            WHEN {doubt} NOT IN $certain THEN 'doubt'
            ELSE '_Z'
        END AS reason
    FROM judged
)
SELECT
    wave,
    {columns},
    CASE
        WHEN reason <> '_Z' THEN 'not_comparable'
        WHEN is_close THEN 'close_wording'
        ELSE 'same_wording'
    END AS verdict_of_comparison,
    reason,
    status
FROM reasoned
ORDER BY wave, {concept}, {identity}
