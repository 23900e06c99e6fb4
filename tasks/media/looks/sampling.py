"""A clip's pictures and sound in small: what every look is taken from. One walk through the file, each picture once."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from tasks.media import containers
from tasks.media import probe as video

Plane: TypeAlias = NDArray[np.uint8]
Numbers: TypeAlias = NDArray[np.float32]

MOST_PICTURES = 1_500  # of a clip: what comes after is not looked at
MOST_SECONDS = 60.0  # for one look
ROWS, COLUMNS = 9, 16  # cells in which light and movement are measured
SIDE = 240  # samples along the shorter side
BEGINS_S = 0.5  # how long the first picture may take to come
THUMB = 64  # samples along each side of a picture that is compared
HEAVY = 1_000_000  # bytes from which on a clip is decoded on two threads: small pictures cost less than a second one
TOP = 0.9  # of the height of a wave: a sine is above it for 29 % of its time
EDGES_EVERY_S = 0.2  # the edges do not move
PLAIN = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
FULL_RANGE = 2
SUM_FITS = 257  # samples of 8 bits whose sum 16 bits hold


@dataclass(frozen=True, slots=True)
class Scale:
    """What the steps of a picture's samples mean: ``darkest`` is light 0, and each step from there is ``gain``."""

    darkest: float = 0.0
    gain: float = 1.0

    def sample_of(self, light: float) -> float:
        """The sample that shows so much light, 0 to 255."""
        return self.darkest + light / self.gain

    def light_of(self, samples: Numbers) -> Numbers:
        """The light of means of samples, 0 to 255."""
        light: Numbers = np.clip((samples - np.float32(self.darkest)) * np.float32(self.gain), 0, 255)
        return light


WIDE, NARROW = Scale(), Scale(16.0, 255 / 219)  # all steps of 8 bits, and those that video uses


@dataclass(frozen=True, slots=True)
class Edges:
    """Of each row and column of a picture, which share of its samples is lit."""

    rows: Numbers
    columns: Numbers


@dataclass(slots=True)
class Sound:
    """Loudness by the packets of a track: when (seconds), root mean square and share of samples at the top of the
    waves, 0 where that is not at full scale."""

    times: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    clipped: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Samples:
    """What was seen and heard, by picture: ``times`` in seconds, ``dark`` the share of black samples, ``cells`` the
    light of each cell, ``moved`` and ``stirred`` the mean difference from the picture before, over all and in the cell
    that changed most. ``still`` are runs of pictures, first and last, that repeat the first; ``keys`` the pictures that
    are coded for themselves. ``sound`` is None without a track."""

    times: list[float] = field(default_factory=list)
    dark: list[float] = field(default_factory=list)
    cells: list[Numbers] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    stirred: list[float] = field(default_factory=list)
    still: list[tuple[int, int]] = field(default_factory=list)
    drawings: list[Numbers] = field(default_factory=list)
    keys: set[int] = field(default_factory=set)
    edges: list[Edges] = field(default_factory=list)
    firsts: list[Plane] = field(default_factory=list)
    last: Plane | None = None
    sound: Sound | None = None

    @property
    def light(self) -> Numbers:
        """The mean light of each picture, 0 to 255."""
        return np.asarray([one.mean() for one in self.cells], np.float32)

    @property
    def pace(self) -> float:
        """Seconds from one picture to the next."""
        return (self.times[-1] - self.times[0]) / (len(self.times) - 1) if len(self.times) > 1 else 1 / 24

    def seconds(self, first: int, last: int) -> float:
        """How long these pictures are seen, the last one too."""
        return self.times[last] - self.times[first] + self.pace


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one walk: light up to ``black`` is black, cells that differ by less than ``still`` stand still, samples from
    ``full`` on are at full scale."""

    black: float
    still: float
    full: float


def sample(path: Path, bounds: Bounds, *, compare: bool, over: Callable[[], bool] = lambda: False) -> Samples:
    """What is seen and heard in a clip, up to where it decodes. ``compare`` keeps its first pictures and its last, and
    ``over`` ends the walk.

    Raises ``MediaError`` when it cannot be opened.
    """
    demuxer = containers.DEMUXERS.get(video.check_boxes(path), "mp4")
    with video.AT_ONCE, video.open_clip(path, demuxer) as (container, stream):
        codec, sounds = stream.codec_context, container.streams.audio[:1]
        codec.options = {**codec.options, "skip_loop_filter": "all"}  # a fifth of the time, for what no look can see
        codec.thread_count, stream.thread_type = 1 + (path.stat().st_size >= HEAVY), "AUTO"
        samples = Samples(sound=Sound() if sounds else None)
        walk = _Walk(samples, bounds, compare)
        for frame in _until_broken(container.decode(stream, *sounds)):
            if isinstance(frame, av.VideoFrame):
                walk.see(frame)
            else:
                walk.hear(frame)
            if over() or len(samples.times) >= MOST_PICTURES:
                break
        walk.end()
        return samples


def _until_broken(frames: Iterable[Any]) -> Iterator[Any]:
    """The frames as long as they decode and there is time."""
    until = time.monotonic() + MOST_SECONDS
    try:
        for frame in frames:
            yield frame
            if time.monotonic() > until:
                return
    except (av.FFmpegError, ValueError, ArithmeticError):
        return


class _Walk:
    """One walk through a clip."""

    def __init__(self, samples: Samples, bounds: Bounds, compare: bool) -> None:
        self.samples, self.bounds, self.compare = samples, bounds, compare
        self.before: Plane | None = None
        self.anchor: Plane | None = None  # with which the newest still run began, at picture ``since``
        self.since, self.edges_at = 0, -1.0
        self.newest: av.VideoFrame | None = None

    def see(self, frame: av.VideoFrame) -> None:
        """Take in one picture. One of another size than those before is left out."""
        light, scale = light_of(frame), _scale(frame)
        plane = _thinned(light)
        if self.before is not None and plane.shape != self.before.shape:
            return
        samples, now = self.samples, float(frame.time or 0.0)
        samples.times.append(now)
        if frame.key_frame:
            samples.keys.add(len(samples.times) - 1)
        samples.dark.append(np.count_nonzero(plane <= int(scale.sample_of(self.bounds.black))) / plane.size)
        samples.drawings.append(scale.light_of(_means(plane, 2 * ROWS, 2 * COLUMNS)))
        samples.cells.append(_means(samples.drawings[-1], ROWS, COLUMNS))
        self._compare(plane, scale.gain)
        if now >= self.edges_at:
            samples.edges.append(edges_of(light, self.bounds.black, scale))
            self.edges_at = now + EDGES_EVERY_S
        if self.compare:
            self.newest = frame
            if now - samples.times[0] <= BEGINS_S and samples.dark[-1] < 0.9 and len(samples.firsts) < 4:
                samples.firsts.append(thumb(frame))

    def _compare(self, plane: Plane, gain: float) -> None:
        """Note how far the picture is from the one before, and from the one that a still run began with."""
        samples, number = self.samples, len(self.samples.times) - 1
        apart = _apart(plane, self.before, gain) if self.before is not None else np.zeros((1, 1), np.float32)
        samples.moved.append(float(apart.mean()))
        samples.stirred.append(float(apart.max()))
        self.before = plane
        if self.anchor is not None and samples.stirred[-1] <= 2 * self.bounds.still:
            far = apart if number - self.since == 1 else _apart(plane, self.anchor, gain)
            if float(far.max()) <= self.bounds.still:
                return
        self._rest(number)
        self.anchor, self.since = plane, number

    def _rest(self, number: int) -> None:
        if number - self.since > 1:
            self.samples.still.append((self.since, number - 1))

    def hear(self, frame: av.AudioFrame) -> None:
        """Take in one packet of sound."""
        sound, waves = self.samples.sound, np.asarray(frame.to_ndarray())
        if sound is None or not waves.size:
            return
        whole = 2.0 ** (8 * waves.dtype.itemsize - 1) if waves.dtype.kind == "i" else 1.0
        line = waves.ravel().astype(np.float32, copy=False) / np.float32(whole)
        sound.times.append(float(frame.time or 0.0))
        sound.levels.append(float(np.vdot(line, line) / line.size) ** 0.5)
        sound.clipped.append(_flat(line, self.bounds.full))

    def end(self) -> None:
        """Note what only the end tells."""
        self._rest(len(self.samples.times))
        if self.newest is not None:
            self.samples.last = thumb(self.newest)


def _flat(line: Numbers, full: float) -> float:
    """Which share of the samples lies at the top of the waves, where that is at full scale. Not the highest sample: an
    encoder bends a straight top, and lets it ring."""
    if max(float(line.max()), -float(line.min())) < full:
        return 0.0
    loud = np.abs(line)
    at = round(0.98 * (loud.size - 1))
    top = float(np.partition(loud, at)[at])
    return float((loud >= TOP * top).mean()) if top >= full else 0.0


def light_of(frame: av.VideoFrame) -> Plane:
    """The light of a picture in full size, in the steps that `_scale` tells."""
    if frame.format.name not in PLAIN:
        return np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
    plane = frame.planes[0]
    light: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return light[: frame.height, : frame.width]


def _scale(frame: av.VideoFrame) -> Scale:
    wide = frame.color_range == FULL_RANGE or frame.format.name.startswith(("yuvj", "gray"))
    return WIDE if wide or frame.format.name not in PLAIN else NARROW


def _thinned(light: Plane) -> Plane:
    """Every so many samples of a picture, without those that make no whole cell."""
    step = max(min(light.shape) // SIDE, 1)
    thin = light[step // 2 :: step, step // 2 :: step]
    rows, columns = (side // cells * cells or side for side, cells in zip(thin.shape, (18, 32), strict=True))
    return np.ascontiguousarray(thin[:rows, :columns])


def _means(plane: Plane | Numbers, rows: int, columns: int) -> Numbers:
    """The mean of each cell. Whole lines are added up first: that is seven times as fast as the mean of each block."""
    rows, columns = (
        cells if side % cells == 0 else 1 for side, cells in zip(plane.shape, (rows, columns), strict=True)
    )
    high, wide = plane.shape[0] // rows, plane.shape[1] // columns
    held = np.float32 if plane.dtype == np.float32 else np.uint16 if high <= SUM_FITS else np.uint32
    lines = np.add.reduce(plane.reshape(rows, high, -1), axis=1, dtype=held)
    return np.asarray(lines.reshape(rows, columns, wide).sum(2) / (high * wide), np.float32)


def _apart(one: Plane, other: Plane, gain: float) -> Numbers:
    """By how much light two pictures differ, in each cell."""
    return _means(np.maximum(one, other) - np.minimum(one, other), ROWS, COLUMNS) * np.float32(gain)


def edges_of(light: Plane, black: float, scale: Scale = WIDE) -> Edges:
    """The lit share of each row and column, from every eighth sample across."""
    across = max(light.shape[1] // 160, 1), max(light.shape[0] // 90, 1)
    most = int(scale.sample_of(black))
    rows, columns = light[:, :: across[0]] > most, light[:: across[1]] > most
    return Edges(_shares(rows, 1), _shares(columns, 0))


def _shares(lit: NDArray[np.bool_], axis: int) -> Numbers:
    """Which share of each line is lit; counted in whole numbers, which takes half the time of a mean."""
    return np.asarray(np.add.reduce(lit.view(np.uint8), axis, dtype=np.uint32) / lit.shape[axis], np.float32)


def thumb(frame: av.VideoFrame) -> Plane:
    """A picture in 64 by 64 samples of red, green and blue, upright."""
    small = frame.reformat(THUMB, THUMB, format="rgb24", interpolation=Interpolation.AREA).to_ndarray()
    return np.rot90(np.asarray(small, np.uint8), round(frame.rotation / 90) % 4)
