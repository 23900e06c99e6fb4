"""Drawn clips: clean ones of many kinds, and ones with a single fault of a known length. The same number gives the
same clip."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tasks.animatic.renderer import render
from tasks.domain.shot import Size
from tasks.media.looks.look import Sent
from tests.tasks.clips import order

Pictures = list[NDArray[np.uint8]]
WIDE, HIGH, RATE, SECONDS, HERTZ = 320, 180, 24, 5.0, 48_000
LENGTHS, FREQUENCIES, SHARES = (0.3, 1.0, 3.0), (3, 8, 12), (0.02, 0.06, 0.12)


@dataclass(frozen=True)
class Clip:
    """One clip of the corpus. ``fault`` is the word that it deserves, empty for a clean one; ``told`` says of what
    length, frequency or size. ``write`` makes the file and gives what was sent for it."""

    kind: str
    number: int
    fault: str
    told: str
    write: Callable[[Path], Sent] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.fault or 'clean'} {self.told or self.kind} {self.number}"


@lru_cache(maxsize=8)
def painting(number: int, dark: float = 1.0) -> Image.Image:
    """A picture with soft light, shapes with edges, and fine texture, twice as large as a clip."""
    random = np.random.default_rng(number)
    size = (2 * WIDE, 2 * HIGH)
    pixels = np.empty((size[1], size[0], 3), np.float32)
    for band in range(3):
        coarse = Image.fromarray(random.uniform(40, 215, (4, 6)).astype(np.float32))
        pixels[..., band] = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        x, y, r = random.integers(0, size[0]), random.integers(0, size[1]), random.integers(8, 70)
        colour = tuple(int(one) for one in random.integers(20, 240, 3))
        box = (int(x - r), int(y - r), int(x + r), int(y + r // 2))
        (draw.rectangle if random.random() < 0.5 else draw.ellipse)(box, fill=colour)
    textured = np.asarray(image, np.float32) + random.normal(0, 5, (size[1], size[0], 1))
    return Image.fromarray(np.clip(textured * dark, 0, 255).astype(np.uint8))


def seen(image: Image.Image, x: float, y: float, zoom: float) -> NDArray[np.uint8]:
    """What a camera at a place (0 to 1) sees of a picture, at a zoom from 1 (all of it) on."""
    wide, high = image.width / zoom, image.height / zoom
    left, top = (image.width - wide) * x, (image.height - high) * y
    box = (left, top, left + wide, top + high)
    return np.asarray(image.resize((WIDE, HIGH), Image.Resampling.BILINEAR, box=box), np.uint8)


def moving(number: int, rate: int = RATE, seconds: float = SECONDS, dark: float = 1.0, speed: float = 1.0) -> Pictures:
    """A camera that moves over a picture, by another way for each number."""
    return list(_moved(number, rate, seconds, dark, speed))


@lru_cache(maxsize=4)  # the same way serves several faults; 20 MB each
def _moved(number: int, rate: int, seconds: float, dark: float, speed: float) -> tuple[NDArray[np.uint8], ...]:
    random, image = np.random.default_rng(number + 1000), painting(number, dark)
    count = round(rate * seconds)
    (x0, y0), zoom0 = random.uniform(0.1, 0.4, 2), random.uniform(1.2, 1.5)
    across, down, nearer = (
        random.uniform(0.3, 0.5) * speed,
        random.uniform(0, 0.4) * speed,
        random.uniform(0, 0.4) * speed,
    )
    ways = [at / max(count - 1, 1) for at in range(count)]
    return tuple(seen(image, x0 + across * w, y0 + down * w, zoom0 + nearer * w) for w in ways)


def fades(number: int) -> Pictures:
    pictures = moving(number)
    random = np.random.default_rng(number)
    steps, held = int(random.integers(8, 24)), int(random.integers(0, 9))
    gains = np.ones(len(pictures))
    ramp = np.concatenate([np.zeros(held), np.linspace(0, 1, steps)])
    which = number % 3
    if which in (0, 2):
        gains[: len(ramp)] = ramp
    if which in (1, 2):
        gains[len(gains) - len(ramp) :] = ramp[::-1]
    return [(one * gain).astype(np.uint8) for one, gain in zip(pictures, gains, strict=True)]


def lightning(number: int) -> Pictures:
    random = np.random.default_rng(number)
    pictures = moving(number, dark=0.3)
    at, flashes = int(random.integers(20, 60)), int(random.integers(1, 4))
    for _ in range(flashes):
        height = random.uniform(60, 190)
        for after in range(int(random.integers(2, 5))):
            if at + after < len(pictures):
                lit = pictures[at + after].astype(np.float32) * (1 + height / 60) + height * 0.6**after
                pictures[at + after] = np.clip(lit, 0, 255).astype(np.uint8)
        at += int(random.integers(4, 14))
    return pictures


def night(number: int) -> Pictures:
    """A scene that is nearly black: a few lights, a silhouette, noise of a sensor."""
    random = np.random.default_rng(number)
    pictures = moving(number, dark=0.12)
    return [np.clip(one + 6 + random.normal(0, 1.5, one.shape), 0, 255).astype(np.uint8) for one in pictures]


def title(number: int) -> Pictures:
    """Letters on a dark ground, slowly coming nearer."""
    ground = (0, 0, 0) if number % 2 else (24, 20, 18)
    card = Image.new("RGB", (2 * WIDE, 2 * HIGH), ground)
    draw = ImageDraw.Draw(card)
    words = ("THE LIGHTHOUSE", "Chapter two", "A long, long way home", "FIN")[number % 4]
    draw.text((WIDE, HIGH), words, font=ImageFont.load_default(56), fill=(240, 236, 224), anchor="mm")
    draw.text(
        (WIDE, HIGH + 70), "a film in five parts", font=ImageFont.load_default(28), fill=(150, 140, 130), anchor="mm"
    )
    count = round(RATE * SECONDS)
    return [seen(card, 0.5, 0.5, 1 + 0.12 * at / count) for at in range(count)]


def grain(number: int) -> Pictures:
    random = np.random.default_rng(number)
    base = moving(number, speed=0.02)
    return [np.clip(one + random.normal(0, 9, (*one.shape[:2], 1)), 0, 255).astype(np.uint8) for one in base]


def slow(number: int) -> Pictures:
    return moving(number, speed=0.12)


def person(number: int) -> Pictures:
    """A still camera before which only one small thing moves, without rest."""
    still = seen(painting(number), 0.5, 0.5, 1.3)
    found = []
    for at in range(round(RATE * SECONDS)):
        image = Image.fromarray(still)
        x, y = 160 + 30 * np.sin(at / 6), 90 + 14 * np.cos(at / 4.1)
        ImageDraw.Draw(image).ellipse((x - 14, y - 18, x + 14, y + 18), fill=(205, 170, 150))
        found.append(np.asarray(image, np.uint8))
    return found


def drawn_on_twos(number: int) -> Pictures:
    every = 2 + number % 3
    pictures = moving(number)
    return [pictures[at // every * every] for at in range(len(pictures))]


def whip(number: int) -> Pictures:
    image, count = painting(number), round(RATE * SECONDS)
    where = [float(np.clip((at - 50) / 7, 0, 1)) * 0.8 + 0.001 * at for at in range(count)]
    sharp = [seen(image, 0.05 + x * 0.9, 0.5, 1.6) for x in where]
    sharp[50:58] = [
        np.mean([seen(image, 0.05 + (x + (0.11 * k / 4)) * 0.9, 0.5, 1.6) for k in range(4)], axis=0).astype(np.uint8)
        for x in where[50:58]
    ]
    return sharp


CLEAN: dict[str, Callable[[int], Pictures]] = {
    "camera move": moving,
    "fade": fades,
    "lightning": lightning,
    "dark scene": night,
    "title": title,
    "grain": grain,
    "slow motion": slow,
    "small movement": person,
    "drawn on twos": drawn_on_twos,
    "quick pan": whip,
}
RATES = (8, 12, 25, 30, 60)


def voice(number: int, seconds: float = SECONDS, loud: float = 0.35) -> NDArray[np.float32]:
    """Words with their pauses, over a faint room."""
    random = np.random.default_rng(number)
    count = round(HERTZ * seconds)
    waves, at = random.normal(0, 0.0008, count), 0
    while at < count:
        length = int(random.uniform(0.15, 0.6) * HERTZ)
        t = np.arange(min(length, count - at)) / HERTZ
        pitch = random.uniform(110, 260)
        shape = np.minimum(t / 0.03, 1) * np.exp(-t / 0.2)
        waves[at : at + len(t)] += (
            loud * shape * (np.sin(2 * np.pi * pitch * t) + 0.4 * np.sin(4.1 * np.pi * pitch * t))
        )
        at += length + int(random.uniform(0.05, 0.5) * HERTZ)
    return waves.astype(np.float32)


def humming(number: int, seconds: float = SECONDS, loud: float = 0.3) -> NDArray[np.float32]:
    """A sound without a pause."""
    t = np.arange(round(HERTZ * seconds)) / HERTZ
    return (loud * np.sin(2 * np.pi * (200 + 10 * number) * t) * (0.8 + 0.2 * np.sin(7 * t))).astype(np.float32)


def encode(
    path: Path,
    pictures: Pictures,
    rate: int = RATE,
    waves: NDArray[np.float32] | None = None,
    options: dict[str, str] | None = None,
) -> None:
    """Write a clip as gateways do: H.264 in 4:2:0, sound as AAC."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=rate, options=options or {"preset": "veryfast", "crf": "23"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        track: Any = out.add_stream("aac", rate=HERTZ, layout="mono") if waves is not None else None
        for at, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if waves is not None:
            for at in range(0, len(waves) - 1023, 1024):
                sound = av.AudioFrame.from_ndarray(waves[None, at : at + 1024], format="fltp", layout="mono")
                sound.sample_rate, sound.pts, sound.time_base = HERTZ, at, Fraction(1, HERTZ)
                out.mux(track.encode(sound))
            out.mux(track.encode())


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def detailed(path: Path) -> Path:
    """Five seconds of 1280x720 at 24 a second and 8 Mbit/s, with sound: fine texture that moves, under grain."""
    random = np.random.default_rng(5)
    texture = Image.fromarray(random.integers(0, 256, (900, 1600), dtype=np.uint8)).resize((1600, 900))
    picture = np.asarray(texture.filter(ImageFilter.GaussianBlur(1.5)), np.float32) * 4 - 384
    pictures = [
        np.repeat(
            np.clip(
                picture[at // 2 : at // 2 + 720, 2 * at : 2 * at + 1280] + random.normal(0, 4, (720, 1280)), 0, 255
            ).astype(np.uint8)[..., None],
            3,
            axis=2,
        )
        for at in range(120)
    ]
    options = {"preset": "veryfast", "x264-params": "nal-hrd=cbr:vbv-maxrate=8000:vbv-bufsize=8000", "b": "8000000"}
    encode(path, pictures, waves=voice(5), options=options)
    return path


def _spots(number: int, count: int) -> slice:
    """Where a fault of so many pictures lies: at the start, in the middle or at the end."""
    at = (0, 37, round(RATE * SECONDS) - count)[number % 3]
    return slice(at, at + count)


def blacked(number: int, seconds: float) -> Pictures:
    pictures, spot = moving(number), _spots(number, round(seconds * RATE))
    pictures[spot] = [np.zeros_like(pictures[0])] * (spot.stop - spot.start)
    return pictures


def halted(number: int, seconds: float) -> Pictures:
    pictures, spot = moving(number), _spots(number, round(seconds * RATE))
    pictures[spot] = [pictures[spot.start]] * (spot.stop - spot.start)
    return pictures


def interrupted(number: int, seconds: float) -> Pictures:
    pictures, spot = moving(number), _spots(number, round(seconds * RATE))
    pictures[spot] = moving(number + 77)[spot]
    return pictures


def strobed(number: int, seconds: float, hertz: int) -> Pictures:
    pictures, spot = moving(number), _spots(number, round(seconds * RATE))
    for at in range(spot.start, spot.stop):
        if (at - spot.start) * hertz / RATE % 1 >= 0.5:
            pictures[at] = (pictures[at] * 0.45).astype(np.uint8)
    return pictures


def barred(number: int, share: float) -> Pictures:
    pictures = []
    for one in moving(number):
        framed = one.copy()
        wide, high = round(share * WIDE), round(share * HIGH)
        if number % 2:
            framed[:high], framed[HIGH - high :] = 0, 0
        else:
            framed[:, :wide], framed[:, WIDE - wide :] = 0, 0
        pictures.append(framed)
    return pictures


def _hole(number: int, seconds: float) -> NDArray[np.float32]:
    waves, length = humming(number), round(seconds * HERTZ)
    at = (0, HERTZ, len(waves) - length)[number % 3]
    waves[at : at + length] = 0
    return waves


def _cut_waves(number: int, seconds: float) -> NDArray[np.float32]:
    waves, length = humming(number), round(seconds * HERTZ)
    waves[HERTZ : HERTZ + length] = np.clip(waves[HERTZ : HERTZ + length] * 8, -1, 1)
    return waves


def _file(
    pictures: Callable[[], Pictures], waves: Callable[[], Any] = lambda: None, rate: int = RATE
) -> Callable[[Path], Sent]:
    def write(path: Path) -> Sent:
        sound, shown = waves(), pictures()
        encode(path, shown, rate, sound)
        return Sent(sound=sound is not None)

    return write


def _from_picture(
    number: int, sent: Callable[[Pictures], NDArray[np.uint8]], last: bool = False
) -> Callable[[Path], Sent]:
    def write(path: Path) -> Sent:
        pictures = moving(number)
        encode(path, pictures)
        picture = jpeg(sent(pictures))
        return Sent(last=picture) if last else Sent(first=picture)

    return write


def _cropped(pictures: Pictures, at: int = 0) -> NDArray[np.uint8]:
    """A picture of which the clip shows a little less, at another size, with other light."""
    image = Image.fromarray(pictures[at])
    larger = Image.new("RGB", (340, 190), image.resize((1, 1)).getpixel((0, 0)))
    larger.paste(image, (10, 5))
    return np.clip(np.asarray(larger.resize((1280, 720))) * 0.95 + 6, 0, 255).astype(np.uint8)


def _drawn(name: str, prompt: str) -> Callable[[Path], Sent]:
    def write(path: Path) -> Sent:
        render(order(name, prompt, "3", Size(WIDE, HIGH)), path, frame=jpeg(np.asarray(painting(len(prompt)))))
        return Sent()

    return write


def clean(count: int) -> Iterator[Clip]:
    """So many clean clips, of every kind in turn."""
    made = (clip for number in range(count) for clip in _clean_of(number))
    for _, clip in zip(range(count), made, strict=False):
        yield clip


def _clean_of(number: int) -> Iterator[Clip]:
    for kind, draw in CLEAN.items():
        waves = (lambda: voice(number)) if number % 2 else (lambda: None)
        yield Clip(kind, number, "", "", _file(lambda draw=draw: draw(number), waves))  # type: ignore[misc]
    rate = RATES[number % len(RATES)]
    yield Clip(f"{rate} a second", number, "", "", _file(lambda: moving(number, rate), rate=rate))
    prompt = ("push in", "pan left", "tilt up", "pull back", "crane down")[number % 5]
    yield Clip("animatic", number, "", "", _drawn("kenburns", f"{prompt} {'slowly ' * (number // 5)}"))
    yield Clip("title card", number, "", "", _drawn("card", f"A lighthouse at dawn, {prompt} {number}"))
    yield Clip("from a picture", number, "", "", _from_picture(number, _cropped))
    yield Clip("to a picture", number, "", "", _from_picture(number, lambda shown: _cropped(shown, -1), last=True))


def faulty(each: int) -> Iterator[Clip]:
    """So many clips of each fault in each length, frequency and size."""
    makers: dict[str, Callable[[int, float], Callable[[Path], Sent]]] = {
        "black": lambda n, s: _file(lambda: blacked(n, s)),
        "frozen": lambda n, s: _file(lambda: halted(n, s)),
        "cut inside": lambda n, s: _file(lambda: interrupted(n, s)),
        "silent": lambda n, s: _file(lambda: moving(n), lambda: _hole(n, s)),
        "clipping": lambda n, s: _file(lambda: moving(n), lambda: _cut_waves(n, s)),
    }
    for (fault, make), seconds, number in product(makers.items(), LENGTHS, range(each)):
        yield Clip("", number, fault, f"{seconds:g} s", make(number, seconds))
    for hertz, seconds, number in product(FREQUENCIES, LENGTHS, range(each)):
        told = f"{hertz} Hz, {seconds:g} s"
        yield Clip("", number, "strobing", told, _file(lambda n=number, s=seconds, h=hertz: strobed(n, s, h)))  # type: ignore[misc]
    for share, number in product(SHARES, range(each)):
        yield Clip("", number, "bars", f"{share * 100:g} %", _file(lambda n=number, s=share: barred(n, s)))  # type: ignore[misc]
    for number in range(3 * each):
        other = _from_picture(number, lambda _, n=number: moving(n + 500)[0])  # type: ignore[misc]
        yield Clip("", number, "off the reference", "the first", other)
