"""What is sent under a digest is what has it: a file that changes between two looks is told, and stored nowhere."""

import asyncio
import hashlib
from pathlib import Path
from threading import Event, Thread

import pytest

from tasks.config.settings import ImageSettings, Settings
from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.media.assets import Media
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.tasks import clips
from tests.tasks.clips import good
from tests.tasks.loopback import Loopback, reply
from tests.tasks.pictures import B, R, near, opened, quad, saved

SMALL, TALL = Size(32, 18), Size(18, 32)
RED, BLUE = saved(quad([R] * 4), "PNG"), saved(quad([B] * 4, (96, 80)), "PNG")
CHANGED = "^changed while it was read"
ANOTHER = "^is no longer what it was when it was first ordered.*--rerender"


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def store(tmp_path):
    return Store(f"memory:/{tmp_path}/target")


@pytest.fixture
async def make(tmp_path, store):
    http, folder = Http(), tmp_path / "scratch"
    folder.mkdir()
    yield lambda **values: Media(Settings(Path("x.toml"), images=ImageSettings(**values)), store, http, folder)
    await http.close()


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(RED)
    return path


def swap(path, data):
    """Another file under the name at once, as an editor saves."""
    other = path.with_name("other")
    other.write_bytes(data)
    other.replace(path)


def overwrite(path, data):
    """Other bytes in the same file, as `cp` writes them."""
    path.write_bytes(data)


@pytest.mark.parametrize("change", [swap, overwrite])
async def test_a_picture_swapped_after_it_was_hashed(make, store, picture, change):
    """No frame of one picture under the digest of another, neither here nor at the target."""
    media = make()
    digest = await media.digest(str(picture))
    change(picture, BLUE)
    for _ in range(2):
        with pytest.raises(MediaError, match=CHANGED):
            await media.frame(str(picture), digest, SMALL, "cover")
    assert not store.names("frames") and not list(media.folder.iterdir())


async def test_a_picture_swapped_between_two_sizes(make, store, picture):
    """The frame that was made of the right bytes stands; the one of the others is refused."""
    media = make()
    digest = await media.digest(str(picture))
    name, _ = await media.frame(str(picture), digest, SMALL, "cover")
    swap(picture, BLUE)
    assert (await media.frame(str(picture), digest, SMALL, "cover"))[0] == name
    with pytest.raises(MediaError, match=CHANGED):
        await media.frame(str(picture), digest, TALL, "cover")
    assert store.names("frames") == [name]


async def test_a_picture_swapped_before_it_was_measured(make, picture):
    """What was measured is what was hashed; hashed again, the new one is measured for itself."""
    media = make()
    await media.digest(str(picture))
    assert await media.check(str(picture)) == (64, 48)
    swap(picture, BLUE)
    assert await media.digest(str(picture)) == digest_of(BLUE)
    assert await media.check(str(picture)) == (96, 80)
    swap(picture, RED)
    media.had.clear()
    with pytest.raises(MediaError, match=CHANGED):
        await media.check(str(picture))


async def test_one_picture_that_changed_is_no_fault_of_its_copy(make, picture):
    """Two rows with copies of one picture: the copy that stands gives the frame."""
    media, copy = make(), picture.with_name("b.png")
    copy.write_bytes(RED)
    digest = await media.digest(str(picture))
    swap(picture, BLUE)
    with pytest.raises(MediaError, match=CHANGED):
        await media.frame(str(picture), digest, SMALL, "cover")
    _, frame = await media.frame(str(copy), digest, SMALL, "cover")
    assert near(opened(frame).getpixel((16, 9)), R)


async def test_a_remote_picture_that_is_another_today(make, store):
    """An address keeps its first digest: what it serves today gets no frame under that name."""
    async with Loopback({"/a.png": reply(BLUE)}) as server:
        media = make(allow_hosts=(server.place,))
        for size in (SMALL, TALL):
            with pytest.raises(MediaError, match=ANOTHER):
                await media.frame(server.url("/a.png"), digest_of(RED), size, "cover")
        await media.check(server.url("/a.png"))
        assert len(server.seen) == 1
    assert not store.names("frames")


async def test_an_object_of_a_store_that_is_another_today(make, tmp_path, store):
    """The same of every store."""
    url = f"memory:/{tmp_path}/board/a.png"
    Store(f"memory:/{tmp_path}/board").write("a.png", BLUE)
    with pytest.raises(MediaError, match=ANOTHER):
        await make().frame(url, digest_of(RED), SMALL, "cover")
    assert not store.names("frames")


async def test_a_picture_that_flickers(make, store, picture):
    """While another program swaps the file all the time, whatever comes out carries its own colour."""
    over, wanted = Event(), {digest_of(RED): R, digest_of(BLUE): B}

    def flicker():
        while not over.is_set():
            for data in (BLUE, RED):
                swap(picture, data)

    thread = Thread(target=flicker)
    thread.start()
    try:
        for side in range(20, 60):
            media = make()
            digest = await media.digest(str(picture))
            try:
                _, frame = await media.frame(str(picture), digest, Size(side, 20), "cover")
            except MediaError as error:
                assert str(error).startswith("changed")
                continue
            assert near(opened(frame).getpixel((5, 5)), wanted[digest])
    finally:
        over.set()
        thread.join()


async def test_a_source_clip_swapped_before_it_was_looked_at(make, tmp_path):
    """A clip is probed as it was hashed."""
    path = tmp_path / "a.mp4"
    path.write_bytes(good())
    media = make()
    await media.digest(str(path))
    await media.check_video(str(path))
    clips.render(clips.order("card", "Another"), tmp_path / "other.mp4")
    (tmp_path / "other.mp4").replace(path)
    with pytest.raises(MediaError, match=CHANGED):
        await media.check_video(str(path))


async def test_a_source_clip_swapped_before_it_is_sent(make, tmp_path):
    """What is read to be sent, or to be drawn from, has the digest that stands in the order."""
    path = tmp_path / "a.mp4"
    path.write_bytes(good())
    media = make()
    digest = await media.digest(str(path))
    assert (await media.inline(str(path), digest)).startswith("data:video/mp4;base64,AAAA")
    assert await media.unchanged(str(path), digest) == path
    swap(path, good()[:-1] + b"!")
    for ask in (media.inline(str(path), digest), media.unchanged(str(path), digest)):
        with pytest.raises(MediaError, match=CHANGED):
            await ask
    swap(path, good())
    assert await asyncio.gather(media.unchanged(str(path), digest)) == [path]
