"""The sound of a reel: the clips' own, voice, effects and music together, as loud as EBU R 128 has it for the web.

Two passes: what is heard is mixed into a file and measured, then made louder or softer as a whole, its peaks held
back, and coded. What was coded is measured again, because a coder adds peaks of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log10
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from tasks.views.reel.beside import Piece
from tasks.views.reel.samples import CHANNELS, SOUND_RATE, Player, Samples, Spool, file_samples

LOUDNESS, NEAR = -16.0, 0.5  # LUFS: what players of the web expect, and by how much the coded sound may miss it
PEAK = -1.2  # dBTP: under -1, with room for how others measure
CEILING = -2.0  # dBTP of the first try, before the coder adds its own
QUIETEST = -69.0  # LUFS: below it there is nothing to be made louder
MOST_GAIN = 40.0  # dB
TRIES = 4
DUCKED = 0.25  # of its level, 12 dB less, is left of music under a voice
SPOKEN = 10 ** (-50 / 20)  # level from which a voice is there
HELD = 30  # windows that it is believed to go on
FALL, RISE = 1 - exp(-1 / 3), 1 - exp(-1 / 40)  # of the way to the new level, each window: 30 and 400 ms
WINDOW = SOUND_RATE // 100
BLOCK = SOUND_RATE  # samples that are mixed at once: a whole number of windows
BIT_RATE = 192_000


class Measured(NamedTuple):
    """Loudness in LUFS and the true peak in dBTP."""

    loudness: float
    peak: float


@dataclass(slots=True)
class Ducking:
    """How much of the music is left under a voice, from one block to the next."""

    level: float = 1.0
    held: int = 0

    def over(self, voice: Samples) -> NDArray[np.float32]:
        """The share of the music that is heard at each sample of the block."""
        windows = -(-voice.shape[1] // WINDOW)
        padded = np.zeros((CHANNELS, windows * WINDOW), np.float32)
        padded[:, : voice.shape[1]] = voice
        loud = np.sqrt(np.mean(padded.reshape(CHANNELS, windows, WINDOW) ** 2, axis=2)).max(axis=0)
        levels = [self.level, *(self._next(bool(one > SPOKEN)) for one in loud)]
        places = np.arange(voice.shape[1]) / WINDOW
        return np.interp(places, np.arange(windows + 1), levels).astype(np.float32)

    def _next(self, spoken: bool) -> float:
        self.held = HELD if spoken else max(self.held - 1, 0)
        target = DUCKED if self.held else 1.0
        self.level += (target - self.level) * (FALL if target < self.level else RISE)
        return self.level


def mix(own: Spool, pieces: Sequence[Piece], out: Spool, failed: list[str]) -> Measured:
    """Write the clips' own sound with the pieces beside it to ``out``, as long as the former: how loud that is.

    ``failed`` gets the reasons of pieces that could not be read.
    """
    players = {
        name: Player([one for one in pieces if one.track == name], failed) for name in {one.track for one in pieces}
    }
    ducking, meter = Ducking(), Meter(peak=False)
    for block in own.blocks(BLOCK):
        heard = {name: player.read(block.shape[1]) for name, player in players.items()}
        if "music" in heard and "voice" in heard:
            heard["music"] = heard["music"] * ducking.over(heard["voice"])
        whole = sum(heard.values(), block)
        out.write(whole)
        meter.hear(whole)
    return meter.measured()


def master(mixed: Spool, found: Measured, out: Path) -> Measured:
    """Code the mixed sound as AAC at the loudness of `LOUDNESS` with no peak over `PEAK`: what the coded sound has."""
    gain = min(LOUDNESS - found.loudness, MOST_GAIN) if found.loudness > QUIETEST else 0.0
    ceiling = CEILING
    for _ in range(TRIES):
        _code(mixed, gain, ceiling, out)
        coded = measure(file_samples(out))
        off = LOUDNESS - coded.loudness if coded.loudness > QUIETEST and gain < MOST_GAIN else 0.0
        if coded.peak <= PEAK and abs(off) <= NEAR:
            break
        ceiling -= max(coded.peak - PEAK, 0.0) + 0.2 * (coded.peak > PEAK)
        gain = min(gain + off, MOST_GAIN)
    return coded


def measure(sound: Iterator[Samples]) -> Measured:
    """How loud a sound is."""
    meter = Meter(peak=True)
    for block in sound:
        meter.hear(block)
    return meter.measured()


class Meter:
    """Measures loudness, and true peaks if asked, by FFmpeg's filter for EBU R 128."""

    def __init__(self, *, peak: bool) -> None:
        self.chain = _Chain([("ebur128", f"metadata=1{':peak=true' if peak else ''}")])
        self.last: dict[str, str] = {}

    def hear(self, block: Samples) -> None:
        """Take in the next samples."""
        for frame in self.chain.push(block):
            self.last.update(frame.metadata)

    def measured(self) -> Measured:
        """What was heard, after its end."""
        for frame in self.chain.end():
            self.last.update(frame.metadata)
        peak = float(self.last.get("lavfi.r128.true_peak", "0"))
        return Measured(float(self.last.get("lavfi.r128.I", "-70")), 20 * log10(max(peak, 1e-9)))


class _Chain:
    """Filters of FFmpeg one after the other, fed with samples."""

    def __init__(self, filters: Sequence[tuple[str, str]]) -> None:
        self.graph, self.at = Graph(), 0
        self.source = self.graph.add_abuffer(
            sample_rate=SOUND_RATE, format="fltp", layout="stereo", time_base=Fraction(1, SOUND_RATE)
        )
        self.sink = self.graph.add("abuffersink")
        last = self.source
        for node in [*(self.graph.add(name, told) for name, told in filters), self.sink]:
            last.link_to(node)
            last = node
        self.graph.configure()

    def push(self, block: Samples) -> Iterator[Any]:
        """Feed samples; the frames that come out by then."""
        if block.shape[1]:
            self.source.push(frame_of(block, self.at))
            self.at += block.shape[1]
        yield from self._come()

    def end(self) -> Iterator[Any]:
        """The frames that were still inside."""
        self.source.push(None)
        yield from self._come()

    def _come(self) -> Iterator[Any]:
        while True:
            try:
                yield self.sink.pull()
            except (BlockingIOError, av.EOFError):
                return


def frame_of(block: Samples, at: int) -> Any:
    """Samples as a frame that begins at sample ``at``."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = SOUND_RATE, Fraction(1, SOUND_RATE), at
    return frame


def _code(mixed: Spool, gain: float, ceiling: float, out: Path) -> None:
    """Write the sound as AAC, so many dB louder, its true peaks held below a ceiling: at four times the rate, where
    the peaks between two samples show."""
    limit = 10 ** (ceiling / 20)
    chain = _Chain(
        [
            ("volume", f"{gain:.3f}dB:precision=float"),
            ("aresample", f"{4 * SOUND_RATE}"),
            ("alimiter", f"limit={limit:.6f}:attack=5:release=50:level=false:latency=true"),
            ("aresample", f"{SOUND_RATE}"),
            ("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
            ("asetnsamples", "1024:p=0"),
        ]
    )
    with av.open(f"file:{out.absolute()}", "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        stream.bit_rate = BIT_RATE
        for block in mixed.blocks(BLOCK):
            for frame in chain.push(block):
                container.mux(stream.encode(frame))
        for frame in chain.end():
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
