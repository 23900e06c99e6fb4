"""What a sound file is: told by its bytes, whatever its name says."""

import contextlib
from pathlib import Path

import pytest

from tasks.domain.errors import MediaError
from tasks.media import sounds
from tests.tasks.sounds import tone, write_sound

KINDS = [
    *[("a.wav", "pcm_s16le", 48_000), ("a.mp3", "mp3", 44_100), ("a.m4a", "aac", 48_000), ("a.flac", "flac", 44_100)],
    *[("a.ogg", "libopus", 48_000), ("a.opus", "libopus", 48_000), ("a.aiff", "pcm_s16be", 22_050)],
    ("a.aac", "aac", 48_000),
]


@pytest.mark.parametrize(("name", "codec", "rate"), KINDS)
def test_its_length_is_that_of_its_packets(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    """Within what a coder adds at its ends, in seconds."""
    path = write_sound(tmp_path / name, tone(440, 1.5, rate), rate, codec=codec)
    assert abs(float(sounds.examine_sound(path).seconds) - 1.5) < 0.1 and sounds.examine_sound(path)[1:] == (1, rate)


def test_its_bytes_tell(tmp_path: Path) -> None:
    """An MP3 that is called a WAV is read as what it is."""
    path = write_sound(tmp_path / "a.mp3", tone(440, 1.0, 44_100), 44_100, codec="mp3")
    assert abs(float(sounds.examine_sound(path.rename(tmp_path / "b.wav")).seconds) - 1) < 0.1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no sound"),
        (b"<html>not found</html>", "no sound"),
        (b"RIFF\x00\x00\x00\x00WAVE", "cannot be decoded|holds no sound"),
        (b"ID3" + bytes(200), "cannot be decoded|holds no sound"),
        (b"OggS" + bytes(200), "cannot be decoded|holds no sound"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(8), "mp4"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "no sound"),
    ],
)
def test_what_is_no_sound(tmp_path: Path, data: bytes, words: str) -> None:
    """It is told as what it is; nothing is read that it names."""
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(MediaError, match=words):
        sounds.examine_sound(tmp_path / "a.wav")


def test_one_that_is_too_large(tmp_path: Path) -> None:
    """It is refused by its size, before it is opened."""
    path = tmp_path / "a.wav"
    with path.open("wb") as file, contextlib.suppress(OSError):
        file.truncate(sounds.MOST_BYTES + 1)
    with pytest.raises(MediaError, match="256,000,000"):
        sounds.examine_sound(path)
