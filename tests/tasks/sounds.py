"""Sound files for tests, really encoded."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def tone(hertz: float, seconds: float, rate: int = 48_000, loud: float = 0.25, layout: str = "mono") -> Samples:
    """A sine in all channels of a layout, as planes of floats."""
    wave = loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (av.AudioLayout(layout).nb_channels, 1))


def write_sound(
    path: Path, samples: Samples, rate: int = 48_000, layout: str = "mono", codec: str = "pcm_s16le"
) -> Path:
    """The samples as a sound file whose container the ending names."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        kind = stream.format.name
        plain = {"s16": (32767, np.int16), "s32": (2**31 - 129, np.int32), "flt": (1, np.float32)}
        most, width = plain[kind.removesuffix("p")]
        whole = (samples.astype(np.float64) * most).astype(width)
        for at in range(0, whole.shape[1], 1024):
            part = np.ascontiguousarray(whole[:, at : at + 1024])
            part = part if kind.endswith("p") else np.ascontiguousarray(part.T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(part, format=kind, layout=layout)
            frame.sample_rate, frame.pts = rate, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
