"""What moved since another extract, in sentences: the long lists cut short, the first things first.

Belongs here: comparison → lines of the page, and the questions it raises. Not here: comparing
(comparison.py); the JSON holds everything.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipelines import numbers
from pipelines.texts import Lang, say
from pipelines.validation.comparison import Change, CodeChange, Comparison

SHOWN = 12


def comparison_lines(found: Comparison, lang: Lang) -> tuple[str, ...]:
    """Return what moved, one sentence each, in `lang`."""
    lines = tuple(_moves(found, lang))
    first = say("report-rows-moved", lang, before=found.rows_before, after=found.rows_after)
    return (first, *(lines or (say("report-nothing-moved", lang),)))


def moves_to_ask(found: Comparison, lang: Lang) -> tuple[str, ...]:
    """Return the moves that the institute should explain: people gone, blanks, drifts."""
    gone = [_respondents(found, lang)] if found.rows and found.rows.gone else []
    return (
        *gone,
        *_moved("report-missing-moved", found.missing, 0, lang),
        *_moved("report-drift", found.drifts, 1, lang),
    )


def names(all_names: Sequence[str], lang: Lang) -> str:
    """Return names as code, the first ones and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in all_names[:SHOWN])
    more = len(all_names) - SHOWN
    return say("report-and-others", lang, shown=shown, count=more) if more > 0 else shown


def _moves(found: Comparison, lang: Lang) -> Iterator[str]:
    if found.rows and (found.rows.new or found.rows.gone):
        yield _respondents(found, lang)
    if found.new_columns:
        yield say("report-columns-new", lang, columns=names(found.new_columns, lang))
    if found.gone_columns:
        yield say("report-columns-gone", lang, columns=names(found.gone_columns, lang))
    if found.rows and found.rows.changed_cells:
        yield _cells(found.rows.changed_cells, lang)
    yield from _codes(found.codes, lang)
    yield from _moved("report-missing-moved", found.missing, 0, lang)
    yield from _moved("report-drift", found.drifts, 1, lang)


def _respondents(found: Comparison, lang: Lang) -> str:
    rows = found.rows
    new, gone = (rows.new, rows.gone) if rows else (0, 0)
    return say("report-respondents-moved", lang, new=new, gone=gone)


def _cells(changed: Sequence[tuple[str, int]], lang: Lang) -> str:
    most = [name for name, _ in sorted(changed, key=lambda one: -one[1])]
    return say(
        "report-cells-changed", lang,
        cells=sum(count for _, count in changed), count=len(changed), columns=names(most, lang),
    )  # fmt: skip


def _codes(changes: Sequence[CodeChange], lang: Lang) -> Iterator[str]:
    """Say which codes came or went, the columns that tell the same story in one sentence."""
    for key, side in (("report-codes-new", "new"), ("report-codes-gone", "gone")):
        columns: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for one in changes:
            if getattr(one, side):
                columns[getattr(one, side)].append(one.column)
        for codes, where in columns.items():
            yield say(key, lang, codes=names(codes, lang), columns=names(where, lang))


def _moved(key: str, changes: Sequence[Change], decimals: int, lang: Lang) -> Iterator[str]:
    """Say the largest changes of a share, in percent with `decimals`, and how many there are."""
    for one in _largest(changes):
        before, after = (
            numbers.number(100 * share, decimals, lang) for share in (one.before, one.after)
        )
        yield say(key, lang, name=one.name, before=before, after=after)
    yield from _more(changes, lang)


def _largest(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda one: -abs(one.after - one.before))[:SHOWN]


def _more(changes: Sequence[Change], lang: Lang) -> Iterator[str]:
    if len(changes) > SHOWN:
        yield say("report-more", lang, count=len(changes) - SHOWN)
