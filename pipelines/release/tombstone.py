"""Writing tombstones: what stands beside a retired version.

Belongs here: writing them. Not here: their words (phare_data.tombstone), retiring (retire.py).
"""

from collections.abc import Sequence
from pathlib import Path

from phare_data.layout import tombstone_path
from phare_data.log import Entry
from phare_data.tombstone import tombstone_texts
from pipelines.release.durable import replace_file


def write_tombstones(public: Path, entries: Sequence[Entry]) -> None:
    """Write the tombstone of every retired version where it is not what the log says."""
    for version, text in tombstone_texts(entries).items():
        path = tombstone_path(public, version)
        data = text.encode()
        if not path.exists() or path.read_bytes() != data:
            replace_file(path, data)
