"""Letters to draw with: Pillow's own font, and for scripts that it lacks one that this machine has.

A font of ours for each of them would be 30 MB; fontconfig, where it is, names the user's, else common file names do.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import bidirectional, category

from PIL import ImageDraw, ImageFont, features

Colour = tuple[int, int, int]
SECONDS = 10  # for fontconfig, which may have to read every font of the machine first
JOINERS = "\u200c\u200d"  # they say how the letters beside them are written
MIRROR = str.maketrans("()[]<>«»‹›", ")(][><»«›‹")
_EDGES = re.compile(r"\w(?:.*\w)?|\W+")  # words of a line, and the signs before and after them
HELD = frozenset("、。，．：；！？）」』】〕》〉…ー々")  # signs that begin no line


@dataclass(frozen=True, slots=True)
class Script:
    """A script that the built-in font lacks. ``lang`` and ``family`` are words of fontconfig, ``files`` are names where
    that is not, ``number`` is the face in a collection; ``shaped``: letters change by their neighbours, which Pillow
    draws with Raqm alone."""

    name: str
    lang: str
    letters: str
    family: str
    files: tuple[str, ...]
    number: int = 0
    shaped: bool = False


_CJK = ("NotoSansCJK-Regular.ttc",)
SCRIPTS = (
    Script("Japanese", "ja", "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f", "Noto Sans CJK JP", (*_CJK, "YuGothM.ttc")),
    Script("Korean", "ko", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff", "Noto Sans CJK KR", (*_CJK, "malgun.ttf"), 1),
    Script(
        "Chinese",
        "zh-cn",
        "\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff",
        "Noto Sans CJK SC",
        (*_CJK, "msyh.ttc", "PingFang.ttc"),
        2,
    ),
    Script(
        "Arabic",
        "ar",
        "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
        "Noto Sans Arabic",
        ("NotoSansArabic-Regular.ttf", "arial.ttf", "Arial.ttf"),
        shaped=True,
    ),
    Script(
        "Hebrew",
        "he",
        "\u0591-\u05f4\ufb1d-\ufb4f",
        "Noto Sans Hebrew",
        ("NotoSansHebrew-Regular.ttf", "arial.ttf", "Arial.ttf"),
        shaped=True,
    ),
    Script(
        "Hindi",
        "hi",
        "\u0900-\u097f\ua8e0-\ua8ff",
        "Noto Sans Devanagari",
        ("NotoSansDevanagari-Regular.ttf", "Nirmala.ttf", "Kohinoor.ttc"),
        shaped=True,
    ),
    Script(
        "Thai", "th", "\u0e01-\u0e5b", "Noto Sans Thai", ("NotoSansThai-Regular.ttf", "leelawui.ttf", "Thonburi.ttc")
    ),
)
_OF = [(script, re.compile(f"[{script.letters}]")) for script in SCRIPTS]
_HAN = SCRIPTS[2]
ANY = re.compile(f"[{''.join(script.letters for script in SCRIPTS)}{JOINERS}]+")


def scripts_of(text: str) -> list[Script]:
    """The scripts of a text that the built-in font lacks. Han beside kana is Japanese, beside Hangul Korean."""
    found = [script for script, letters in _OF if letters.search(text)]
    other = next((script for script in found if script in SCRIPTS[:2]), None)
    return [script for script in found if script is not _HAN or other is None]


@lru_cache
def file_of(script: Script) -> tuple[str, int] | None:
    """The file of this machine's font for a script, and its number in that file; None where it has none, or Pillow
    could not shape it."""
    if script.shaped and not features.check("raqm"):
        return None
    return _by_fontconfig(script) or next(filter(None, (_by_name(name, script) for name in script.files)), None)


def _by_fontconfig(script: Script) -> tuple[str, int] | None:
    program = shutil.which("fc-match")
    if program is None:
        return None
    wanted = f"{script.family},sans:lang={script.lang}:weight=80"
    command = [program, "-f", "%{file}\n%{index}\n%{lang}", wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - words of ours
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    file, index, langs = [*done.stdout.split("\n"), "", "", ""][:3]
    if script.lang not in langs.split("|"):  # it names the nearest font, also where none has the script
        return None
    return (file, int(index or 0) & 0xFFFF) if _opens(file, int(index or 0) & 0xFFFF) else None


def _by_name(name: str, script: Script) -> tuple[str, int] | None:
    number = script.number if name in _CJK else 0
    return (name, number) if _opens(name, number) else None


def _opens(file: str, number: int) -> bool:
    try:
        ImageFont.truetype(file, 12, index=number)
    except OSError:
        return False
    return True


class Face:
    """Letters of one size in pixels, of every script that this machine has a font for."""

    def __init__(self, size: float) -> None:
        self.size = size
        self.own = _built_in(size)

    def getlength(self, text: str) -> float:
        """The width of a line in pixels."""
        return float(sum(face.getlength(part) for face, part in self._parts(text)))

    def write(
        self, draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, fill: Colour, room: float = 0
    ) -> None:
        """Draw a line on a baseline, from ``at`` on; one that reads from the right ends ``room`` pixels after it."""
        x, y = at
        if room and _reads_left(text):
            x += max(room - self.getlength(text), 0)
        for face, part in self._parts(text):
            draw.text((x, y), part, font=face, fill=fill, anchor="ls")
            x += face.getlength(part)

    def _parts(self, text: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        """The text in pieces of one font, as they stand from left to right."""
        found = list(runs(text))
        if _reads_left(text):
            pieces = [
                (script, piece) for script, part in found for piece in ([part] if script else _EDGES.findall(part))
            ]
            found = [(script, part if script or _strong(part) else _mirrored(part)) for script, part in pieces[::-1]]
        return ((_font_of(script, self.size) if script else self.own, part) for script, part in found)


@lru_cache(maxsize=128)
def font(size: float) -> Face:
    """The letters of a size in pixels.

    Raises ``RuntimeError`` when Pillow was built without FreeType.
    """
    return Face(size)


def _built_in(size: float) -> ImageFont.FreeTypeFont:
    """Raises ``RuntimeError`` when Pillow was built without FreeType."""
    built_in = ImageFont.load_default(max(size, 2.0))
    if not isinstance(built_in, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType")
    return built_in


@lru_cache(maxsize=128)
def _font_of(script: Script, size: float) -> ImageFont.FreeTypeFont:
    file, number = file_of(script) or ("", 0)
    return ImageFont.truetype(file, max(size, 2.0), index=number) if file else _built_in(size)


def runs(text: str) -> Iterator[tuple[Script | None, str]]:
    """The text in pieces of one script, in reading order; blanks between two pieces of one script belong to it."""
    if not ANY.search(text):
        yield None, text
        return
    scripts = scripts_of(text)
    for piece in re.split(f"((?:{ANY.pattern} ?)+)", text):
        if ANY.search(piece):
            body = piece.rstrip(" ")
            yield from _by_script(body, scripts)
            piece = piece[len(body) :]
        if piece:
            yield None, piece


def _by_script(text: str, scripts: list[Script]) -> Iterator[tuple[Script | None, str]]:
    start, held = 0, None
    for place, letter in enumerate(text):
        named = next((script for script, letters in _OF if letters.match(letter)), None)
        script = scripts[0] if named is _HAN and _HAN not in scripts else named
        if script is not None and held is not None and script is not held:
            yield held, text[start:place]
            start = place
        held = script or held
    yield held, text[start:]


def _reads_left(text: str) -> bool:
    """Whether its first letter is one of a script that is read from right to left."""
    return next((kind in ("R", "AL") for kind in map(bidirectional, text) if kind in ("L", "R", "AL")), False)


def _strong(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _mirrored(text: str) -> str:
    return text[::-1].translate(MIRROR)


def begins_no_line(letter: str) -> bool:
    """Whether a letter belongs to the one before it: a mark over or under it, a joiner, or a sign that ends words."""
    return letter in HELD or letter in JOINERS or category(letter).startswith("M")
