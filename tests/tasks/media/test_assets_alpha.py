"""Frames of pictures that are partly transparent: what they lie on is in their name, and old ones are not taken."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tasks.config.settings import ImageSettings, Settings
from tasks.domain.identity import frame_stem
from tasks.domain.shot import Size
from tasks.media import images
from tasks.media.assets import Media
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.tasks.pictures import K, near, opened, quad, saved

SMALL = Size(32, 24)
OLD = b"of 0.1"


def ink(colour):
    image = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((24, 16, 40, 32), fill=colour)
    return saved(image, "PNG")


DARK, LIGHT, OPAQUE = ink("black"), ink("white"), saved(quad([(*K, 255)] * 4, mode="RGBA"), "PNG")


@pytest.fixture
def store(tmp_path):
    return Store(f"memory:/{tmp_path}/target")


@pytest.fixture
async def make(tmp_path, store):
    """A Media with a scratch folder of its own each time, that knows what the target has."""
    http = Http()

    def made(**values):
        folder = tmp_path / f"scratch{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        media = Media(Settings(Path("x.toml"), images=ImageSettings(**values)), store, http, folder)
        media.know(store.names("frames"))
        return media

    yield made
    await http.close()


@pytest.fixture
def ask(tmp_path):
    """The frame of these bytes by that Media: its name without folder, digest and size, and its bytes."""

    async def frame(media, data):
        path = tmp_path / "a.png"
        path.write_bytes(data)
        name, found = await media.frame(str(path), hashlib.sha256(data).hexdigest(), SMALL, "contain")
        return name.removeprefix(stem(data)), found

    return frame


def stem(data):
    return f"frames/{frame_stem(hashlib.sha256(data).hexdigest(), SMALL, 'contain')}"


@pytest.mark.parametrize(
    ("data", "background", "tail"),
    [
        (DARK, "auto", "-white.jpg"),
        (LIGHT, "auto", "-black.jpg"),
        (DARK, "teal", "-teal.jpg"),
        (DARK, "#ff8800", "-ff8800.jpg"),
        (OPAQUE, "auto", ".jpg"),
        (OPAQUE, "teal", ".jpg"),
    ],
)
async def test_names(make, ask, store, data, background, tail):
    """A frame tells what its transparent parts lie on; one of an opaque picture is called as ever."""
    found, _ = await ask(make(background=background), data)
    assert found == tail and store.names("frames") == [stem(data) + tail]


@pytest.mark.parametrize("tail", [".jpg", ".png"])
async def test_a_black_frame_of_old_is_not_taken(make, ask, store, tail):
    """What lies at the target under the plain name was laid on black: a transparent picture gets a frame anew."""
    store.write(stem(DARK) + tail, OLD)
    found, data = await ask(make(), DARK)
    assert found == "-white.jpg" and near(opened(data).getpixel((1, 1)), (255, 255, 255))
    assert store.read(stem(DARK) + tail) == OLD


async def test_frames_of_old_stay_in_use(make, ask, store):
    """An opaque picture's frame that the target has is taken, with a channel for transparency or without."""
    for data in (OPAQUE, saved(quad(), "PNG"), saved(quad(), "JPEG")):
        store.write(f"{stem(data)}.jpg", OLD)
        assert await ask(make(background="teal"), data) == (".jpg", OLD)


async def test_a_frame_is_made_once(make, ask, store, monkeypatch):
    """The next run takes the frame with its ground; another background is another frame."""
    counts, real = Counter(), images.normalise

    def normalise(*rest, **options):
        counts[options["background"]] += 1
        return real(*rest, **options)

    monkeypatch.setattr(images, "normalise", normalise)
    for background in ("auto", "auto", "white", "black", "black", "auto"):
        await ask(make(background=background), DARK)
    assert counts == {"auto": 1, "black": 1}
    assert len(store.names("frames")) == 2


@pytest.mark.parametrize("tail", [".jpg", "-white.jpg", "-black.jpg"])
async def test_a_picture_that_is_gone(make, store, tmp_path, tail):
    """Where the picture cannot be looked at any more, the frame that was made of it is taken as it is."""
    store.write(stem(DARK) + tail, OLD)
    digest = hashlib.sha256(DARK).hexdigest()
    assert await make().frame(f"{tmp_path}/gone.png", digest, SMALL, "contain") == (stem(DARK) + tail, OLD)


async def test_a_frame_that_was_deleted(make, ask, store):
    """A frame with a ground that somebody deletes during the run is made again under its name."""
    await ask(make(), DARK)
    media = make()
    store.delete(f"{stem(DARK)}-white.jpg")
    assert (await ask(media, DARK))[0] == "-white.jpg"
    assert store.names("frames") == [f"{stem(DARK)}-white.jpg"]
