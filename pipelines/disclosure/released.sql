-- The written rows of one wave, in the order in which they are laid out as arrays; a question that the wave did
-- not put has nothing to lay out.
-- reads  released: see released_rows.sql; $wave
-- gives  release, item (question, domain, actor, measure), answer, breakdowns, figures, status
-- slots  {breakdowns}: the breakdown columns
SELECT
    release, question, domain, actor, measure, answer, {breakdowns},
    respondents, answering, weighted_base, value, standard_error,
    effective_respondents, design_effect, status
FROM released
WHERE wave = $wave AND status IS DISTINCT FROM 'not_asked'
ORDER BY question, domain, actor, measure, release, answer, {breakdowns}
