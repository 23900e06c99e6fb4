"""Uploads that are cut off leave nothing that looks whole, large ones do not fill the memory, lost lines are found."""

import json
import stat
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tasks.storage.store import Store, StoreError
from tasks.storage.writers import _listed
from tests.forks import fork
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.servers_stores import Place, Stalling, azure_server, gcs_server, sftp_server  # noqa: F401 - fixtures
from tests.tasks.storage.sending import measure, send

SERVERS = ("s3", "azure", "sftp", "gcs")
BIG = 30_000_000
SIZE = 120_000_000
LOADS = ("tasks.storage.store", "s3fs", "adlfs", "sshfs", "gcsfs")


def through(kind: str, server: Any, port: int) -> tuple[str, dict[str, Any]]:
    """A folder of the server behind another port: its address there, and the options for it."""
    old = server.endpoint_url.rpartition(":")[2] if kind == "s3" else str(server.port)
    there = json.dumps([server.folder(), server.options]).replace(f":{old}", f":{port}")
    url, options = json.loads(there)
    return url, options


def port_of(kind: str, server: Any) -> int:
    return int(server.endpoint_url.rpartition(":")[2]) if kind == "s3" else server.port


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file larger than any piece in which it is sent."""
    path = tmp_path / "big.mp4"
    path.write_bytes(bytes(range(256)) * (BIG // 256))
    return path


@pytest.mark.parametrize("how", ["put", "write", "create"])
@pytest.mark.parametrize("kind", SERVERS[:3])  # the emulator of GCS keeps what it got of a body
def test_killed_in_the_middle(kind: str, how: str, big: Path, request: pytest.FixtureRequest) -> None:
    """A process that is killed while it uploads leaves no object, and the one that was there as it was."""
    server = request.getfixturevalue(kind)
    with Stalling(port_of(kind, server), room=BIG // 2) as line:
        url, options = through(kind, server, line.port)
        straight = Store(url.replace(str(line.port), str(line.upstream)), server.options)
        straight.write("clips/old.mp4", b"whole")
        name = "clips/new.mp4" if how == "create" else "clips/old.mp4"
        sender = fork(send, url, options, how, name, big, loads=LOADS)
        assert line.stalled.wait(60)
        assert sender.is_alive()
        sender.kill()
        sender.join()
    assert straight.names() == ["clips/old.mp4"]
    assert straight.read("clips/old.mp4") == b"whole"
    assert straight.create("clips/new.mp4", b"another's")


@pytest.mark.parametrize("kind", ["local", *SERVERS])
def test_a_clip_is_not_held_in_memory(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A clip of 120 MB goes up and comes down in pieces: the process never grows by more than 50 MB."""
    clip, back = tmp_path / "clip.mp4", tmp_path / "back.mp4"
    with clip.open("wb") as handle:
        handle.truncate(SIZE)
    url, options = str(tmp_path / "target"), {}
    if kind != "local":
        server = request.getfixturevalue(kind)
        url, options = server.folder(), server.options
    told = tmp_path / "told"
    process = fork(measure, url, options, clip, back, told, loads=LOADS)
    process.join(100)
    assert process.exitcode == 0
    print(f"{kind}: {int(told.read_text()) / 1e6:.0f} MB for a clip of {SIZE / 1e6:.0f} MB")
    assert int(told.read_text()) < 50_000_000
    assert back.stat().st_size == SIZE


def test_a_lost_line_is_found_again(sftp: Place) -> None:
    """An SFTP connection that broke is made anew, and what was asked is asked once more."""
    store = Store(sftp.folder(), sftp.options)
    store.write("a.json", b"1")
    for act in (
        lambda: store.write("b.json", b"2"),
        lambda: store.create("c.json", b"3"),
        lambda: store.read("a.json"),
        lambda: store.names(),
        lambda: store.delete("c.json"),
    ):
        store.fs.client.abort()
        act()
    assert store.names() == ["a.json", "b.json"]


def test_a_line_that_stays_lost(sftp: Place) -> None:
    """A server that is gone for good is a `StoreError`, after one more try."""
    with Stalling(sftp.port, room=10**9) as line:
        url, options = through("sftp", sftp, line.port)
        store = Store(url, options)
        store.write("a.json", b"1")
    with pytest.raises(StoreError, match=r"cannot be opened: ConnectionRefusedError"):
        store.write("a.json", b"2")


class Vanishing:
    """A channel to a server from which the folder ``b`` goes, or cannot be read, after its parent was read."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    async def readdir(self, folder: str) -> list[asyncssh.SFTPName]:
        if folder == "/top/b":
            raise self.error("no")
        inner = {"/top": (("a", stat.S_IFDIR), ("b", stat.S_IFDIR)), "/top/a": (("1.json", stat.S_IFREG),)}[folder]
        return [asyncssh.SFTPName(name, attrs=asyncssh.SFTPAttrs(permissions=kind)) for name, kind in inner]


async def test_a_folder_that_goes_while_it_is_listed() -> None:
    """One folder that goes while its neighbours are listed hides none of them; one that is shut is an error."""
    assert await _listed(Vanishing(asyncssh.SFTPNoSuchFile), "/top") == {"/top/a/1.json": -1}
    with pytest.raises(asyncssh.SFTPPermissionDenied):
        await _listed(Vanishing(asyncssh.SFTPPermissionDenied), "/top")


def test_a_torn_file_over_sftp_is_no_object(sftp: Place) -> None:
    """What a killed writer left under its temporary name is not listed, and is in nobody's way."""
    store = Store(sftp.folder(), sftp.options)
    store.write("lock/1.json", b"1")
    store.fs.pipe_file(store.full("lock/.0123456789ab.tmp"), b"ha")
    assert store.names() == ["lock/1.json"]
