"""Delimited text: what is read, what is refused, and at which line."""

import codecs
import stat

import pytest

from pipelines.intake import encoding as encodings
from pipelines.intake import load_extract

PLAIN = "id,ville\n1,Nîmes\n2,Sète\n"


def rows_of(frame):
    return frame.rows()


@pytest.mark.parametrize(
    ("content", "declared", "expected"),
    [
        (PLAIN.encode(), {}, "utf-8"),
        (codecs.BOM_UTF8 + PLAIN.encode(), {}, "utf-8"),
        (PLAIN.encode("cp1252"), {"encodings": ("utf-8", "cp1252")}, "cp1252"),
        (PLAIN.encode("latin-1"), {"encodings": ("utf-8", "latin-1")}, "iso8859-1"),
        (PLAIN.encode("utf-16"), {"encodings": ("utf-8", "utf-16")}, "utf-16"),
        (PLAIN.encode("utf-16-be"), {"encodings": ("utf-16-be",)}, "utf-16-be"),
    ],
)
def test_each_declared_encoding_gives_the_same_cells(read, content, declared, expected):
    extract, rows = read(content, **declared)
    assert extract.detected["encoding"] == expected
    assert rows.columns == ["_line", "id", "ville"]
    assert rows_of(rows) == [(2, "1", "Nîmes"), (3, "2", "Sète")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_kind_of_line_end_gives_the_same_cells(read, end, last):
    content = PLAIN.replace("\n", end).encode()
    extract, rows = read(content if last else content.removesuffix(end.encode()))
    assert rows_of(rows) == [(2, "1", "Nîmes"), (3, "2", "Sète")]
    assert extract.detected["line_ends"] == {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[end]


def test_a_byte_order_mark_inside_a_file_stays_in_its_cell(read):
    # The last line, which nothing ends, makes a block of its own.
    _, rows = read(b"id,a\n1,x\n" + codecs.BOM_UTF8 + b"2,y")
    assert rows_of(rows) == [(2, "1", "x"), (3, "\ufeff2", "y")]


def test_a_line_that_is_a_byte_order_mark_alone_is_one_cell(refused):
    error = refused(b"id,a\n1,x\n" + codecs.BOM_UTF8 + b"\r")
    assert error.rule == "intake-truncated" and error.values["found"] == 1


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_delimiter_is_one_of_those_declared(read, sign):
    extract, rows = read(PLAIN.replace(",", sign).encode(), delimiters=(",", ";", "\t"))
    assert rows_of(rows) == [(2, "1", "Nîmes"), (3, "2", "Sète")]
    assert extract.detected["delimiter"] == {"\t": "tab"}.get(sign, sign)


def test_rows_decide_when_a_header_holds_two_delimiters(read):
    _, rows = read(b"id;a,b\n1;x\n2;y,z\n", delimiters=(",", ";"))
    assert rows_of(rows) == [(2, "1", "x"), (3, "2", "y,z")]


def test_a_delimiter_that_nothing_settles_is_refused(refused):
    error = refused(b"id;a,b\n1;x,1\n2;y,z\n", delimiters=(",", ";"))
    assert error.rule == "intake-delimiter-several"


def test_a_quoted_line_end_leaves_the_next_rows_their_line_in_the_file(read):
    _, rows = read(b'id,texte\r\n1,"deux\r\nlignes, ""oui"""\r\n2,b\r\n\r\n3,c')
    assert rows_of(rows) == [(2, "1", 'deux\r\nlignes, "oui"'), (4, "2", "b"), (6, "3", "c")]


def test_title_label_and_footer_rows_are_no_respondents_and_are_listed(read):
    content = 'Enquête "Maires\nConfidentiel\nid,a\nNuméro,Réponse\n1,x\n\n2,y\nBase : 2\nSource\n'
    extract, rows = read(content.encode(), title_rows=2, label_rows=1, footer="Base")
    assert rows_of(rows) == [(5, "1", "x"), (7, "2", "y")]
    assert [(note.key, note.values["count"]) for note in extract.notes] == [
        ("note-title-rows", 2), ("note-label-rows", 1), ("note-blank-lines", 1), ("note-footer", 2)
    ]  # fmt: skip
    assert extract.notes[-1].values["line"] == 8
    assert all(note.is_repair and note.text("fr") for note in extract.notes)


def test_spaces_around_a_column_name_are_taken_off_and_listed(read):
    extract, rows = read("id, a \u00a0\n1,x\n".encode())
    assert rows.columns == ["_line", "id", "a"]
    assert [note.key for note in extract.notes] == ["note-header-trimmed"]


@pytest.mark.parametrize(
    ("content", "declared", "rule", "line"),
    [
        (b"", {}, "intake-empty", None),
        (b"\n\n", {}, "intake-no-header", None),
        (b"id,a\n", {}, "intake-no-rows", None),
        (b"id,a\n1,x\n2,y,z\n3\n", {}, "intake-ragged", 3),
        (b"id,a\n1,x\nBase : 1\n", {}, "intake-ragged", 3),
        (b'id,a\n1,"x\n2,y\n', {}, "intake-quote-open", 2),
        (b'id,a\n1,x\n2,un "mot" x\n3,"fin"\n', {}, "intake-quote-misplaced", 3),
        (b'id,a\n1,x\n2,un "mot\n3,"fin"\n', {}, "intake-quote-open", 3),
        (b'id,a\n1,"x"y\n', {}, "intake-quote-misplaced", 2),
        (b"id,a\n1,x\n2,y\0\n", {}, "intake-nul", 3),
        (b"id,a,id\n1,x,2\n", {}, "intake-header-twice", 1),
        (b"id,,a,\n1,x,2,\n", {}, "intake-header-empty", 1),
        (b"id,_line\n1,x\n", {}, "intake-header-reserved", 1),
        (b"id;a\n1;x\n", {}, "intake-delimiter-none", 1),
        (b"Sondage\nid,a\n1,x\n", {}, "intake-delimiter-none", 1),
        (b"id,a\n1,x\n", {"title_rows": 5}, "intake-no-header", None),
        (b"id,a\n1,x\n", {"encodings": ("klingon",)}, "intake-encoding-unknown", None),
        (b"id,a\n1,x\n", {"footer": "("}, "intake-footer-pattern", None),
        ("id,a\n1,é\n2,Ã©\n".encode(), {}, "intake-encoded-twice", 3),
        (
            "id,a\n1,é\n".encode("cp1252") + "2,é\n".encode(),
            {"encodings": ("utf-8", "cp1252")}, "intake-two-encodings", 3,
        ),
        (b"id,a\n1,x\n2,l\x92eau\n", {"encodings": ("latin-1",)}, "intake-controls", 3),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_line(refused, content, declared, rule, line):
    error = refused(content, **declared)
    assert error.rule == rule
    assert error.values.get("line") == line


def test_an_encoding_that_is_not_declared_is_refused_with_the_place_of_each_failure(refused):
    error = refused(PLAIN.encode("utf-16"))
    assert error.rule == "intake-encoding-none" and error.values["looks"] == "utf_16"
    error = refused(PLAIN.encode("cp1252"), encodings=("utf-8", "ascii"))
    assert error.values["reasons"] == "utf-8: 2:13 ; ascii: 2:13"


def test_french_of_windows_is_not_taken_for_czech(refused):
    """The remedy named cp1250, in which `Très` is `Trčs`."""
    text = "id,a\n1,Très satisfait\n2,Plutôt pas\n3,Île-de-France\n"
    assert refused(text.encode("cp1252")).values["looks"] == "cp1252"


def test_a_refusal_shows_no_cell(refused):
    error = refused(b"id,mail\n1,a@b.fr,secret\n")
    assert "a@b.fr" not in error.text("fr") + str(error.__cause__)


def test_blocks_cut_anywhere_give_the_same_cells(read, monkeypatch):
    text = "id;texte;c\r\n" + "".join(
        f'{n};"é{n}\r\n""suite"" ; {n}";{"x" * (n % 7)}\r\n' for n in range(200)
    )
    expected = [(2 + 2 * n, str(n), f'é{n}\r\n"suite" ; {n}', "x" * (n % 7)) for n in range(200)]
    for size in (5, 64, 97, 1000):
        monkeypatch.setattr(encodings, "BLOCK_BYTES", size)
        for name in ("utf-8", "utf-16", "cp1252"):
            _, rows = read(text.encode(name), delimiters=(";",), encodings=(name,))
            assert rows_of(rows) == expected


def test_the_raw_file_is_private_and_tells_what_was_read(read, tmp_path):
    extract, _ = read(PLAIN.encode())
    assert stat.S_IMODE((tmp_path / "raw.parquet").stat().st_mode) == 0o600
    assert load_extract(tmp_path / "raw.parquet") == extract
