"""Writing versions.json and latest.json: the commit point of a release.

Belongs here: reading a log before it grows, appending, latest.json. Not here: entries, the chain
and what a log says (phare_data.log), folders of releases and the lock (store.py).
"""

from collections.abc import Sequence
from pathlib import Path

from phare_data.layout import LATEST, VERSIONS
from phare_data.log import Entry, entry_digest, latest_text, log_text, parse_log
from pipelines.release.durable import replace_file
from pipelines.release.errors import LogBrokenError


def read_log(folder: Path) -> tuple[Entry, ...]:
    """Return the entries of a study's log, oldest first; none where there is no log.

    Raises LogBrokenError when a byte of it is not what was written.
    """
    path = folder / VERSIONS
    if not path.exists():
        return ()
    entries, fault = parse_log(path.read_bytes())
    if fault:
        raise LogBrokenError("release-log-broken", file=path, found=fault)
    return entries


def append(folder: Path, entries: Sequence[Entry], facts: Entry) -> tuple[Entry, ...]:
    """Append an entry of `facts` to the log: the moment from which readers see what it says.

    `entries` are those that are there now. latest.json follows; until then it is only late.
    """
    before = entries[-1]["entry_sha256"] if entries else None
    body = {"sequence": len(entries) + 1, **facts, "prev_entry_sha256": before}
    grown = (*entries, {**body, "entry_sha256": entry_digest(body)})
    replace_file(folder / VERSIONS, log_text(grown).encode())
    write_latest(folder, grown)
    return grown


def write_latest(folder: Path, entries: Sequence[Entry]) -> None:
    """Write latest.json where it is not yet what the log says."""
    wanted = latest_text(entries).encode()
    path = folder / LATEST
    if not path.exists() or path.read_bytes() != wanted:
        replace_file(path, wanted)
