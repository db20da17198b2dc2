"""A published comparison said in a sentence, in French or English.

Belongs here: one row of the table `comparisons` → words. Not here: labels of cells and answers,
which the caller gives, the comparison itself (pipelines.estimation), formats (pipelines.numbers).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pipelines import numbers
from pipelines.texts import Lang, say


def in_words(row: Mapping[str, Any], cell: str, answer: str, lang: Lang) -> str:
    """Return what sampling error says of a comparison: a difference, or none beyond it.

    `row` is a row of `comparisons` as published; `cell` and `answer` are labels. Differences of
    shares are told in points, of means in the unit of the question. A row that is not published
    says so, and nothing else.
    """
    if row["status"] != "published" or row["contrast"] is None:
        return say("catalogue-words-withheld", lang, cell=cell, answer=answer)
    scale, unit = (100, "-points") if row["measure"] == "share" else (1, "")
    figures = {}
    for name in ("difference", "difference_low", "difference_high"):
        value = Decimal(str(row[name])) * scale
        figures[name] = numbers.signed(value, numbers.places(value), lang)
    about = say(f"catalogue-words-{row['contrast']}", lang, cell=cell, answer=answer)
    against = say(f"catalogue-words-{row['against']}", lang)
    told = say(f"catalogue-words-figures{unit}", lang, against=against, **figures)
    return numbers.unbroken(f"{about} {told}")
