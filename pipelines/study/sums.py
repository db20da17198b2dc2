"""Answers counted as one: nets of a scale, and what rankings and sheets count together.

Belongs here: which answers of which question, and the one name that each such sum has where it is
estimated and protected. Not here: estimating them (pipelines.estimation), the tables that show them
(estimation_tables.py, analysis_tables.py).
"""

from collections.abc import Iterator, Mapping

from pipelines.study.analyses import Counted, counted_answers
from pipelines.study.estimation_tables import declared_nets
from pipelines.study.items import published_answers
from pipelines.study.loader import Study

Together = Mapping[str, Mapping[str, tuple[str, ...]]]  # question → name → the answers counted
APART = "\x1f"  # a code may hold any character that people type


def nets_of(study: Study, question: str) -> dict[str, tuple[str, ...]]:
    """Return the nets of a question by name, each with the answers it counts together."""
    asked = study.questions[question]
    if asked.scale is None:
        return {}
    nets = study.codelists[asked.scale].about.nets
    answers = published_answers(asked, study.codelists)
    return {
        name: tuple(code for code in answers if code in nets[name].answers)
        for name in declared_nets(study).get(question, {})
    }


def all_nets(study: Study) -> Together:
    """Return the nets of every question that has some."""
    return {question: nets_of(study, question) for question in declared_nets(study)}


def sum_name(codes: tuple[str, ...]) -> str:
    """Return the name of a sum of answers, whatever table shows it and under which name."""
    return APART.join(codes)


def codes_of(name: str) -> tuple[str, ...]:
    """Return the answers that a name stands for: of a sum several, of an answer itself."""
    return tuple(name.split(APART))


def counted_together(study: Study, counted: Counted) -> tuple[str, ...]:
    """Return the answers that a ranking or a sheet counts as one; none for a mean."""
    return counted_answers(study.questions[counted.question], study.codelists, counted.answers)


def tells_more(study: Study, question: str, codes: tuple[str, ...]) -> bool:
    """Return whether a share of these answers tells what the share of no answer tells.

    One answer stands among the estimates, and all of them are 100 % where each gave one.
    """
    asked = study.questions[question]
    is_all = len(codes) == len(published_answers(asked, study.codelists))
    return len(codes) > 1 and (asked.kind == "multiple" or not is_all)


def sums_of(study: Study) -> Together:
    """Return every sum of answers that some table shows, once, under the name of `sum_name`."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for question, codes in _sums(study):
        if tells_more(study, question, codes):
            found.setdefault(question, {})[sum_name(codes)] = codes
    return found


def _sums(study: Study) -> Iterator[tuple[str, tuple[str, ...]]]:
    for question, nets in all_nets(study).items():
        yield from ((question, codes) for codes in nets.values())
    declared = study.analyses
    rankings = (*declared.priorities.values(), *declared.roles.values())
    shown = (one for sheet in declared.sheets.values() for one in sheet.alliances)
    for counted in (*rankings, *shown):
        yield counted.question, counted_together(study, counted)
