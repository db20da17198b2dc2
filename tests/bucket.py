"""A local S3 server with an empty bucket, for whatever is copied elsewhere."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pyarrow import fs


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a local S3 server with an empty bucket; return its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _await(port)
        for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
            monkeypatch.setenv(f"AWS_{name}", value)
        query = f"scheme=http&endpoint_override=127.0.0.1:{port}&region=us-east-1"
        system = fs.S3FileSystem(
            scheme="http", endpoint_override=f"127.0.0.1:{port}", region="us-east-1",
            allow_bucket_creation=True,
        )  # fmt: skip
        system.create_dir("open-data")
        yield f"s3://open-data/phare?{query}"
    finally:
        server.terminate()
        server.wait()


def _await(port: int) -> None:
    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the S3 server did not start")
