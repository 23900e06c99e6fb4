"""A video that is opened without decoding any of it, against one that ffmpeg looks into first."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tasks.media.opening import open_media

MADE: dict[str, tuple[str, str, dict[str, str]]] = {
    "B pictures": ("libx264", "yuv420p", {"bf": "3", "preset": "medium"}),
    "a pyramid of B pictures": ("libx264", "yuv420p", {"bf": "8", "x264-params": "b-pyramid=normal"}),
    "no B pictures": ("libx264", "yuv420p", {"bf": "0"}),
    "only whole pictures": ("libx264", "yuv420p", {"g": "1"}),
    "ten bits": ("libx264", "yuv420p10le", {}),
    "4:4:4": ("libx264", "yuv444p", {}),
    "HEVC": ("libx265", "yuv420p", {"x265-params": "log-level=none"}),
    "MPEG-4": ("mpeg4", "yuv420p", {}),
    "VP9": ("libvpx-vp9", "yuv420p", {}),
}


def film(path: Path, name: str, *, sound_first: bool = False) -> Path:
    codec, pixels, options = MADE[name]
    with av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=44_100, layout="stereo") if sound_first else None
        stream = out.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 96, pixels
        for n in range(30):
            picture = np.full((96, 128, 3), 8 * n, np.uint8)
            picture[:, 4 * n : 4 * n + 8] = 255 - 8 * n
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture).reformat(format=pixels)))
        out.mux(stream.encode(None))
        for n in range(50 if sound else 0):
            heard = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            heard.sample_rate, heard.pts = 44_100, 1024 * n
            out.mux(sound.encode(heard))
        out.mux(sound.encode(None) if sound else ())
    return path


def told(container: Any) -> list[Any]:
    """All that is asked of an open clip, and its pictures."""
    stream, heard = container.streams.video[0], [one.codec_context for one in container.streams.audio]
    codec = stream.codec_context
    facts = [codec.name, codec.width, codec.height, codec.profile, bytes(codec.extradata or b""), codec.has_b_frames]
    facts += [stream.average_rate, stream.duration, stream.frames, stream.time_base, stream.sample_aspect_ratio]
    facts += [(one.name, one.sample_rate, one.layout.name, one.profile, one.format.name) for one in heard]
    return facts + [(frame.pts, frame.format.name, frame.to_ndarray().tobytes()) for frame in container.decode(stream)]


@pytest.mark.parametrize("name", list(MADE))
def test_it_says_and_shows_what_it_does_otherwise(name: str, tmp_path: Path) -> None:
    """Codec, size, rate, length, header and every picture, in its order."""
    path = film(tmp_path / "a.mp4", name)
    with open_media(f"file:{path}", "mp4") as quick, av.open(str(path), "r", format="mp4") as slow:
        assert told(quick) == told(slow)


def test_sound_that_comes_first_is_as_well_known(tmp_path: Path) -> None:
    """The first stream is sound: that is opened as ever, from a file or by its name."""
    path = film(tmp_path / "a.mp4", "B pictures", sound_first=True)
    with av.open(str(path), "r", format="mp4") as slow:
        known = told(slow)
    assert any("stereo" in one for one in known if isinstance(one, tuple))
    with open_media(f"file:{path}", "mp4") as quick:
        assert told(quick) == known
    with path.open("rb") as file, open_media(file, "mp4") as quick:
        assert told(quick) == known


def test_no_picture_is_decoded_to_open_it(tmp_path: Path) -> None:
    """The format of H.264's pixels is not known yet, which is what the header alone does not tell."""
    path = film(tmp_path / "a.mp4", "no B pictures")
    with open_media(f"file:{path}", "mp4") as quick:
        assert quick.streams.video[0].codec_context.pix_fmt is None
