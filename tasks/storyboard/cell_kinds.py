"""Whether the cells of a column can be what its header was taken for. Pure.

A header is a guess where it is not the canonical name: ``Frame`` is a picture in one list and a number in the next.
The question is not whether every cell is right, which is for the reader of the cells to say, but whether any of them
is of the kind.
"""

import difflib
import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from tasks.domain.shot import FITS
from tasks.storyboard import cells as readers
from tasks.storyboard.cells import FLAGS, MODE_WORDS
from tasks.storyboard.meaning import listed, tokens
from tasks.storyboard.spelling import fold

_ERROR = re.compile(r"#(REF|N/A|NAME|VALUE|DIV/0|NULL|NUM|ERROR|CALC|SPILL|BLOCKED|FIELD|GETTING_DATA)[!?]?")
_LEFT = frozenset(("Loading...", "Loading…", "loading...", "nan", "NaN", "NAN", "<NA>", "NaT"))

SHARED = ("mode", "size", "audio", "route")  # names that other lists give to what a gag, a framing or a sound is
TEXTUAL = ("takes", "references", "voice", "music", "sfx")  # names under which other lists write prose
NAMING: dict[str, Callable[[str, Collection[str]], bool]] = {
    "route": lambda text, words: text in words or ":" in text,
    "continues": lambda text, words: text in words,
    "references": lambda text, words: any(one in words or located(one) for one in readers.listed(text)),
}
_SLIP = 0.75  # how alike a cell is to a word that can be read if it was meant to be that one

_CHAIN = re.compile(r"[a-z][a-z0-9_-]*")  # a name as configs write it
_NUMBERED = re.compile(r"[#A-Za-z]{0,2}\d{1,4}[A-Za-z]?([.,]0+)?")
_PICTURE = re.compile(r"\.(png|jpe?g|webp|gif|tiff?|bmp|avif|heic)\b", re.IGNORECASE)
_LASTS = re.compile(r"^\d{1,3}([.,]\d+)?\s*(s|secs?|seconds|sek|seg|″|\"|秒|초)\.?$", re.IGNORECASE)
_PIXELS = re.compile(r"^\d{3,4}\s*[x×*]\s*\d{3,4}(\s*px)?$", re.IGNORECASE)
_SHAPE = re.compile(r"^(16:9|9:16|1:1|4:3|3:4|21:9|9:21|4:5|5:4|3:2|2:3|(1\.85|2\.35|2\.39|2\.4|1\.78):1)$")
_LOOKED = 1000  # cells of a column that tell what it looks like
_LIKE = (("image", _PICTURE), ("duration", _LASTS), ("size", _PIXELS), ("aspect_ratio", _SHAPE))
_NUMBER = re.compile(r"-?\d{1,9}([.,]\d{1,9})?")
_DIGIT = re.compile(r"\d")
_SOUND = re.compile(
    r"\.(wave?|bwf|mp3|m4a|m4b|mka|weba|aac|flac|og[ga]|opus|aif[fc]?|caf|wma|ac3|amr|midi?)[\"'”’»)\]>]*([?#]\S*)?$",
    re.I,
)
_LOCATED = re.compile(
    r"\.[A-Za-z0-9]{2,5}\b|^=|^\[|^data:|^www\.|^[^\s]{2,}[\\/][^\s]{2,}$|^[~.]?[\\/]|^[A-Za-z]+:[\\/]"
)
_MODE = re.compile(r"2v|video|extend|edit|remix|image|bild|imagen|text|flf", re.IGNORECASE)
_SHAPES = re.compile(
    r"\d|square|portrait|landscape|vertical|horizontal|hoch|quer|quadrat|carr|cuadrad|竖|横|縦|正方|方形|세로|가로"
)
_FITTED = re.compile(r"crop|fill|stretch|letterbox|pad|scale|cov|cont|blur", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_framing(text: str) -> bool:
    """Whether a cell is a kind of shot (``CU``, ``wide shot``) rather than the name of one."""
    said = tokens(text)
    return bool(said) and ("".join(said) in listed("framing", "words") or said[0] in listed("framing", "words"))


def located(text: str) -> bool:
    """Whether a cell can name a file: a folder in it, an ending, an address, a formula that shows a picture."""
    return bool(_LOCATED.search(text))


def is_sound(text: str) -> bool:
    """Whether a cell ends like the name of a sound file."""
    return bool(_SOUND.search(text))


def resembles(cells: Sequence[str]) -> str:
    """The column that cells look like, whatever stands above them: pictures, lengths, sizes, shapes; or empty."""
    held = [cell.strip() for cell in cells[:_LOOKED] if cell.strip()]
    for name, shape in _LIKE:
        if 2 * sum(shape.search(text) is not None for text in held) > len(held):
            return name
    return ""


def is_left_over(text: str) -> bool:
    """Whether a cell holds what a spreadsheet or a table program writes for want of a value."""
    said = text.strip() if len(text) < 20 else ""
    return bool(said) and (said in _LEFT or (said[0] == "#" and _ERROR.fullmatch(said.upper()) is not None))


def left_over(cells: Sequence[str]) -> frozenset[str]:
    """The cells of a column, stripped, that hold what a spreadsheet left."""
    joined = "".join(cells)
    found = _LEFT.intersection(map(str.strip, cells)) if any(word in joined for word in _LEFT) else frozenset()
    if "#" in joined:
        found |= {cell.strip() for cell in cells if cell.lstrip()[:1] == "#" and is_left_over(cell)}
    return found


def could_be(name: str, cells: Sequence[str], words: Collection[str] = ()) -> bool:
    """Whether a column may be the canonical ``name``: true where it is empty, or any cell is of the kind.

    ``words`` are what a ``route`` (chains and routes), a ``continues`` (ids) or ``references`` (the cast) may name.
    """
    test = _TESTS.get(name)
    if name in NAMING:
        test = lambda text: NAMING[name](text, words)  # noqa: E731 - those that need to know more
    if test is None:
        return True
    held = False
    for cell in cells:
        text = cell.strip()
        if text and (test(text) or is_left_over(text)):
            return True
        held = held or bool(text)
    return not held


def is_foreign(name: str, cells: Sequence[str], words: Collection[str] = ()) -> bool:
    """Whether a column whose header is the canonical ``name`` holds something else by that name.

    So it is where most rows fill it and not one cell can be read, nor resembles one that can be; one slip in it, or a
    cell alone, and the column is the canonical one with cells to mend.
    """
    if name in TEXTUAL:
        held = [cell.strip() for cell in cells if cell.strip() and not is_left_over(cell.strip())]
        return bool(held) and not could_be(name, held, words)
    if name not in SHARED or could_be(name, cells, words):
        return False
    held = [text.strip() for text in cells if text.strip()]
    if len(held) < 2 or len(held) * 2 < len(cells):
        return False
    if name == "route" and all(map(_CHAIN.fullmatch, held)):
        return False  # chains of another config: the default chain would be paid instead of them
    return not any(_slips(name, text, words) for text in held)


def _slips(name: str, text: str, routes: Collection[str]) -> bool:
    """Whether a cell is readable but for a slip of the keyboard."""
    known = {"mode": MODE_WORDS, "size": readers.SHORT, "audio": FLAGS, "route": routes}[name]
    said = re.sub(r"[\s_-]+", "", text.lower())[:40]
    spelled = [re.sub(r"[\s_-]+", "", word.lower()) for word in known]
    return bool(difflib.get_close_matches(said, [word for word in spelled if len(word) > 2], n=1, cutoff=_SLIP))


def begins_again(cells: Sequence[str], scenes: Sequence[str]) -> bool:
    """Whether short numbers (``1``, ``2A``) repeat in the column, and never within one scene (filled down)."""
    held = [cell.strip() for cell in cells if cell.strip()]
    if len(set(held)) == len(held) or not all(map(_NUMBERED.fullmatch, held)):
        return False
    scene, seen = "", set()
    for cell, given in zip(cells, scenes, strict=True):
        scene = given.strip() or scene
        if cell.strip() and (scene, cell.strip()) in seen:
            return False
        seen.add((scene, cell.strip()))
    return True


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(fold(text.strip())))


def _has_digit(text: str) -> bool:
    return bool(_DIGIT.search(text))


_TESTS: dict[str, Callable[[str], bool]] = {
    "shot_id": lambda text: not is_framing(text),
    "image": located,
    "last_image": located,
    "source": lambda text: True,
    "mode": lambda text: bool(_MODE.search(text)),
    "duration": lambda text: _has_digit(fold(text)),
    "aspect_ratio": lambda text: bool(_SHAPES.search(fold(text))),
    "size": lambda text: _has_digit(fold(text)) or fold(text) in ("hd", "uhd", "full hd", "fullhd"),
    "fit": lambda text: text.lower() in FITS or bool(_FITTED.search(text)),
    "seed": _has_digit,
    "audio": lambda text: text.lower() in FLAGS,
    "takes": _is_number,
    "dialogue": lambda text: any(map(str.isalpha, text)),
    "voice": is_sound,
    "music": is_sound,
    "sfx": is_sound,
}
