"""Pictures and clips from strangers: bombs, lies, and what the worst of those that pass cost."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.flows import Ran, write_board
from tests.hostile import GIGABYTE, SAMPLES, weighed_code
from tests.tasks.clips import good
from tests.tasks.media.test_probe import fragmented, samples_without_end
from tests.tasks.pictures import quad, saved

Typed = Callable[..., Ran]
ZEROS = bytes(1 << 16)


def png(width: int, height: int, *, kind: int = 6, rows: int | None = None) -> bytes:
    """A real PNG of nothing (RGBA where ``kind`` is 6), packed as it is made; ``rows`` of them are there."""
    packer, parts = zlib.compressobj(9), []
    line = bytes(1 + width * {0: 1, 2: 3, 6: 4}[kind])
    for _ in range(height if rows is None else rows):
        parts.append(packer.compress(line))
    parts.append(packer.flush())
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", b"".join(parts)), (b"IEND", b"")]
    framed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def scans(count: int) -> bytes:
    """A progressive JPEG of 4000x4000 whose last scan comes again and again."""
    whole = saved(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * count + whole[-2:]


def polyglot() -> bytes:
    """A picture that is a web page and an archive as well."""
    return saved(quad(), "PNG") + b"<script>alert(1)</script>PK\x03\x04" + bytes(100)


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # name: file, bytes, what is told
    "38 bytes of WebP": ("a.webp", lambda: _sample("bomb.webp"), "is 10954x10954 pixels; at most 30,000,000 in all"),
    "4 kB of AVIF": ("a.avif", lambda: _sample("bomb.avif"), "is 12246x12246 pixels; at most 37,500,000 in all"),
    "4 kB of JPEG 2000": ("a.jp2", lambda: _sample("bomb.jp2"), "is 10000x10000 pixels; at most 25,000,000 in all"),
    "a PNG with alpha": ("a.png", lambda: png(10_000, 10_000, rows=1), "is 10000x10000 pixels; at most 60,000,000"),
    "a line": ("a.png", lambda: png(60_000, 1), "is 60000x1 pixels; each side needs at least 16"),
    "a dot": ("a.png", lambda: png(1, 1), "is 1x1 pixels; each side needs at least 16"),
    "a bomb by its header": ("a.png", lambda: png(65_535, 65_535, rows=1), "is 65535x65535 pixels; at most"),
    "a thousand scans": ("a.jpg", lambda: scans(1000), "is 4000x4000 pixels; at most 2,9"),
    "cut short": ("a.png", lambda: saved(quad(), "PNG")[:-40], "is cut off after"),
    "a page as a picture": ("a.png", lambda: b"<html><script>x</script>", "looks like HTML"),
    "a clip as a picture": ("a.png", good, "looks like a video"),
    "an archive": ("a.jpg", lambda: b"PK\x03\x04" + ZEROS, "looks like an archive"),
}
GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a JPEG called PNG": ("a.png", lambda: saved(quad(), "JPEG")),
    "a PNG called text": ("a.txt", lambda: saved(quad(), "PNG")),
    "a picture that is a page and an archive": ("a.png", polyglot),
    "10,000 frames": ("a.gif", lambda: saved(quad(), "GIF")[:-1] + b"\x2c" + b"\xff" * 60_000),
}


def _sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def _board(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    rows = [{"shot_id": "ok", "prompt": "a sail"}, {"shot_id": "bad", "prompt": "x", "image": name}]
    return write_board(folder / "board.csv", rows)


@pytest.mark.parametrize("name", BAD)
@pytest.mark.timeout(20)
def test_that_a_hostile_picture_is_one_fault_with_its_place(typed: Typed, tmp_path: Path, name: str) -> None:
    """Row, column, file and what would be right, exit 2, no traceback, no target."""
    file, make, right = BAD[name]
    ran = typed("render", _board(tmp_path, file, make()), "--to", tmp_path / "film", "--json")
    [fault] = ran.told["errors"]
    assert (ran.code, fault["row"], fault["shot_id"], fault["column"]) == (2, 3, "bad", "image")
    assert right in fault["message"] and fault["value"] == str(tmp_path / file)
    assert "Traceback" not in ran.err and not (tmp_path / "film").exists()


@pytest.mark.parametrize("name", GOOD)
def test_that_an_odd_picture_is_taken_for_what_it_is(typed: Typed, tmp_path: Path, name: str) -> None:
    """By its content and not its name, its first frame alone, and nothing that stands behind it."""
    file, make = GOOD[name]
    assert typed("plan", _board(tmp_path, file, make()), "--json").told["errors"] == []


READ = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tasks.media.images import check, normalise
from tasks.domain.shot import Size

def one(name):
    data = Path(name).read_bytes()
    check(data, max_bytes=64_000_000, max_pixels=100_000_000)
    normalise(data, Size(1280, 720), "blur", max_pixels=100_000_000)

with ThreadPoolExecutor(2) as pool:
    list(pool.map(one, [sys.argv[1]] * 2))
"""
LARGEST: dict[str, Callable[[], bytes]] = {
    "WebP": lambda: _sample("largest.webp"),
    "AVIF": lambda: _sample("largest.avif"),
    "JPEG 2000": lambda: _sample("largest.jp2"),
    "PNG with alpha": lambda: png(7745, 7745),
    "PNG without": lambda: png(10_000, 10_000, kind=2),
}


SELDOM = [pytest.param(kind, marks=pytest.mark.slow) for kind in LARGEST if kind != "WebP"]


@pytest.mark.parametrize("kind", ["WebP", *SELDOM])
def test_that_memory_is_bounded(tmp_path: Path, kind: str) -> None:
    """The largest picture of each kind that is read, twice at a time, costs less than a gigabyte."""
    (tmp_path / "picture").write_bytes(LARGEST[kind]())
    found = weighed_code(READ, tmp_path / "picture")
    print(f"{kind}: {found.peak / 1e6:.0f} MB")
    assert found.code == 0, found.err
    assert found.peak < GIGABYTE


PROBE = """
import sys
from pathlib import Path
from tasks.media import probe as video
from tasks.domain.errors import MediaError
try:
    print(video.probe(Path(sys.argv[1])))
except MediaError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["fragments", "samples"])
def test_that_a_header_that_lies_costs_nothing(tmp_path: Path, name: str) -> None:
    """Two kilobytes of mp4 that count fifty million samples are told at once, in the memory of any other clip."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(fragmented(tmp_path, 50_000_000) if name == "fragments" else samples_without_end(tmp_path))
    found = weighed_code(PROBE, path)
    assert "counts 50,000,000 samples" in found.out
    assert found.peak < GIGABYTE / 4


def test_that_the_largest_clip_fits(tmp_path: Path) -> None:
    """Pictures of 4096x2304, sixteen of which the decoder keeps, are measured in less than a gigabyte."""
    from tasks.domain.shot import Size
    from tests.tasks.clips import write

    path = write(tmp_path / "clip.mp4", colours=((0, 0, 0),) * 3, size=Size(4096, 2304))
    found = weighed_code(PROBE, path)
    assert found.out.startswith("Probe(width=4096, height=2304")
    assert found.peak < GIGABYTE
