-- Whether any number of a column has more decimals than the sums keep.
-- reads  source; $decimals: how many they keep
-- gives  whether one has; one row
-- slots  {number}: the column of numbers
SELECT coalesce(bool_or({number} <> round(CAST({number} AS DOUBLE), $decimals)), false) FROM source
