"""What is wrong with a delivered clip: the limits from which on, each with its reason, and what is done then."""

from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, get_args

from tasks.config import schema as kinds
from tasks.config.schema import Kind, Spec

OnBad = Literal["keep", "again", "next"]


def _limit(value: float, most: int, why: str, source: str) -> Any:
    """A limit from 0 to ``most``, with its reason and where it comes from."""
    return field(default=value, metadata={"most": most, "why": why, "source": source})


@dataclass(frozen=True, slots=True)
class Limits:
    """From which on a clip has a flaw. Light is told from 0 (black) to 255, lengths in seconds, loudness in dBFS below
    full scale as a positive number, shares from 0 to 1."""

    black_light: float = _limit(
        10, 255, "encoders keep black within a few steps of 0, and night scenes lie above", "ITU-R BT.709, 4.6"
    )
    black_share: float = _limit(
        0.998,
        1,
        "small letters on black are a title and no black picture",
        "blackdetect asks for 0.98, which they fail",
    )
    black_s: float = _limit(
        0.1, 60, "two or three pictures between a hard cut and the next are seen as a blink", "measured on drawn clips"
    )
    faded_s: float = _limit(
        1.0, 60, "a fade may rest on black for a moment; a second of it is paid for and shows nothing", "drawn clips"
    )
    still_light: float = _limit(
        1.2,
        255,
        "an encoder writes a picture that repeats with up to one step of noise",
        "freezedetect has 0.26 a picture",
    )
    frozen_s: float = _limit(1.0, 60, "a second without any movement is no pause of a camera", "freezedetect has 2 s")
    halted_s: float = _limit(
        0.25, 60, "movement that stops from one picture to the next and stays so is no rhythm of drawing", "drawn clips"
    )
    halted_from: float = _limit(
        2.5, 255, "what moved less before a halt may have come to rest by itself", "drawn clips"
    )
    flash_light: float = _limit(
        16, 255, "a tenth of the luminance is a flash; less is grain and movement", "WCAG 2.2, 2.3.1: 10 %"
    )
    flash_hz: float = _limit(2.8, 60, "three flashes a second are the most that is allowed", "WCAG 2.2, 2.3.1")
    flashes: float = _limit(3, 60, "lightning is two or three flashes, of another height and distance", "drawn clips")
    cut_light: float = _limit(8, 255, "a new picture differs by a tenth of the light", "scdet has 10 %")
    cut_factor: float = _limit(
        2.5, 100, "a cut stands out of the movement around it; a quick pan does not", "drawn clips"
    )
    cut_likeness: float = _limit(
        0.6, 1, "a flash or an exposure keeps the picture's drawing, a cut does not", "drawn clips"
    )
    bars_share: float = _limit(
        0.012, 1, "less at each edge is cropped by every player", "SMPTE ST 2046-1: 3.5 % in all"
    )
    silent_db: float = _limit(70, 200, "a recording of silence is louder", "silencedetect has 60 dB")
    dropout_s: float = _limit(0.2, 60, "sound that breaks off at once and comes back so is no pause", "drawn sound")
    late_s: float = _limit(
        0.8,
        60,
        "sound may begin late or end early by a little, and not all at once by so much",
        "drawn sound",
    )
    silent_s: float = _limit(2.5, 60, "a scene has some sound by then", "silencedetect has 2 s")
    clipped_level: float = _limit(
        0.8, 4, "an encoder takes a fifth off a wave that was cut at full scale", "measured on AAC; EBU R 128: -1 dBTP"
    )
    clipped_share: float = _limit(
        0.4, 1, "a sine is near its top for 29 % of its time, a mix for less; a cut wave stays there", "drawn sound"
    )
    clipped_s: float = _limit(0.15, 60, "one blow may be cut unheard", "drawn sound")
    unlike_bits: float = _limit(
        18,
        64,
        "two pictures of nothing in common differ in 32 of 64 bits, a crop of one in less than 12",
        "drawn clips",
    )
    unlike_colour: float = _limit(45, 255, "a model's own grading shifts colours by less", "drawn clips")


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Whether delivered clips are looked at, from which limits on, and what is done about a bad one."""

    look: bool = True
    on_bad: OnBad = "keep"
    limits: Limits = Limits()


def _kind(one: "Field[Any]") -> Kind:
    number = kinds.number(0, one.metadata["most"])
    return lambda value: float(number(value))


_LIMITS: Spec = {one.name: _kind(one) for one in fields(Limits)}
_QUALITY: Spec = {"look": kinds.flag, "on_bad": kinds.one_of(*get_args(OnBad)), **_LIMITS}


def read_quality(raw: Any, sheet: kinds.FaultCollector) -> QualitySettings:
    """The table ``[quality]`` of a config; what is wrong in it is noted on the sheet."""
    told = sheet.table(raw, _QUALITY, "quality")
    limits = Limits(**{name: told.pop(name) for name in _LIMITS if name in told})
    return QualitySettings(limits=limits, **told)
