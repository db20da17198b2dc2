"""The variables of a DDI codebook: each item that was asked, with its question and its answers.

Belongs here: varGrp and var, with the national frequencies that are published. Not here: the study
and its files (ddi.py), anything below the national level.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.machine.elements import Element, add, add_both
from pipelines.catalogue.published import Release
from pipelines.study import NOT_APPLICABLE, TOTAL, Text
from pipelines.texts import LANGUAGES

Row = Mapping[str, Any]
Item = tuple[str, str, str]  # question, domain, actor


def add_variables(parent: Element, release: Release) -> None:
    """Add a group for each battery, then a variable for each item, in the questionnaire's order.

    Frequencies are those of the last wave that asked the item, for all respondents together;
    `answering` counts people, shares are weighted. What is withheld or not published is left out.
    """
    if "questions" not in release.tables:
        return
    questions = {row["question"]: row for row in _in_order(release, "questions")}
    answers: dict[str, list[Row]] = {}
    for row in _in_order(release, "answers"):
        answers.setdefault(row["question"], []).append(row)
    labels = {
        (row["question"], name, row[name]): _label(row)
        for name in ("domain", "actor")
        for row in release.tables[f"{name}s"].rows
    }
    items = _national(release, questions)
    for code, question in questions.items():
        names = [_name(one) for one in items if one[0] == code]
        if len(names) > 1:
            group = add(parent, "varGrp", type="grid", name=code, var=" ".join(names))
            add_both(group, "labl", _label(question))
            add_both(group, "txt", _wording(question))
    for item, rows in items.items():
        titles = [_label(questions[item[0]])] + [
            labels[item[0], name, code]
            for name, code in zip(("domain", "actor"), item[1:], strict=True)
            if code != NOT_APPLICABLE
        ]
        variable = _add_variable(parent, item, titles, questions[item[0]], release.universe)
        _add_answers(variable, questions[item[0]], answers.get(item[0], []), rows)
        add(variable, "notes", f"wave: {rows[0]['wave']}", lang="en")


def _in_order(release: Release, table: str) -> list[Row]:
    return sorted(release.tables[table].rows, key=lambda row: int(row["position"]))


def _national(release: Release, questions: Mapping[str, Row]) -> dict[Item, Sequence[Row]]:
    """Return the national rows of each item, of the last wave that asked it."""
    table = release.estimates
    everyone = [(name, "=", TOTAL) for name in release.breakdowns]
    rows = pq.read_table(table.folder / table.parquet.path, filters=everyone).to_pylist()
    found: dict[Item, list[Row]] = {}
    for row in rows:
        found.setdefault((row["question"], row["domain"], row["actor"]), []).append(row)
    places = {code: at for at, code in enumerate(questions)}
    ordered = sorted(found, key=lambda item: (places[item[0]], item[1:]))
    waves = list(Codebook(release).waves)
    return {item: _last_wave(found[item], waves) for item in ordered}


def _last_wave(rows: Sequence[Row], waves: Sequence[str]) -> Sequence[Row]:
    asked = [row["wave"] for row in rows if row["status"] != "not_asked"]
    last = max(asked or [row["wave"] for row in rows], key=waves.index)
    return [row for row in rows if row["wave"] == last]


def _add_variable(
    parent: Element, item: Item, titles: Sequence[Text], question: Row, universe: Text
) -> Element:
    variable = add(parent, "var", ID=_name(item), name=_name(item), **_measure(question))
    for lang in LANGUAGES:
        add(variable, "labl", " · ".join(getattr(one, lang) for one in titles), lang=lang)
    asked = add(variable, "qstn", ID=f"q.{_name(item)}")
    add_both(asked, "qstnLit", _wording(question))
    add_both(variable, "universe", universe)
    return variable


def _measure(question: Row) -> dict[str, Any]:
    if question["kind"] in ("score", "numeric"):
        unit = {"measUnit": question["unit_fr"]} if question["unit_fr"] else {}
        return {"intrvl": "contin", "nature": "interval", **unit}
    return {
        "intrvl": "discrete",
        "nature": "ordinal" if question["kind"] == "ordinal" else "nominal",
    }


def _add_answers(
    variable: Element, question: Row, answers: Sequence[Row], rows: Sequence[Row]
) -> None:
    shown = {row["answer"]: row for row in rows if row["status"] == "published"}
    base = next((row["respondents"] for row in shown.values()), None)
    if base is not None:
        add(variable, "TotlResp", str(base))
    if question["kind"] in ("score", "numeric"):
        for row in shown.values():
            add(variable, "sumStat", str(row["value"]), type="mean", wgtd="wgtd")
        return
    for answer in answers:
        flag: dict[str, Any] = (
            {} if answer["kind"] == "answer" else {"missing": "Y", "missType": answer["kind"]}
        )
        category = add(variable, "catgry", **flag)
        add(category, "catValu", answer["answer"])
        add_both(category, "labl", _label(answer))
        if answer["answer"] in shown:
            for attributes, text in _statistics(shown[answer["answer"]]):
                add(category, "catStat", text, **attributes)


def _statistics(row: Row) -> Iterator[tuple[dict[str, Any], str]]:
    if row["answering"] is not None:
        yield {"type": "freq", "wgtd": "not-wgtd"}, str(row["answering"])
    yield {"type": "percent", "wgtd": "wgtd"}, f"{(row['value'] * 100).normalize():f}"


def _label(row: Row) -> Text:
    return Text(fr=row["label_fr"], en=row["label_en"])


def _wording(row: Row) -> Text:
    return Text(fr=row["wording_fr"], en=row["wording_en"])


def _name(item: Item) -> str:
    """Return a variable's name: question, domain, actor, as an XML identifier."""
    told = ".".join(code for code in item if code != NOT_APPLICABLE)
    return "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in told)
