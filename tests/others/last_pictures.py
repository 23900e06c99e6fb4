"""ffmpeg's own decoder and the last picture of a clip: what another shot goes on from is what ffmpeg decodes last.

Run by `make others`, which installs ffmpeg where it is not there.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import av
import numpy as np

from tasks.media.last_picture import last_picture
from tests.tasks.endings import ENDINGS, HIGH, WIDE

SECONDS = 60
FRAME = WIDE * HIGH * 3 // 2  # bytes of a picture in yuv420p


def main() -> int:
    """How many clips end otherwise here than in ffmpeg."""
    _install()
    with tempfile.TemporaryDirectory() as folder:
        return sum(_differs(name, Path(folder) / str(n)) for n, name in enumerate(ENDINGS))


def _install() -> None:
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "ffmpeg"]
    for words in (["apt-get", "update", "-qq"], install) if shutil.which("ffmpeg") is None else ():
        subprocess.run(words, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=True)


def _differs(name: str, path: Path) -> bool:
    here, there = last_picture(ENDINGS[name](path)).digest, _decoded(path)
    print(f"ffmpeg, {name}: {'the same last picture' if here == there else f'ANOTHER: {here} here, {there} there'}")
    return here != there


def _decoded(path: Path) -> str:
    """The digest of the last picture that ffmpeg decodes: its planes are its own, their conversion to RGB is ours."""
    words = ["ffmpeg", "-v", "error", "-noautorotate", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    words += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    data = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=True).stdout
    planes = np.frombuffer(data[-FRAME:], np.uint8).reshape(HIGH * 3 // 2, WIDE)
    pixels = av.VideoFrame.from_ndarray(planes, format="yuv420p").to_ndarray(format="rgb24")
    return hashlib.sha256(np.asarray(pixels, np.uint8).tobytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
