import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import httpx
import pytest

from tasks.storage.probe import probe_writes
from tasks.storage.reads import read_url
from tasks.storage.store import Store, StoreError, _read, has_scheme, is_http, split
from tasks.storage.writers import temporary_name
from tests.servers import S3, losing_answers, s3_server  # noqa: F401 - a fixture
from tests.servers_stores import azure_server, gcs_server, sftp_server  # noqa: F401 - fixtures

KINDS = ("local", "memory", "s3", "azure", "sftp", "gcs")
Where = tuple[str, dict[str, Any]]
NASTY = ("plain.json", "deep/er/a b.json", "100%/#1?.json", "[v2]/*.json", "+é😀/=&.json")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """The address of an empty folder at each kind of store, and the options for it."""
    if request.param in ("local", "memory"):
        return (f"memory://{uuid.uuid4().hex}" if request.param == "memory" else str(tmp_path / "target")), {}
    server = request.getfixturevalue(request.param)
    return server.folder(), server.options


@pytest.fixture
def store(place: Where) -> Store:
    """The store there, as a run has it that looked at what it can do."""
    opened = Store(*place)
    probe_writes(opened, "test")
    return opened


@pytest.fixture
def local(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "target"))


def files_below(store: Store) -> set[str]:
    """What really lies in a local folder, temporary files too."""
    return {path.name for path in Path(store.root).rglob("*") if path.is_file()}


@contextlib.contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow past so many bytes: the write that would raises in its middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_written_is_read(store: Store) -> None:
    """Every kind of name holds its bytes, and the last whole write counts."""
    for name in NASTY:
        store.write(name, b"old and longer")
        store.write(name, name.encode())
    assert store.names() == sorted(NASTY)
    assert store.read_many([*NASTY, "gone.json"]) == {name: name.encode() for name in NASTY}
    assert [store.read(name) for name in NASTY] == [name.encode() for name in NASTY]


def test_brackets_in_the_target(place: Where) -> None:
    """A target's name is never read as a pattern."""
    url, options = place
    store = Store(f"{url}/film [v2] 100%", options)
    store.write("ledger/1.json", b"1")
    assert store.read_many(store.names("ledger")) == {"ledger/1.json": b"1"}
    assert store.read_many([]) == {}


def test_names_of_a_folder(store: Store) -> None:
    """Names are sorted, relative to the store, of that folder alone, and none where there is no folder."""
    for name in ("lock/2.json", "lock/10.json", "lock/old/1.json", "locker/1.json", "a.json"):
        store.write(name, b"")
    assert store.names("lock") == ["lock/10.json", "lock/2.json", "lock/old/1.json"]
    assert store.names("nowhere") == []
    assert len(store.names()) == 5


def test_sizes_of_a_folder(store: Store) -> None:
    """Every object below a folder with its bytes, as the store has them now; none where there is no folder."""
    for name, size in (("clips/a b.mp4", 3), ("clips/old/ü.mp4", 0), ("clips.mp4", 9)):
        store.write(name, b"x" * size)
    assert store.sizes("clips") == {"clips/a b.mp4": 3, "clips/old/ü.mp4": 0}
    store.write("clips/a b.mp4", b"x" * 7)
    assert store.sizes("clips") == {"clips/a b.mp4": 7, "clips/old/ü.mp4": 0}
    store.delete("clips/a b.mp4")
    assert store.sizes("clips").keys() == {"clips/old/ü.mp4"}
    assert store.sizes("nowhere") == {}


def test_a_fresh_store_is_empty(store: Store) -> None:
    """A target that is not there yet lists nothing, holds nothing and can be cleaned."""
    store.delete("a.json")
    assert (store.names(), store.exists("a.json"), store.read_many(["a.json"])) == ([], False, {})
    with pytest.raises(FileNotFoundError):
        store.read("a.json")


def test_deleted_is_gone(store: Store) -> None:
    """A deleted object is gone for every question, and deleting it again is fine."""
    store.write("a.json", b"1")
    assert store.exists("a.json")
    store.delete("a.json")
    store.delete("a.json")
    assert not store.exists("a.json")
    assert store.names() == []


def test_another_writer_is_seen_at_once(store: Store, place: Where) -> None:
    """What a second handle writes or deletes is seen without any wait: no listing is cached."""
    assert store.names() == []
    other = Store(*place)
    other.write("clips/a.mp4", b"1")
    assert store.names("clips") == ["clips/a.mp4"]
    other.delete("clips/a.mp4")
    assert (store.names("clips"), store.exists("clips/a.mp4")) == ([], False)


def test_files_go_up_and_come_down(store: Store, tmp_path: Path) -> None:
    """A local file comes back byte for byte, over whatever stood there."""
    clip, back = tmp_path / "clip.mp4", tmp_path / "back.mp4"
    clip.write_bytes(bytes(range(256)) * 4000)
    store.write("clips/a.mp4", b"the clip before")
    store.put("clips/a.mp4", clip)
    store.get("clips/a.mp4", back)
    assert back.read_bytes() == store.read("clips/a.mp4") == clip.read_bytes()
    with pytest.raises(FileNotFoundError):
        store.get("clips/b.mp4", back)


def raising_source(tmp_path: Path) -> Path:
    source = tmp_path / f"{uuid.uuid4().hex}.mp4"
    source.symlink_to("/proc/self/mem")  # a file that opens and raises at the first byte
    return source


@pytest.mark.parametrize("source", [raising_source, lambda folder: folder / "missing.mp4"], ids=["raises", "missing"])
def test_a_source_that_raises(source: Callable[[Path], Path], store: Store, tmp_path: Path) -> None:
    """An upload whose source fails leaves nothing that looks whole, and the old object as it was."""
    store.write("clips/old.mp4", b"whole")
    for name in ("clips/new.mp4", "clips/old.mp4"):
        with pytest.raises(StoreError, match=name):
            store.put(name, source(tmp_path))
    assert store.names() == ["clips/old.mp4"]
    assert store.read("clips/old.mp4") == b"whole"


WRITES: dict[str, Callable[[Store, str, Path], object]] = {
    "write": lambda store, name, big: store.write(name, big.read_bytes()),
    "create": lambda store, name, big: store.create(name, big.read_bytes()),
    "put": lambda store, name, big: store.put(name, big),
}


@pytest.mark.parametrize("how", WRITES)
def test_a_full_disk(how: str, local: Store, tmp_path: Path) -> None:
    """A disk that fills in the middle of a write leaves no object, no temporary file, and says which object."""
    big = tmp_path / "big"
    big.write_bytes(bytes(100_000))
    with full_disk(10_000), pytest.raises(StoreError, match=r"target/clips/a\.mp4: .*File too large"):
        WRITES[how](local, "clips/a.mp4", big)
    assert (local.names(), files_below(local)) == ([], set())


@pytest.mark.parametrize("how", ["write", "put"])
def test_a_full_disk_keeps_the_old_object(how: str, local: Store, tmp_path: Path) -> None:
    """A failed overwrite leaves the object of before, whole."""
    big = tmp_path / "big"
    big.write_bytes(bytes(100_000))
    local.write("a.mp4", b"whole")
    with full_disk(10_000), pytest.raises(StoreError):
        WRITES[how](local, "a.mp4", big)
    assert (local.read("a.mp4"), files_below(local)) == (b"whole", {"a.mp4"})


@pytest.mark.parametrize("how", WRITES)
def test_a_path_below_a_file(how: str, local: Store, tmp_path: Path) -> None:
    """A name below a file cannot be written: the error names store and object, and nothing changes."""
    local.write("clips", b"a file of that name")
    with pytest.raises(StoreError) as caught:
        WRITES[how](local, "clips/a.mp4", Path(__file__))
    assert str(caught.value).startswith(f"{local.url}/clips/a.mp4: ")
    assert (local.names(), local.read("clips")) == (["clips"], b"a file of that name")


def test_a_folder_that_cannot_be_listed(local: Store) -> None:
    """An unreadable ledger is an error and never an empty one: an empty ledger buys everything again."""
    local.write("ledger", b"no folder")
    with pytest.raises(StoreError, match=r"target/ledger: NotADirectoryError"):
        local.names("ledger")


def test_temporary_files_are_never_listed(local: Store) -> None:
    """What a killed writer left half done is no object."""
    local.write("clips/a.mp4", b"1")
    Path(local.full("clips"), temporary_name()).write_bytes(b"half")
    assert local.names() == ["clips/a.mp4"]


def test_readers_see_old_or_new(store: Store) -> None:
    """While an object is overwritten a reader gets one of the two whole ones."""
    sizes = {200_000: b"a", 300_000: b"b"}
    store.write("m.json", b"a" * 200_000)
    done = threading.Event()
    seen: set[tuple[int, bytes, bool]] = set()

    def read() -> None:
        while not done.is_set():
            data = store.read("m.json")
            seen.add((len(data), data[:1], data.count(data[:1]) == len(data)))

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        for _ in range(15):
            for size, letter in sizes.items():
                store.write("m.json", letter * size)
        done.set()
        reading.result()
    assert seen and seen <= {(size, letter, True) for size, letter in sizes.items()}


def test_created_only_once(store: Store) -> None:
    """The first creator wins; the same bytes are a lost answer and count as won; other bytes lose."""
    assert [store.create("1.json", data) for data in (b"mine", b"mine", b"theirs")] == [True, True, False]
    assert store.read("1.json") == b"mine"
    assert store.exclusive == (store.scheme != "gs")  # its emulator overwrites


@pytest.mark.parametrize("round_", range(3))
def test_threads_race_to_create(store: Store, round_: int) -> None:
    """Of sixteen threads that create one object exactly one wins, and its bytes stand there."""
    if not store.exclusive:
        return
    start = threading.Barrier(16)

    def create(i: int) -> bool:
        start.wait()
        return store.create(f"lock/{round_}.json", b"%d" % i)

    with ThreadPoolExecutor(16) as pool:
        won = [i for i, created in enumerate(pool.map(create, range(16))) if created]
    assert [b"%d" % i for i in won] == [store.read(f"lock/{round_}.json")]


RACER = """
import sys
from tasks.storage.store import Store
store, me = Store(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
print(*(n for n in range(60) if store.create(f"ledger/{n}.json", me.encode() * 1000)))
"""


def test_processes_race_to_create(local: Store) -> None:
    """Of four processes at one local folder exactly one wins each object."""
    command = [sys.executable, "-c", RACER, local.url]
    root = Path(__file__).parents[3]
    with contextlib.ExitStack() as stack:
        pipes: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "text": True, "cwd": root}
        racers = [stack.enter_context(Popen([*command, f"{i}"], **pipes)) for i in range(4)]
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 4
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        won = {i: racer.stdout.read().split() for i, racer in enumerate(racers)}
    assert sorted(int(n) for mine in won.values() for n in mine) == list(range(60))
    assert all(local.read(f"ledger/{n}.json") == b"%d" % i * 1000 for i, mine in won.items() for n in mine)


def test_the_answer_to_a_create_was_lost(s3: S3) -> None:
    """A server that created the object and lost its answer, then says "exists", has kept our bytes: we won."""
    folder = s3.folder()
    with losing_answers(s3, drops=1) as line:
        assert Store(folder, line.options).create("1.json", b"mine")
    assert Store(folder, s3.options).read("1.json") == b"mine"


class Failing(Store):
    """A store that says of every create that the connection broke, after writing ``kept`` or nothing."""

    kept: bytes | None = None

    def _create(self, path: str, data: bytes) -> None:
        if self.kept is not None:
            self.write(path, self.kept)
        raise ConnectionResetError("connection reset")


@pytest.mark.parametrize(("kept", "won"), [(b"mine", True), (b"theirs", False)])
def test_a_create_that_ends_in_an_error(kept: bytes, won: bool, local: Store) -> None:
    """After an error of any kind what stands there decides, because stores word "exists" differently."""
    failing = Failing(local.url)
    failing.kept = kept
    assert failing.create("1.json", b"mine") is won


def test_a_create_that_wrote_nothing(local: Store) -> None:
    """An error that left no object is an error."""
    with pytest.raises(StoreError, match=r"target/1\.json: connection reset"):
        Failing(local.url).create("1.json", b"mine")


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("bucket", ["no-such-bucket", "No!Bucket"])
def test_errors_of_a_bucket(how: str, bucket: str, s3: S3, tmp_path: Path) -> None:
    """A bucket that is missing, or cannot be one, is a `StoreError` of one line with URL and object."""
    store = Store(f"s3://{bucket}/film", s3.options)
    with pytest.raises(StoreError) as caught:
        WRITES[how](store, "clips/a.mp4", Path(__file__))
    assert str(caught.value).startswith(f"s3://{bucket}/film/clips/a.mp4: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("act", [Store.read, Store.names, Store.exists, Store.delete], ids=lambda act: act.__name__)
def test_reading_errors_are_store_errors(act: Callable[[Store, str], object], s3: S3) -> None:
    """What the client library raises comes out as `StoreError` alone."""
    with pytest.raises(StoreError, match=r"^s3://No!Bucket/film/a\.json: "):
        act(Store("s3://No!Bucket/film", s3.options), "a.json")
    with pytest.raises(StoreError, match=r"^s3://No!Bucket/film/a\.json: "):
        Store("s3://No!Bucket/film", s3.options).read_many(["a.json"])


WITHOUT = """
import sys
sys.modules[sys.argv[2]] = None
from tasks.storage.store import Store, StoreError
try:
    Store(sys.argv[1])
except StoreError as error:
    print(error)
"""
PARAMIKO = """
import fsspec
from fsspec.implementations.memory import MemoryFileSystem
from tasks.storage.store import Store, StoreError
fsspec.register_implementation("sftp", MemoryFileSystem, clobber=True)  # as one that is not asynchronous
try:
    Store("sftp://films/a")
except StoreError as error:
    print(error)
"""


def said_by(script: str, *words: str) -> str:
    """What a Python process of its own prints."""
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("url", "module", "start", "end"),
    [
        ("s3://films/a", "s3fs", "needs another package: ", "pip install 'storyreel[s3]'"),
        ("gs://films/a", "gcsfs", "needs another package: ", "pip install 'storyreel[gcs]'"),
        ("abfs://films/a", "adlfs", "needs another package: ", "pip install 'storyreel[azure]'"),
        ("az://films/a", "adlfs", "needs another package: ", "pip install 'storyreel[azure]'"),
        ("sftp://films/a", "sshfs", "needs another package: ", "pip install 'storyreel[sftp]'"),
        ("gdrive://films/a", "gdrive_fs", "needs another package: ", "install gdrive_fs for access to Google Drive"),
        ("nonsense://films/a", "nonsense", "cannot be opened: ", "Protocol not known: nonsense"),
    ],
)
def test_a_missing_extra(url: str, module: str, start: str, end: str) -> None:
    """A store whose package is missing names what to install, in one line; an extra only where there is one."""
    told = said_by(WITHOUT, url, module)
    assert told.startswith(f"{url} {start}")
    assert told.endswith(f"{end}\n")
    assert told.count("\n") == 1
    assert ("storyreel[" in told) == (url[:2] not in ("gd", "no"))


def test_another_sftp_than_ours() -> None:
    """fsspec's own sftp, which writes in place, is not taken in silence where ours is missing."""
    assert said_by(PARAMIKO) == "sftp://films/a needs another package: pip install 'storyreel[sftp]'\n"


def test_s3_signs(s3: S3) -> None:
    """A signed URL reads the object without any key, for as long as asked, in the config's region."""
    store = Store(s3.folder(), s3.options)
    store.write("frames/a b.jpg", b"jpeg")
    url = store.sign("frames/a b.jpg", 600)
    assert httpx.get(url, verify=False).content == b"jpeg"
    query = httpx.URL(url).params
    assert (query["X-Amz-Expires"], query["X-Amz-Credential"].split("/")[2]) == ("600", "eu-west-1")


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_others_do_not_sign(kind: str, tmp_path: Path) -> None:
    """A store that cannot sign says so and gives an empty URL."""
    store = Store(str(tmp_path) if kind == "local" else "memory://signing")
    store.write("a.jpg", b"1")
    assert (store.signs, store.sign("a.jpg", 600)) == (False, "")


def test_read_url_limits(store: Store, place: Where) -> None:
    """A file up to the limit is read whole; a larger one is refused by name, limit and size; a folder is none."""
    store.write("img/a.png", b"x" * 1000)
    _, options = place
    assert read_url(f"{store.url}/img/a.png", options, 1000) == b"x" * 1000
    with pytest.raises(StoreError, match=r"/img/a\.png: 1000 bytes, at most 500 are read"):
        read_url(f"{store.url}/img/a.png", options, 500)
    with pytest.raises(StoreError):
        read_url(f"{store.url}/img/a.png", options, 999)
    for missing in ("img/b.png", "img"):
        with pytest.raises(FileNotFoundError):
            read_url(f"{store.url}/{missing}", options, 1000)


class Understated:
    """A file system that says of every file that it is empty."""

    def __init__(self, fs: Any) -> None:
        self.fs = fs

    def info(self, path: str) -> dict[str, Any]:
        return {**self.fs.info(path), "size": 0}

    def open(self, path: str, mode: str) -> Any:
        return self.fs.open(path, mode)


def test_read_url_of_a_size_that_is_wrong(store: Store) -> None:
    """A file whose server says that it is empty is read to the limit and no further."""
    store.write("a.png", b"x" * 1000)
    store.fs = Understated(store.fs)
    assert _read(store, "a.png", 1000) == b"x" * 1000
    with pytest.raises(OSError, match=r"11 bytes, at most 10 are read"):
        _read(store, "a.png", 10)


def test_read_url_of_a_silent_server() -> None:
    """A store that says nothing is left when the time is over."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(StoreError, match=r"^no answer within 0\.3 seconds$"),
    ):
        read_url(f"sftp://127.0.0.1:{silent.getsockname()[1]}/a.png", {}, 10, 0.3)


@pytest.mark.timeout(10)
def test_read_url_of_a_device(tmp_path: Path) -> None:
    """A device or a pipe is no file: it has no size and no end."""
    os.mkfifo(tmp_path / "pipe.png")
    for path in ("/dev/zero", str(tmp_path / "pipe.png")):
        with pytest.raises(FileNotFoundError):
            read_url(path, {}, 1000)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://films/dir/board.csv", ("s3://films/dir", "board.csv")),
        ("s3://films/who?.png", ("s3://films", "who?.png")),
        ("https://host/dir/board.csv?token=a/b", ("https://host/dir", "board.csv")),
        ("/films/board.csv", ("/films", "board.csv")),
        ("memory://board.csv", ("memory://", "board.csv")),
    ],
)
def test_split(url: str, parts: tuple[str, str]) -> None:
    """A URL is its folder and its name; a query belongs to http alone."""
    assert split(url) == parts


@pytest.mark.parametrize(
    ("url", "scheme", "http"),
    [("s3://b/a", True, False), ("HTTPS://host/a", True, True), ("http://h", True, True), ("a/b:c", False, False)],
)
def test_kinds_of_urls(url: str, scheme: bool, http: bool) -> None:
    """Local paths have no scheme, and http is known in any case."""
    assert (has_scheme(url), is_http(url)) == (scheme, http)


def test_a_relative_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative or home path is made absolute once, so that a changed working directory moves nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert Store("out/demo/").url == str(tmp_path / "out/demo")
    assert Store("~/film").url == str(tmp_path / "home/film")
    assert Store("/").full("a") == "/a"
