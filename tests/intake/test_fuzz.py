"""Random and broken files: each ends in rows or in a refusal with words, never in a traceback.

Slow tier. The second reader is Python's own csv module: where both read a file, they agree.
"""

import csv
import io
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.intake import Extract, ExtractError, encoding, read_extract
from pipelines.study import ExtractFormat, load_study
from pipelines.validation.report import check_extract
from tests.intake.cases import extract as sound
from tests.intake.cases.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
MANY = settings(
    max_examples=800, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
SEEN: Counter[tuple[str, str]] = Counter()
SECONDS = 10.0  # for any file of some KiB: the slowest seen took 0.4 s
FORMATS = st.builds(
    ExtractFormat,
    encodings=st.lists(
        st.sampled_from(["utf-8", "cp1252", "latin-1", "utf-16", "utf-16-le"]), min_size=1,
        max_size=3, unique=True,
    ).map(tuple),
    delimiters=st.lists(st.sampled_from([",", ";", "\t"]), min_size=1, max_size=3, unique=True).map(
        tuple
    ),
    title_rows=st.integers(0, 2),
    label_rows=st.integers(0, 2),
    footer=st.sampled_from([None, "Base", "x|é"]),
)  # fmt: skip
# Pieces that meet at the edges of the rules: quotes, ends, marks, sequences of two encodings.
PIECES = st.sampled_from(
    [b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe",
     b"\xc3\xa9", b"\xe9", b"\xc3\x83\xc2\xa9", b"a", b"b1", b" ", b"Base", b"\x85", b"=1+1",
     b"a;a\n", b"a,a\n"]
)  # fmt: skip
FILES = st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=60).map(b"".join))


def outcome(content: bytes, fmt: ExtractFormat) -> tuple[Extract, pl.DataFrame] | ExtractError:
    """Read a file; what is refused has words in both languages and leaves nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        path, raw = Path(folder) / f"x.{fmt.format}", Path(folder) / "raw.parquet"
        path.write_bytes(content)
        started = time.monotonic()
        try:
            extract = read_extract(path, fmt, raw)
        except ExtractError as error:
            SEEN[fmt.format, error.rule] += 1
            assert error.text("fr") and error.text("en")
            assert [one.name for one in Path(folder).iterdir()] == [path.name]
            return error
        finally:
            assert time.monotonic() - started < SECONDS
        SEEN[fmt.format, "read"] += 1
        return extract, pl.read_parquet(raw)


@MANY
@given(content=FILES, fmt=FORMATS, block=st.sampled_from([7, 64, 4 << 20]))
def test_any_bytes_end_in_rows_or_in_a_refusal(content, fmt, block):
    before = encoding.BLOCK_BYTES
    encoding.BLOCK_BYTES = block
    try:
        found = outcome(content, fmt)
    finally:
        encoding.BLOCK_BYTES = before
    if not isinstance(found, ExtractError):
        extract, rows = found
        assert rows.height == extract.rows > 0
        assert rows.columns == ["_line", *extract.columns]
        assert rows["_line"].is_sorted() and rows["_line"].is_unique().all()
        assert rows.null_count().sum_horizontal().item() == 0


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)  # fmt: skip


@MANY
@given(
    table=st.integers(2, 4).flatmap(
        lambda wide: st.lists(st.lists(CELLS, min_size=wide, max_size=wide), min_size=1, max_size=8)
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    sign=st.sampled_from([",", ";", "\t"]),
    block=st.sampled_from([5, 33, 4 << 20]),
)  # fmt: skip
def test_a_well_formed_file_gives_back_its_cells_and_lines(table, end, sign, block):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=sign, lineterminator=end, quoting=csv.QUOTE_ALL)
    header = [f"c{number}" for number in range(len(table[0]))]
    writer.writerows([header, *table])
    text = stream.getvalue()
    before = encoding.BLOCK_BYTES
    encoding.BLOCK_BYTES = block
    try:
        found = outcome(text.encode(), ExtractFormat(delimiters=(sign,)))
    finally:
        encoding.BLOCK_BYTES = before
    if isinstance(found, ExtractError):
        assert found.rule == "intake-encoded-twice"  # "Ã©" and its like are refused on purpose
        return
    assert [list(row[1:]) for row in found[1].rows()] == table
    assert found[1]["_line"].to_list() == lines_of(table, end)


def lines_of(table: list[list[str]], end: str) -> list[int]:
    """Return the line at which each row starts, counted character by character."""
    found, line = [], 2
    for row in table:
        found.append(line)
        text = "x".join(row).replace("\r\n", "\n").replace("\r", "\n")
        line += 1 + text.count("\n")
    return found


@MANY
@given(data=st.data(), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_damaged_file_that_is_read_all_the_same_gives_what_python_reads(data, end):
    rows = data.draw(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=4, max_size=40))
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator=end).writerows([["id", "a", "b"], *rows])
    content = bytearray(stream.getvalue().encode())
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(9, len(content)))
        content[at : at + data.draw(st.integers(0, 2))] = data.draw(PIECES)
    found = outcome(bytes(content), ExtractFormat(delimiters=(";",)))
    if isinstance(found, ExtractError):
        return
    SEEN["csv", "agreed"] += 1
    expected = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [list(row[1:]) for row in found[1].rows()] == [row for row in expected[1:] if row]


@MANY
@given(content=FILES, at=st.integers(0, 400))
@example(content=b"\xef\xbb\xbf\r", at=23)
def test_a_truncated_file_is_no_worse_than_a_whole_one(content, at):
    good = b'id;a\n1;"x\n y"\n2;\xc3\xa9\n' + content
    outcome(good[:at], ExtractFormat(delimiters=(";",)))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"id;a\n1;" + b"x" * (40 << 20), "intake-line-long"),
        (b'id;a\n1;"' + b"x\n" * (20 << 20), "intake-quote-open"),
        (b"id;a\n" + b";" * (10 << 20) + b"\n", "intake-ragged"),
        (b";".join(b"c%d" % n for n in range(200_000)) + b"\n", "intake-columns"),
    ],
)
def test_giant_fields_and_rows_are_refused_in_bounded_memory(content, rule):
    before = peak_megabytes()
    found = outcome(content, ExtractFormat(delimiters=(";",)))
    assert isinstance(found, ExtractError)
    assert found.rule == rule
    assert peak_megabytes() - before < 1500


def peak_megabytes() -> float:
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def workbook() -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Base")
    sheet.write_row(0, 0, ["id", "a", "b"])
    for line in range(1, 6):
        sheet.write_row(line, 0, [str(line), line / 3, "texte"])
    sheet.write_formula(3, 1, "=1+1", None, 2)
    book.close()
    return stream.getvalue()


GOOD = workbook()
PARTS = {
    name: zipfile.ZipFile(io.BytesIO(GOOD)).read(name)
    for name in zipfile.ZipFile(io.BytesIO(GOOD)).namelist()
}
XML = st.sampled_from(
    [b"<", b">", b"/>", b'"', b"&", b"<c r=", b'<c r="ZZZ9999999">', b'<c r="A0"/>', b"<f/>",
     b't="s"', b"<v>99999999</v>", b"<v>1e999</v>", b"<v></v>", b"<row>", b"</row>",
     b'<row r="0">', b"<!--", b"]]>", b"\0", b"\xff", b'hidden="1"',
     b'<mergeCells><mergeCell ref="A2:B2"/></mergeCells>']
)  # fmt: skip


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return stream.getvalue()


@MANY
@given(data=st.data())
def test_a_workbook_with_broken_bytes_ends_in_rows_or_in_a_refusal(data):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    whole = data.draw(st.booleans())
    outcome(bytes(content if whole else content[:cut]), ExtractFormat(format="xlsx"))


@MANY
@given(data=st.data())
def test_a_workbook_with_broken_xml_ends_in_rows_or_in_a_refusal(data):
    parts = dict(PARTS)
    name = data.draw(st.sampled_from(sorted(parts)))
    for _ in range(data.draw(st.integers(1, 3))):
        text = parts[name]
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 20))
        parts[name] = text[:at] + data.draw(XML) + text[at + gone :]
    if data.draw(st.booleans()):
        parts.pop(data.draw(st.sampled_from(sorted(parts))))
    outcome(packed(parts), ExtractFormat(format="xlsx", title_rows=data.draw(st.integers(0, 1))))


# Well-formed parts that a spreadsheet writes and an extract should not hold: (in place of, this).
STRANGE = st.sampled_from(
    [(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:B2"/></mergeCells>'),
     (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
     (b"</sheetData>", b'<row r="9"><c r="A9"><f>1+1</f></c></row></sheetData>'),
     (b"</sheetData>", b'<row r="9"><c r="A9" t="e"><v>#REF!</v></c></row></sheetData>'),
     (b"</sheetData>", b'<row r="3"><c r="A3"><v>7</v></c></row></sheetData>'),
     (b"<v>", b"<v>1e999"), (b'state="', b'state="hidden" x="')]
)  # fmt: skip


@MANY
@given(changes=st.lists(STRANGE, min_size=1, max_size=3), title_rows=st.integers(0, 1))
def test_a_workbook_with_strange_parts_ends_in_rows_or_in_a_refusal(changes, title_rows):
    parts = dict(PARTS)
    for old, new in changes:
        for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
            parts[name] = parts[name].replace(old, new, 1)
    outcome(packed(parts), ExtractFormat(format="xlsx", title_rows=title_rows))


def test_a_bomb_that_unpacks_to_gigabytes_is_refused_in_bounded_memory():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in PARTS.items():
            package.writestr(name, data)
        with package.open("xl/bomb.xml", "w", force_zip64=True) as part:
            for _ in range(1200):
                part.write(b" " * (1 << 20))
    before = peak_megabytes()
    found = outcome_of_bomb(stream.getvalue())
    assert found.rule == "intake-xlsx-size"
    assert peak_megabytes() - before < 200


def outcome_of_bomb(content: bytes) -> ExtractError:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xlsx"
        path.write_bytes(content)
        with pytest.raises(ExtractError) as caught:
            read_extract(path, ExtractFormat(format="xlsx"), Path(folder) / "raw.parquet")
    return caught.value


ODD = st.sampled_from(
    ["1e12", "1e-12", "1e400", "NaN", "inf", "-inf", "1,5", "1.5", "٣", "9" * 20, "_U", "_Z", "_T",
     "30/02/2024", "0000-00-00", "1001", "2a004", "75101", "01015", "=1+1", "TRUE", "\u2028", "é"]
)  # fmt: skip


@settings(MANY, max_examples=150)
@given(
    cells=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(sound.HEADER), st.one_of(ODD, CELLS)),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_a_check_of_any_cells_ends_in_a_report(cells):
    study = load_study(ROOT, "cases")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(sound.extract(*(sound.cell(*one) for one in cells)).encode())
        report = check_extract(study, "2024", path, Path(folder) / "report")
        found = report.findings.summary
        assert found is None or found.accepted + found.rejected == found.read
        assert report.is_accepted or report.findings.error is not None
        assert report.summary_text("fr") and report.html_path.stat().st_size


def test_the_generators_reach_files_that_are_read_and_most_refusals():
    if not SEEN:
        pytest.skip("runs after the tests that draw files")
    assert SEEN["csv", "read"] > 100
    assert SEEN["xlsx", "read"] > 100
    assert SEEN["csv", "agreed"] > 100
    for fmt, rules in (
        ("csv", {"encoding-none", "encoded-twice", "two-encodings", "nul", "quote-open", "ragged",
                 "quote-misplaced", "delimiter-none", "header-twice", "header-empty", "no-rows"}),
        ("xlsx", {"damaged", "xlsx-cells", "merged"}),
    ):  # fmt: skip
        assert {rule for rule in rules if not SEEN[fmt, f"intake-{rule}"]} == set()
