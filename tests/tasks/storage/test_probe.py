"""A target is tried before anything is spent, and nothing of the trial is left there."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import TargetError
from tasks.storage.probe import ALONE, look_at_target, open_store, probe_writes
from tasks.storage.store import Store, StoreError, within
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.servers_stores import Place, azure_server, gcs_server, sftp_server  # noqa: F401 - fixtures
from tests.tasks.storage.test_store import Where, place  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[3]


class Counting(Store):
    """Every change of the store by name; a change named in ``deaf`` is answered and not made."""

    deaf: tuple[str, ...] = ()

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.changes: list[str] = []

    def _change(self, path: str, act: Callable[[], object]) -> None:
        self.changes.append(path)
        super()._change(path, act)

    def write(self, path: str, data: bytes) -> None:
        if "write" not in self.deaf:
            super().write(path, data)

    def delete(self, path: str) -> None:
        self.changes.append(path)
        if "delete" not in self.deaf:
            super().delete(path)

    def names(self, prefix: str = "") -> list[str]:
        return [] if "names" in self.deaf else super().names(prefix)


def test_a_look_writes_nothing(place: Where) -> None:  # noqa: F811 - the fixture
    """A look at any store changes nothing, and finds out whether it signs."""
    store = Counting(*place)
    assert bool(look_at_target(store)) == (store.scheme == "gs")  # which has no key to sign with here
    assert store.changes == []
    assert store.names() == []
    assert store.signs == (store.scheme in ("s3", "abfs"))


def test_a_key_that_cannot_sign(gcs: Place) -> None:
    """A store that signs in general and not with these credentials is told in the plan, and not counted on."""
    store = Store(gcs.folder(), gcs.options)
    assert store.signs
    [told] = look_at_target(store)
    assert told.startswith("the target cannot sign addresses of its files: ")
    assert not store.signs


def test_a_store_without_exclusive_create_is_told() -> None:
    """A kind of store that nobody raced is said to be one for a single run at a time."""
    store = Store("memory://alone")
    store.exclusive = False
    assert look_at_target(store) == (ALONE,)


def test_proof_leaves_nothing(place: Where) -> None:  # noqa: F811 - the fixture
    """A store is written, listed, read, overwritten and deleted under the lock, and is as before afterwards."""
    store = Counting(*place)
    store.write("lock/1.json", b"held")
    store.write("lock/proof-of-a-run-that-was-killed", b"one")
    assert probe_writes(store, "me") == (ALONE if store.scheme == "gs" else "")
    assert "lock/proof-me" in store.changes
    assert store.names() == ["lock/1.json"]


def test_a_store_that_overwrites_where_it_should_create(gcs: Place) -> None:
    """A server that takes an exclusive create and overwrites all the same is found out, and is not relied on."""
    store = Store(gcs.folder(), gcs.options)
    assert store.exclusive
    assert probe_writes(store, "me") == ALONE
    assert not store.exclusive
    assert [store.create("1.json", data) for data in (b"mine", b"theirs")] == [True, False]
    assert store.read("1.json") == b"mine"


@pytest.mark.parametrize(
    ("deaf", "told"),
    [
        ("names", "does not list what was just written"),
        ("write", "does not give back what was just written"),
        ("delete", "does not delete"),
    ],
)
def test_a_store_that_only_says_so(deaf: str, told: str, tmp_path: Path) -> None:
    """A store that answers and does nothing is of no use: an unlisted ledger would buy again."""
    store = Counting(str(tmp_path))
    store.deaf = (deaf,)
    with pytest.raises(StoreError, match=told):
        probe_writes(store, "me")
    assert deaf == "delete" or not list(tmp_path.rglob("proof-*"))


def test_a_folder_that_cannot_be_written(s3: S3) -> None:
    """A bucket that is not there is of no use, in one line."""
    with pytest.raises(StoreError, match=r"^s3://no-such-bucket/film/lock/proof-me: .*bucket"):
        probe_writes(Store("s3://no-such-bucket/film", s3.options), "me")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://host/films?sig=secret", "https://host/films is a web address: nothing can be written there"),
        ("HTTP://host/films", "HTTP://host/films is a web address"),
        ("simplecache::s3://films/a", "puts one store on top of another"),
        ("zip://a::/films/a.zip", "puts one store on top of another"),
        ("sftp://me:secret@host/films", "sftp://host/films cannot be used: holds a password, and addresses are shown"),
        ("s3://key:secret@films/a", "s3://films/a cannot be used: holds a password"),
        ("nonsense://films", "nonsense://films cannot be used: cannot be opened: "),
        (
            "sftp://127.0.0.1:1/films",
            "sftp://127.0.0.1:1/films cannot be used: cannot be opened: ConnectionRefusedError",
        ),
    ],
)
def test_no_target(url: str, told: str) -> None:
    """What can be no target is refused in one line, without what is secret in it."""
    with pytest.raises(TargetError) as caught:
        open_store(url, {})
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_host_key_that_nobody_knows(sftp: Place, tmp_path: Path) -> None:
    """An SFTP server whose key is not in the known hosts is not talked to: it could be anybody's."""
    (tmp_path / "nobody").touch()
    options = {**sftp.options, "known_hosts": str(tmp_path / "nobody")}
    with pytest.raises(TargetError, match="cannot be opened: HostKeyNotVerifiable"):
        open_store(sftp.folder(), options)


# --- how long it may take


def test_within() -> None:
    """What is quick is given on, its error too; what is slow is left behind when the time is over."""
    assert within(5, lambda: 7) == 7
    with pytest.raises(KeyError):
        within(5, lambda: {}["x"])
    never = threading.Event()
    since = time.monotonic()
    with pytest.raises(StoreError, match=r"no answer within 0\.1 seconds"):
        within(0.1, never.wait)
    assert time.monotonic() - since < 2
    never.set()


def test_a_server_that_says_nothing() -> None:
    """A server that takes the connection and is silent is of no use after the time limit, not after minutes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        since = time.monotonic()
        with pytest.raises(TargetError, match=r"cannot be used: no answer within 0\.5 seconds"):
            open_store(f"sftp://127.0.0.1:{port}/films", {}, 0.5)
        options = {"endpoint_url": f"http://127.0.0.1:{port}", "key": "k", "secret": "s"}
        store = open_store("s3://films/a", options, 5)
        with pytest.raises(TargetError, match=r"s3://films/a cannot be used: no answer within 0\.5 seconds"):
            look_at_target(store, 0.5)
    assert time.monotonic() - since < 8


HURRY = """
import sys
from tasks.storage import probe as target
from tasks.domain.errors import TargetError
from tasks.storage.store import Store
try:
    print(target.look_at_target(target.open_store(sys.argv[1], {sys.argv[2]: "nobody"} if sys.argv[2] else {}, 4), 4))
except TargetError as error:
    print(error)
"""


@pytest.mark.parametrize(("url", "option"), [("abfs://films/a", "account_name"), ("gs://films/a", "")])
def test_no_credentials(url: str, option: str, tmp_path: Path) -> None:
    """A cloud without credentials is one line and a few seconds, to the end of the process: no thread keeps it."""
    since = time.monotonic()
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", HURRY, url, option]
    done = subprocess.run(command, cwd=ROOT, env=home, capture_output=True, text=True, timeout=60)
    assert time.monotonic() - since < 30
    assert done.stdout.startswith(f"the target {url} cannot be used: ")
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
