"""Reading an extract: one function over every format, one form of result.

Belongs here: which reader reads what, and the file they all fill. Not here: the formats
(readers/), what a cell means (pipelines.validation).
"""

from importlib import import_module
from pathlib import Path

from pipelines.intake.errors import ExtractError
from pipelines.intake.raw import Extract, Note, RawWriter, load_extract
from pipelines.study import ExtractFormat

__all__ = ["Extract", "Note", "load_extract", "read_extract"]

# How files of each format begin; the last is old Excel, and an XLSX under a password.
SIGNATURES = {
    b"PK\x03\x04": "xlsx",
    b"$FL2": "sav",
    b"$FL3": "sav",
    b"<stata_dta>": "dta",
    b"PAR1": "parquet",
    b"\xd0\xcf\x11\xe0": "xls",
}


def read_extract(extract: Path, fmt: ExtractFormat, out: Path) -> Extract:
    """Read `extract` as declared into `out`: Parquet, private, written whole or not at all.

    `out` has `_line` (BIGINT, the line of the file at which the row starts, 1 = the first; where
    the format has no header line, the row's number plus one, so that a row has one number in every
    format) and every column as text as received (an empty cell is ''). CSV and Parquet are read in
    memory bounded by the block, SPSS and Stata by the batch; XLSX is held whole, up to a stated
    size. Raises ExtractError with file, line, what was found, what is expected and the remedy.
    """
    if not extract.is_file():
        raise ExtractError.whole("intake-extract-missing", extract, folder=extract.parent)
    if extract.stat().st_size == 0:
        raise ExtractError.whole("intake-empty", extract)
    _check_signature(extract, fmt)
    with RawWriter(extract, fmt.format, out) as raw:
        # a module a format, loaded when it reads: most runs need no library of another's files
        import_module(f"pipelines.intake.readers.{fmt.format}").read(extract, fmt, raw)
        return raw.finish()


def _check_signature(extract: Path, fmt: ExtractFormat) -> None:
    """Refuse by its name a file of another format than the wave declares."""
    with extract.open("rb") as stream:
        start = stream.read(16)
    for signature, found in SIGNATURES.items():
        if start.startswith(signature) and found != fmt.format:
            raise ExtractError.whole(
                "intake-other-format", extract, found=found, declared=fmt.format
            )
