"""The files that a board points at: had once, whoever asks, and made into a frame once."""

import asyncio
import hashlib
import io
import os
from collections import Counter
from pathlib import Path

import pytest

from tasks.config.settings import ImageSettings, Settings
from tasks.domain.errors import MediaError
from tasks.domain.identity import frame_stem
from tasks.domain.shot import Size
from tasks.media import images
from tasks.media.assets import Media
from tasks.media.local_files import read_file
from tasks.storage.store import Store, StoreError
from tasks.transport.client import Http
from tests.tasks.clips import good
from tests.tasks.loopback import Loopback, bomb, for_ever, goto, reply, then_cut
from tests.tasks.pictures import opened, quad, saved

PNG = saved(quad(), "PNG")
DIGEST = hashlib.sha256(PNG).hexdigest()
SMALL, TALL = Size(32, 18), Size(18, 32)


class Target(Store):
    """A store in memory that counts what is asked of it."""

    def __init__(self, url):
        super().__init__(url)
        self.asked = Counter()
        self.full_disk = False

    def write(self, path, data):
        self.asked["write"] += 1
        if self.full_disk:
            raise StoreError("the disk is full")
        super().write(path, data)

    def get(self, path, local):
        self.asked["get"] += 1
        super().get(path, local)


@pytest.fixture
def store(tmp_path):
    return Target(f"memory:/{tmp_path}/target")


@pytest.fixture
async def make(tmp_path, store):
    """A Media over the target of the test, with ``[images]`` as told."""
    http, folder = Http(), tmp_path / "scratch"
    folder.mkdir()
    yield lambda **values: Media(Settings(Path("x.toml"), images=ImageSettings(**values)), store, http, folder)
    await http.close()


@pytest.fixture
def made(monkeypatch):
    """Counts the frames that are made, by size; the work itself is done."""
    counts, real = Counter(), images.normalise

    def normalise(data, size, *rest, **options):
        counts[size] += 1
        return real(data, size, *rest, **options)

    monkeypatch.setattr(images, "normalise", normalise)
    return counts


@pytest.fixture
def png(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    return str(path)


def unlink(path):
    Path(path).unlink()


# --- where files come from


async def test_local(make, png):
    """A local file is read where it lies."""
    media = make()
    assert (await media.file(png), await media.digest(png), await media.check(png)) == (Path(png), DIGEST, (64, 48))


async def test_memory(make, tmp_path):
    """A file of any store is brought here, with its digest as it lies there."""
    url = f"memory:/{tmp_path}/board/a.png"
    Store(f"memory:/{tmp_path}/board").write("a.png", PNG)
    media = make()
    assert (await media.digest(url), await media.check(url)) == (DIGEST, (64, 48))
    assert (await media.file(url)).read_bytes() == PNG


async def test_http(make):
    """A picture of an allowed host is fetched once, however many shots ask for it at a time and later."""
    async with Loopback({"/a.png": reply(PNG)}) as server:
        media, url = make(allow_hosts=(server.place,)), server.url("/a.png")
        found = await asyncio.gather(*(media.check(url) for _ in range(20)), *(media.digest(url) for _ in range(20)))
        assert set(found) == {(64, 48), DIGEST}
        assert server.paths == ["/a.png"]


async def test_fetches_at_once(make):
    """Pictures are fetched side by side, but never more than eight at a time."""
    now, most = 0, 0

    async def act(writer):
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.02)
        now -= 1
        writer.write(reply(PNG))
        await writer.drain()

    async with Loopback({f"/{n}": act for n in range(24)}) as server:
        media = make(allow_hosts=(server.place,))
        await asyncio.gather(*(media.digest(server.url(f"/{n}")) for n in range(24)))
    assert most == 8


async def test_private_host(make):
    """A picture of a host that is private or plain http is refused, unless the config names it; it is not asked."""
    async with Loopback({"/a.png": reply(PNG)}) as server:
        for url in (server.url("/a.png"), server.url("/a.png").replace("http:", "https:")):
            with pytest.raises(MediaError, match=r"^may not be fetched: .*allow_hosts"):
                await make(allow_hosts=("127.0.0.1:1",)).digest(url)
        assert not server.seen
        assert await make(allow_hosts=("127.0.0.1",)).digest(server.url("/a.png")) == DIGEST


async def test_private_host_by_redirect(make):
    """An allowed host does not vouch for where it sends us."""
    async with Loopback({"/a.png": reply(PNG)}) as inner, Loopback({"/": goto(inner.url("/a.png"))}) as server:
        with pytest.raises(MediaError, match=r"^may not be fetched: "):
            await make(allow_hosts=(server.place,)).digest(server.url())
        assert not inner.seen


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (reply(status=404), r"^cannot be fetched: http://127\.0\.0\.1:\d+/a answered 404$"),
        (then_cut(reply(PNG[:50], length=len(PNG))), "^cannot be fetched: "),
        (reply(b"x" * 2001), "2001 bytes, at most 2000 are taken"),
        (for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 500), "more than 2000 bytes"),
        (bomb(10_000), "more than 2000 bytes"),
        (reply(b"<html>not found</html>"), "no picture .*HTML"),
        (reply(PNG[:-40]), "cut off"),
        (reply(b""), "is empty"),
    ],
    ids=["404", "cut", "too large", "endless", "bomb", "page", "half a picture", "nothing"],
)
async def test_http_faults(make, answer, wanted):
    """Whatever a host serves in place of a picture is said; it is fetched once for all shots, and kept unsigned."""
    async with Loopback({"/a?sign=secret": answer}) as server:
        media = make(allow_hosts=(server.place,), max_bytes=2000)
        for _ in range(2):
            with pytest.raises(MediaError, match=wanted) as caught:
                await media.check(server.url("/a?sign=secret"))
        assert "secret" not in str(caught.value)
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("missing.png", "^is not there$"),
        ("folder", "^is a folder, not a file$"),
        ("a.png/b.png", "^is not there$"),
        ("x" * 300 + ".png", "^cannot be read: File name too long$"),
        ("nul\0.png", "^is not there$"),
        ("pipe", "^is a device or a pipe, not a file$"),
    ],
)
async def test_local_faults(make, tmp_path, png, name, wanted):
    """A path that is no file is said in words, whatever stands in the cell."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    media = make()
    for ask in (media.file, media.digest, media.check, media.check_video):
        with pytest.raises(MediaError, match=wanted):
            await ask(f"{tmp_path}/{name}")


@pytest.mark.parametrize("url", ["memory://nowhere/a.png", "memory://nowhere"])
async def test_store_faults(make, url):
    """An object that is missing from its store is not there."""
    with pytest.raises(MediaError, match=r"^is not there$"):
        await make().digest(url)


async def test_unknown_store(make):
    """A scheme that nobody knows is a fault of the row."""
    with pytest.raises(MediaError, match=r"^cannot be fetched: "):
        await make().digest("gopher://a/b.png")


async def test_store_too_large(make, tmp_path):
    """The limit holds for every store."""
    Store(f"memory:/{tmp_path}/board").write("a.png", PNG)
    with pytest.raises(MediaError, match="at most 100"):
        await make(max_bytes=100).digest(f"memory:/{tmp_path}/board/a.png")


async def test_local_too_large(make, png, monkeypatch):
    """A local file above the limit is not read into memory to find that out."""
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("read whole"))
    for ask in (lambda m: m.check(png), lambda m: m.make_frame(png, DIGEST, SMALL, "cover")):
        with pytest.raises(MediaError, match=f"^is {len(PNG)} bytes long; at most 100 are read$"):
            await ask(make(max_bytes=100))


async def test_local_file_goes_away(make, png):
    """A file that is deleted between two looks is a fault, no traceback."""
    media = make()
    await media.digest(png)
    unlink(png)
    with pytest.raises(MediaError, match=r"^is not there$"):
        await media.make_frame(png, DIGEST, SMALL, "cover")


@pytest.mark.parametrize(
    ("data", "limits", "wanted"),
    [
        (b"", {}, "is empty"),
        (b"%PDF-1.7", {}, "PDF"),
        (PNG[:-40], {}, "cut off"),
        (saved(quad(size=(8, 8)), "PNG"), {}, "is 8x8 pixels"),
        (PNG, {"max_pixels": 64 * 48 - 1}, "is 64x48 pixels"),
    ],
)
async def test_check_faults(make, tmp_path, data, limits, wanted):
    """A file that is no picture, a broken one, a tiny or a huge one is a fault, and never becomes a frame."""
    path = tmp_path / "a"
    path.write_bytes(data)
    media = make(**limits)
    with pytest.raises(MediaError, match=wanted):
        await media.check(str(path))


async def test_check_video(make, tmp_path):
    """A source clip is decoded; a picture is none."""
    path = tmp_path / "a.mp4"
    path.write_bytes(good())
    await make().check_video(str(path))
    path.write_bytes(good()[:-100])
    with pytest.raises(MediaError):
        await make().check_video(str(path))


# --- frames


async def test_frame(make, store, png):
    """The frame has the size asked for, and the target has it afterwards under the name that is given."""
    name, data = await make().frame(png, DIGEST, SMALL, "cover")
    assert name.startswith(f"frames/{frame_stem(DIGEST, SMALL, 'cover')}.")
    assert store.read(name) == data
    assert opened(data).size == (32, 18)


async def test_shots_share_a_frame(make, store, png, made):
    """Shots with one image and one size make one frame and write it once, however many ask at a time."""
    media = make()
    found = await asyncio.gather(*(media.frame(png, DIGEST, SMALL, "cover") for _ in range(12)))
    found.append(await media.frame(png, DIGEST, SMALL, "cover"))
    assert len(set(found)) == 1
    assert made == {SMALL: 1}
    before = store.asked["write"]
    await media.frame(png, DIGEST, SMALL, "cover")
    assert store.asked["write"] == before


async def test_frames_of_a_picture(make, store, png, made):
    """Every size, every fit and every picture has a frame of its own."""
    media, other = make(), Path(png).with_name("b.png")
    other.write_bytes(saved(quad(size=(48, 64)), "PNG"))
    asked = [(png, DIGEST, SMALL, "cover"), (png, DIGEST, TALL, "cover"), (png, DIGEST, SMALL, "contain")]
    asked.append((str(other), hashlib.sha256(other.read_bytes()).hexdigest(), SMALL, "cover"))
    names = [(await media.frame(*one))[0] for one in asked]
    assert len(set(names)) == 4 == len(store.names("frames"))
    assert made == {SMALL: 3, TALL: 1}


async def test_frame_at_target(make, store, png, made):
    """A frame that the target has is taken from there: its picture may be gone."""
    name, data = await make().frame(png, DIGEST, SMALL, "cover")
    unlink(png)
    for local in make().folder.iterdir():
        local.unlink()
    media = make()
    media.know(store.names("frames"))
    assert await media.frame(png, DIGEST, SMALL, "cover") == (name, data)
    assert (made, store.asked["write"]) == ({SMALL: 1}, 1)


async def test_frame_made_while_checking(make, store, png, made):
    """A frame made before the run is not made again when the target is read again under its lock."""
    media = make()
    name = await media.make_frame(png, DIGEST, SMALL, "cover")
    assert not store.names("frames")
    unlink(png)
    media.know([])
    assert (await media.frame(png, DIGEST, SMALL, "cover"))[0] == name
    assert made == {SMALL: 1}
    assert store.names("frames") == [name]


async def test_frame_gone_from_target(make, store, png, made):
    """A frame that somebody deletes from the target during the run is made again."""
    name, data = await make().frame(png, DIGEST, SMALL, "cover")
    for local in make().folder.iterdir():
        local.unlink()
    media = make()
    media.know(store.names("frames"))
    store.delete(name)
    assert await media.frame(png, DIGEST, SMALL, "cover") == (name, data)
    assert made == {SMALL: 2}
    assert store.read(name) == data


async def test_target_refuses_the_frame(make, store, png):
    """A target that cannot take the frame is a StoreError each time; once it can again, it gets it."""
    media, store.full_disk = make(), True
    for _ in range(2):
        with pytest.raises(StoreError):
            await media.frame(png, DIGEST, SMALL, "cover")
    store.full_disk = False
    name, data = await media.frame(png, DIGEST, SMALL, "cover")
    assert store.read(name) == data


async def test_frame_of_a_remote_picture(make):
    """A remote picture is fetched once for all its frames."""
    async with Loopback({"/a.png": reply(PNG)}) as server:
        media = make(allow_hosts=(server.place,))
        await asyncio.gather(*(media.frame(server.url("/a.png"), DIGEST, size, "blur") for size in (SMALL, TALL)))
        assert len(server.seen) == 1


async def test_know_other_names():
    """Only what lies below ``frames/`` is taken for a frame."""
    media = Media(Settings(Path("x.toml")), None, None, Path())
    media.know(["clips/a.mp4", "frames/a.b-32x18-cover.jpg"])
    assert media.at_target == {"frames/a.b-32x18-cover": "frames/a.b-32x18-cover.jpg"}


# --- clips


async def test_clip(make, store):
    """A clip of the target is brought here once, however many remixes start from it at a time."""
    store.write("clips/a.mp4", good())
    media = make()
    paths = await asyncio.gather(*(media.clip("clips/a.mp4") for _ in range(8)))
    assert len(set(paths)) == 1
    assert paths[0].read_bytes() == good()
    assert store.asked["get"] == 1


async def test_clip_missing(make, store):
    """A clip that is not there is said; once it is, it is had."""
    media = make()
    with pytest.raises(MediaError, match=r"^the source clip cannot be read: "):
        await media.clip("clips/a.mp4")
    store.write("clips/a.mp4", b"x")
    assert (await media.clip("clips/a.mp4")).read_bytes() == b"x"


@pytest.mark.parametrize("ask", ["check", "make_frame"])
async def test_a_file_that_says_nothing_of_its_length(make, ask):
    """A file of the kernel's, which says 0 bytes, is read up to the limit and no further."""
    media, path = make(max_bytes=100), "/proc/self/maps"
    with pytest.raises(MediaError, match="is more than the 100 bytes that are read"):
        await (media.check(path) if ask == "check" else media.make_frame(path, DIGEST, SMALL, "cover"))


async def test_a_file_without_end_is_not_hashed_for_ever(make, monkeypatch):
    """What is longer than any file may be is told instead of read to an end that it may not have."""
    monkeypatch.setattr("tasks.media.local_files.FILE_BYTES", 1_000_000)
    with pytest.raises(MediaError, match="is more than 1,000,000 bytes long"):
        await make().digest("/proc/self/pagemap")


@pytest.mark.parametrize("work", ["check", "normalise"])
async def test_pictures_at_once(make, png, monkeypatch, work):
    """Two pictures are decoded side by side at most: beside one that is, a second one takes the last place."""
    media, real, full = make(), getattr(images, work), []

    def watched(*arguments, **more):
        full.append(media.cores.locked())
        return real(*arguments, **more)

    monkeypatch.setattr(images, work, watched)
    async with media.cores:
        await (media.check(png) if work == "check" else media.make_frame(png, DIGEST, SMALL, "cover"))
    assert full == [True] and not media.cores.locked()


class Counted(io.BytesIO):
    """A file that keeps how far it was read."""

    read_to = 0

    def close(self):
        Counted.read_to = self.tell()
        super().close()


class Kernels(type(Path())):
    """A file of the kernel's: 0 bytes, it says, and it has many."""

    def stat(self):
        return Path(os.devnull).stat()

    def open(self, mode):
        return Counted(bytes(10_000))


def test_no_more_is_read_than_is_taken():
    """Of a file that does not say how long it is only as much is held as tells that it is too long."""
    with pytest.raises(MediaError, match="is more than the 100 bytes that are read"):
        read_file(Kernels("/proc/kernels"), 100)
    assert Counted.read_to == 101


async def test_pictures_of_the_board_itself(make):
    """A picture that a workbook holds is a file of this machine under its reference, whatever that looks like."""
    media, name = make(), "https://example.org/board.xlsx#xl/media/image1.png"
    media.unpack({name: b"the bytes"})
    assert await media.digest(name) == hashlib.sha256(b"the bytes").hexdigest()
    assert (await media.file(name)).parent == media.folder
