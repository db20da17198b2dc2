"""From received text to code: every declared reading of a cell, each repair counted.

Belongs here: texts → codes, numbers and dates in canonical form, on one batch of rows. Not here:
saying what is wrong (rules.py): a text that can be read as nothing declared stays as it is.
"""

from collections.abc import Iterable

import polars as pl

from pipelines.validation.plan import MISSING, NOT_ASKED, ColumnPlan
from pipelines.validation.summary import Repair

GROUPED_THOUSANDS = r"^-?\d{1,3}( \d{3})+(,\d+)?$"
NO_BREAK_SPACES = "[\u00a0\u202f\u2009]"
ANY_SPACE = r"\s"  # all that stripping takes off, and the no-break ones


def code_batch(
    batch: pl.DataFrame, plans: Iterable[ColumnPlan], decimal: str
) -> tuple[pl.DataFrame, list[Repair]]:
    """Return `batch` with every planned column in canonical text, and the repairs made.

    `batch` has `_line` and text columns as received; unread columns are left out. Shapes: as many
    rows out as in.
    """
    repairs: list[Repair] = []
    coded: list[pl.Series] = [batch["_line"]]
    for plan in plans:
        if plan.kind == "unread":
            continue
        received = batch[plan.name]
        if plan.kind in {"code", "tick"}:
            read, found = _codes(received, plan, batch["_line"])
        elif plan.kind in {"number", "date"}:
            read, found = _numbers_or_dates(received, plan, batch["_line"], decimal)
        else:
            read, found = _texts(received, plan), []
        coded.append(read.alias(plan.name))
        repairs += found
    return pl.DataFrame(coded), repairs


def _texts(received: pl.Series, plan: ColumnPlan) -> pl.Series:
    plain = received.str.strip_chars()
    return plain.replace("", NOT_ASKED) if plan.kind == "not_asked" else plain


def _codes(
    received: pl.Series, plan: ColumnPlan, lines: pl.Series
) -> tuple[pl.Series, list[Repair]]:
    """Read a column through its codelist, one look-up per distinct text."""
    texts = received.unique(maintain_order=True).to_list()
    codes = {text: code_of_text(text, plan) for text in texts}
    read = received
    if any(text != code for text, code in codes.items()):
        read = received.replace_strict(list(codes), list(codes.values()), return_dtype=pl.String)
    mended = [text for text in texts if is_mended(text, plan)]
    return read, [
        Repair(plan.name, "typing", text, codes[text], *_where(received == text, lines))
        for text in mended
    ]


def code_of_text(text: str, plan: ColumnPlan) -> str:
    """Return the code of a received text; a text that stands for none stays as it is."""
    if not text.strip():
        return plan.blank
    return plan.read(text)


def is_mended(text: str, plan: ColumnPlan) -> bool:
    """Whether `text` is a declared text but for spaces, case, apostrophes or accents."""
    if not text.strip() or plan.code_of(text) is None:
        return False
    exact: set[str] = set()
    if plan.codebook is not None:
        exact = {*plan.codebook}
    elif plan.question is not None and plan.kind == "tick":
        exact = {*plan.question.ticked, *plan.question.not_ticked}
    elif plan.codelist:
        exact = {
            spelt
            for one in plan.codelist.codes
            for spelt in (one.code, one.label.fr, one.label.en, *one.aliases)
        }
    return text not in exact and plan.with_point(text) not in exact


def _where(mask: pl.Series, lines: pl.Series) -> tuple[int, int]:
    hit = lines.filter(mask)
    return hit.len(), int(hit[0])


def _numbers_or_dates(
    received: pl.Series, plan: ColumnPlan, lines: pl.Series, decimal: str
) -> tuple[pl.Series, list[Repair]]:
    """Strip spaces, turn the declared decimal mark into a point, dates into ISO form."""
    plain, has_spaces = received, received.str.contains(ANY_SPACE).any()
    if has_spaces:
        plain = received.str.replace_all(NO_BREAK_SPACES, " ").str.strip_chars()
    if plan.kind == "date":
        french = plain.str.extract(r"^(\d{2}/\d{2}/\d{4})$", 1)
        iso = french.str.strptime(pl.Date, "%d/%m/%Y", strict=False).dt.to_string("%Y-%m-%d")
        read = iso.fill_null(plain)
    elif decimal == ",":
        read = _with_decimal_point(plain)
    else:
        read = plain
    read = _non_answers(read, plan)
    if (read == "").any():
        read = pl.select(pl.when(read == "").then(pl.lit(plan.blank)).otherwise(read)).to_series()
    if not has_spaces:
        return read, []
    touched = received.str.contains(NO_BREAK_SPACES) | (received != received.str.strip_chars())
    if not touched.any():
        return read, []
    return read, [Repair(plan.name, "spaces", "", "", *_where(touched, lines))]


def _with_decimal_point(plain: pl.Series) -> pl.Series:
    """Read `1 234,5` as `1234.5`; a point changes place with the comma, so that `1.234` is refused.

    Whether it means a thousand or a decimal, the declared mark is a comma.
    """
    grouped = plain.str.contains(GROUPED_THOUSANDS)
    whole = pl.select(
        pl.when(grouped).then(plain.str.replace_all(" ", "")).otherwise(plain)
    ).to_series()
    return whole.str.replace_many([",", "."], [".", ","])


def _non_answers(read: pl.Series, plan: ColumnPlan) -> pl.Series:
    """Read the declared texts for no answer that stand among numbers, such as NSP or 99."""
    words = [MISSING, NOT_ASKED, *(read.unique().to_list() if plan.codelist else ())]
    codes = {word: code for word in words if (code := plan.read(word)) != word}
    if not read.is_in(list(codes)).any():
        return read  # as replacing would, five times as fast
    return read.replace(list(codes), list(codes.values()))
