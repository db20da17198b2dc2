"""A small published tree and a plain file server over it: what the client's tests read."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.release.made_up_release import with_a_history


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a published/ folder: 0.1.0 superseded, 0.2.0 withdrawn, 0.3.0 current."""
    study = with_a_history(tmp_path_factory.mktemp("client") / "root")
    return study.root / "published"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A plain file server that keeps quiet."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tree: Path) -> Iterator[str]:
    """Serve the tree and yield its address."""
    handler = partial(Quiet, directory=str(tree))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
