"""Sound as samples: 48 kHz stereo, decoded from a file or kept in one of our own between two passes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from tasks.domain.errors import StoryreelError
from tasks.media.sounds import demuxer_of
from tasks.views.reel.beside import Piece
from tasks.views.reel.footage import BROKEN, open_clip

SOUND_RATE = 48_000
CHANNELS = 2
MOST_LATE = 60 * SOUND_RATE  # samples that sound is believed to begin after its picture

Samples = NDArray[np.float32]


class Spool:
    """A file of samples, written from its start and read from its start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("w+b")

    def write(self, samples: Samples) -> None:
        """Add samples, a row for each channel, at the end."""
        self.file.write(np.ascontiguousarray(samples.T).tobytes())

    def blocks(self, count: int) -> Iterator[Samples]:
        """All samples in blocks of so many, the last one shorter."""
        self.file.seek(0)
        while data := self.file.read(count * CHANNELS * 4):
            yield np.ascontiguousarray(np.frombuffer(data, np.float32).reshape(-1, CHANNELS).T)

    def clear(self) -> None:
        """Begin anew."""
        self.file.seek(0)
        self.file.truncate()

    def close(self) -> None:
        """Close the file and remove it."""
        self.file.close()
        self.path.unlink(missing_ok=True)


class Player:
    """One track of sounds that never overlap, read from the reel's start; silence where nothing lies.

    ``failed`` are the reasons of sounds that could not be read to their end.
    """

    def __init__(self, pieces: Sequence[Piece], failed: list[str]) -> None:
        self.failed = failed
        self.coming = _played(sorted(pieces, key=lambda one: one.start), failed)
        self.rest: Samples = silence(0)

    def read(self, count: int) -> Samples:
        """The next so many samples."""
        parts, have = [self.rest], self.rest.shape[1]
        while have < count:
            part = next(self.coming, silence(count - have))
            parts.append(part)
            have += part.shape[1]
        whole = np.concatenate(parts, axis=1)
        self.rest = whole[:, count:]
        return whole[:, :count]


def silence(count: int) -> Samples:
    """So many samples of nothing."""
    return np.zeros((CHANNELS, max(count, 0)), np.float32)


def clip_samples(path: Path) -> Iterator[Samples]:
    """A clip's sound, from the second of its first picture."""
    with open_clip(path) as (container, _):
        yield from _decoded(container, container.streams.audio[0])


def file_samples(path: Path) -> Iterator[Samples]:
    """The sound of a sound file."""
    with path.open("rb") as file:
        demuxer = demuxer_of(file.read(64))
        file.seek(0)
        with av.open(file, "r", format=demuxer) as container:
            yield from _decoded(container, container.streams.audio[0], late=False)


def _decoded(container: Any, stream: Any, *, late: bool = True) -> Iterator[Samples]:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
    begun = False
    for frame in container.decode(stream):
        if late and not begun:
            yield silence(min(max(round((frame.time or 0) * SOUND_RATE), 0), MOST_LATE))
        begun = True
        yield from (np.asarray(one.to_ndarray(), np.float32) for one in resampler.resample(frame))
    if begun:
        yield from (np.asarray(one.to_ndarray(), np.float32) for one in resampler.resample(None))


def _played(pieces: Sequence[Piece], failed: list[str]) -> Iterator[Samples]:
    """The pieces at their places, each as far as its file goes and the next one lets it."""
    at = 0
    for piece in pieces:
        start = max(round(piece.start * SOUND_RATE), at)
        stop = max(round((piece.start + piece.length) * SOUND_RATE), start)
        yield from _still(start - at)
        at = start
        try:
            with piece.open() as path:
                for heard in file_samples(path):
                    yield heard[:, : stop - at]
                    at += min(heard.shape[1], stop - at)
                    if at >= stop:
                        break
        except (*BROKEN, StoryreelError) as error:
            failed.append(f"{piece.track}: {error}")
        yield from _still(stop - at)
        at = stop


def _still(count: int) -> Iterator[Samples]:
    """Silence in pieces of a second at most."""
    for start in range(0, count, SOUND_RATE):
        yield silence(min(SOUND_RATE, count - start))
