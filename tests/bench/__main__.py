"""``python -m tests.bench``: prints a table and writes ``bench.json``. Medians of three, the pair of a row in turns."""

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from PIL import Image

from tasks import animatic, images
from tasks.models import Model, Order, Route, Shot, Size

HD, SECONDS, ROUNDS = Size(1280, 720), 4, 3
STILL = Path(__file__).parents[2] / "data" / "images"


def timed(act: Callable[[], object]) -> float:
    """Seconds on the wall."""
    since = time.perf_counter()
    act()
    return time.perf_counter() - since


def order() -> Order:
    """Four seconds of camera move at 1280x720."""
    model = Model("animatic", "kenburns", ("image_to_video",), "built in", "2026-11-21", exact=True)
    shot = Shot("bench", 2, "", "slow push in", "image_to_video", Decimal(SECONDS), HD, "cover")
    return Order(shot, Route(model), Decimal(SECONDS), HD, shot.prompt)


def photograph() -> bytes:
    """12 megapixels of JPEG."""
    data = io.BytesIO()
    noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    Image.merge("RGB", [noise, noise.rotate(90).resize(noise.size), noise.rotate(180)]).save(data, "JPEG", quality=90)
    return data.getvalue()


def plain(photo: bytes) -> None:
    """What a short script does: open, resize, save."""
    with Image.open(io.BytesIO(photo)) as image:
        image.convert("RGB").resize((1280, 960), Image.Resampling.LANCZOS).crop((0, 120, 1280, 840)).save(
            io.BytesIO(), "JPEG", quality=92
        )


def animatic_row(folder: Path) -> dict[str, float | str]:
    """Two renders side by side, against the real time of what they make."""
    still, _ = images.normalise(next(STILL.glob("*.jpg")).read_bytes(), HD, "cover", max_pixels=10**8)

    def both() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda n: animatic.render(order(), folder / f"{n}.mp4", frame=still), range(2)))

    took = statistics.median(timed(both) for _ in range(ROUNDS))
    frames = 2 * SECONDS * animatic.RATE / took
    return {
        "row": "animatic, 1280x720",
        "ours": f"{frames:.0f} frames/s",
        "other": "24 (real time)",
        "ratio": frames / 24,
    }


def frames_row() -> dict[str, float | str]:
    """A 12 MP JPEG to a frame, against the short script."""
    photo = photograph()
    ours, other = [], []
    for _ in range(ROUNDS):
        other.append(timed(lambda: plain(photo)))
        ours.append(timed(lambda: images.normalise(photo, HD, "cover", max_pixels=10**8)))
    mine, theirs = statistics.median(ours), statistics.median(other)
    return {
        "row": "frame from 12 MP JPEG",
        "ours": f"{1 / mine:.1f} a second",
        "other": f"{1 / theirs:.1f} (Pillow, short script)",
        "ratio": theirs / mine,
    }


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [animatic_row(Path(folder)), frames_row()]
    for row in rows:
        print(f"{row['row']:24} {row['ours']:>18} {row['other']:>28} {row['ratio']:6.2f}x")
    Path("bench.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
