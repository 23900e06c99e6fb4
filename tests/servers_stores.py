"""Azure Blob, Google Cloud Storage and SFTP on loopback, and a line that falls silent in the middle of an upload.

Import the fixtures by their long names and take them by the short ones. A server that is not installed is a reason
to skip its tests; with ``STORYREEL_NO_SKIPS=1`` it is a failure.
"""

import base64
import contextlib
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest
from fsspec import filesystem

from tests.conftest import free_port

AZURITE = Path(__file__).parents[1] / ".venv/azurite/node_modules/.bin/azurite-blob"
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
LAST_LINES = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Room at a server: ``options`` are what ``[target] options`` would hold. ``port`` is the server's."""

    root: str
    port: int
    options: dict[str, Any] = field(default_factory=dict)

    def folder(self) -> str:
        """The URL of a folder that nothing else uses."""
        return f"{self.root}/{uuid.uuid4().hex}"


def not_here(what: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("STORYREEL_NO_SKIPS") == "1":
        pytest.fail(f"not on this machine: {what}")
    pytest.skip(f"not on this machine: {what}")


@contextlib.contextmanager
def _running(command: list[str], says: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A server from the line in which it ``says`` that it listens until the end; its children go with it."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environ},
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if says in line:
                break
        else:
            raise RuntimeError(f"{command[0]} did not start:\n{''.join(lines[-LAST_LINES:])}")
        threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # its own session: nothing else is in it
        process.wait(20)


def _drain(output: IO[str]) -> None:
    """Until the last child is gone: an sshd's sessions last as long as their clients."""
    with output:
        for _ in output:
            pass


@contextlib.contextmanager
def serving_azure() -> Iterator[Place]:
    """Run azurite's Blob server with an account of this test run; the container is there."""
    key, port = base64.b64encode(secrets.token_bytes(64)).decode(), free_port()
    command = [str(AZURITE), "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with _running(command, "successfully listens", AZURITE_ACCOUNTS=f"storyreel:{key}"):
        place = azure_at(port, key)
        filesystem("abfs", **place.options, skip_instance_cache=True).mkdir("films")
        yield place


def azure_at(port: int, key: str) -> Place:
    """The same account behind another port."""
    parts = {"DefaultEndpointsProtocol": "http", "AccountName": "storyreel", "AccountKey": key}
    parts["BlobEndpoint"] = f"http://127.0.0.1:{port}/storyreel"
    return Place("abfs://films", port, {"connection_string": "".join(f"{k}={v};" for k, v in parts.items())})


@pytest.fixture(scope="session", name="azure")
def azure_server() -> Iterator[Place]:
    """Import it as ``azure_server``, take it as ``azure``."""
    if not AZURITE.exists():
        not_here("azurite (npm install --prefix .venv/azurite azurite@3.35.0)")
    with serving_azure() as place:
        yield place


SSHD_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
Subsystem sftp internal-sftp
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
"""


@contextlib.contextmanager
def serving_sftp(folder: Path) -> Iterator[Place]:
    """Run OpenSSH's server with keys and a configuration of its own; files go below ``folder``."""
    import asyncssh  # here, as most who import this module start no server

    port = free_port()
    for name in ("host", "user"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(str(folder / name))
        key.write_public_key(str(folder / f"{name}.pub"))
        (folder / name).chmod(0o600)
    (folder / "known").write_text(f"127.0.0.1,[127.0.0.1]:* {(folder / 'host.pub').read_text()}")
    (folder / "sshd_config").write_text(SSHD_CONFIG.format(port=port, folder=folder))
    (folder / "files").mkdir()
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where a root's sshd locks its children in
    with _running([str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")], f"port {port}"):
        yield sftp_at(port, folder)


def sftp_at(port: int, folder: Path) -> Place:
    """The same files behind another port."""
    options = {"client_keys": [str(folder / "user")], "known_hosts": str(folder / "known")}
    return Place(f"sftp://{getpass.getuser()}@127.0.0.1:{port}{folder}/files", port, options)


@pytest.fixture(scope="session", name="sftp")
def sftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Import it as ``sftp_server``, take it as ``sftp``."""
    if SSHD is None:
        not_here("sshd (Debian: apt-get install openssh-server)")
    with serving_sftp(tmp_path_factory.mktemp("sftp")) as place:
        yield place


@pytest.fixture(scope="session", name="gcs")
def gcs_server() -> Iterator[Place]:
    """Import it as ``gcs_server``, take it as ``gcs``. It takes an exclusive create and overwrites all the same."""
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="films")
    server.start()
    try:
        yield Place("gs://films", port, {"endpoint_url": f"http://127.0.0.1:{port}", "token": "anon"})
    finally:
        server.stop()


class Stalling:
    """A line to ``port`` that carries so many bytes there and then no more. ``stalled`` is set when it stops."""

    def __init__(self, port: int, room: int) -> None:
        self.upstream, self.room = port, room
        self.stalled, self.over = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.links: list[socket.socket] = []

    def __enter__(self) -> "Stalling":
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *gone: object) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        for link in self.links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.door.accept()
                far = socket.create_connection(("127.0.0.1", self.upstream))
                self.links += [near, far]
                threading.Thread(target=self._carry, args=(near, far, self._spend), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, len), daemon=True).start()

    def _spend(self, data: bytes) -> int:
        with self.lock:
            self.room -= len(data)
            if self.room > 0:
                return len(data)
        self.stalled.set()
        self.over.wait()
        return 0

    def _carry(self, source: socket.socket, sink: socket.socket, allowed: Callable[[bytes], int]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data[: allowed(data)])
            sink.shutdown(socket.SHUT_WR)
