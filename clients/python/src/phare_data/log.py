"""versions.json and latest.json: the hash-chained log of a study's releases, and its head.

Belongs here: entries, the chain, what a log says of each version. Not here: writing a log (the
pipeline does), comparing folders with it (verifier).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

FORMAT = 1
RELEASED, WITHDRAWN, PURGED = "released", "withdrawn", "purged"
Status = Literal["current", "superseded", "withdrawn", "purged"]
Entry = Mapping[str, Any]


def parse_log(data: bytes) -> tuple[tuple[Entry, ...], str | None]:
    """Return the entries of a log and what is wrong with it (None: nothing).

    Entries are those up to the first fault. The file must be byte for byte what `log_text` writes.
    """
    try:
        content = json.loads(data)
        entries, study = list(content["entries"]), str(content["study"])
    except (ValueError, KeyError, TypeError) as error:
        return (), f"unreadable ({type(error).__name__})"
    before: str | None = None
    for at, entry in enumerate(entries):
        fault = _fault(entry, at + 1, study, before)
        if fault:
            return tuple(entries[:at]), f"entry {at + 1}: {fault}"
        before = entry["entry_sha256"]
    if not entries:
        return (), "no entry"
    if data != log_text(entries).encode():
        return tuple(entries), "not as written"
    return tuple(entries), None


def log_text(entries: Sequence[Entry]) -> str:
    """Return versions.json as it is written."""
    content = {"format": FORMAT, "study": entries[0]["study"], "entries": list(entries)}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def latest_text(entries: Sequence[Entry]) -> str:
    """Return latest.json: the newest valid version (null: none is left) and the log's head."""
    newest = newest_valid(entries)
    content = {
        "study": entries[-1]["study"],
        "version": newest["version"] if newest else None,
        "manifest_sha256": newest["manifest_sha256"] if newest else None,
        "log_head": entries[-1]["entry_sha256"],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def statuses(entries: Sequence[Entry]) -> dict[str, Status]:
    """Return the status of each version; at most one is current: the newest that is valid."""
    newest = newest_valid(entries)
    gone = {one["version"]: one["event"] for one in entries if one["event"] != RELEASED}
    return {
        one["version"]: gone.get(one["version"])
        or ("current" if newest and one["version"] == newest["version"] else "superseded")
        for one in releases(entries)
    }


def releases(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries that published a version, oldest first."""
    return tuple(one for one in entries if one["event"] == RELEASED)


def newest_valid(entries: Sequence[Entry]) -> Entry | None:
    """Return the entry of the newest version that was neither withdrawn nor purged."""
    gone = {one["version"] for one in entries if one["event"] != RELEASED}
    valid = [one for one in releases(entries) if one["version"] not in gone]
    return valid[-1] if valid else None


def entry_digest(entry: Entry) -> str:
    """Return the digest of an entry, its own digest aside: sorted keys, no space, UTF-8."""
    body = {key: value for key, value in entry.items() if key != "entry_sha256"}
    plain = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _fault(entry: object, sequence: int, study: str, before: str | None) -> str | None:
    if not isinstance(entry, dict) or not {"version", "event", "entry_sha256"} <= set(entry):
        return "not an entry"
    if entry["entry_sha256"] != entry_digest(entry):
        return "its digest is not that of its content"
    if (entry.get("sequence"), entry.get("study")) != (sequence, study):
        return "of another place or study"
    if entry.get("prev_entry_sha256") != before:
        return "does not follow the entry before it"
    return None
