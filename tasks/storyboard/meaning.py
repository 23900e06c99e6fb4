"""What the header of a shot list means: its words and its unit, in any of the languages of ``words.toml``. Pure."""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tasks.storyboard.headers import ALIASES
from tasks.storyboard.spelling import divide_token, fold, part_word

Unit = Literal["", "s", "ms", "min", "frames"]

_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W_]+")
_REMARK = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")
_OWNED = re.compile(r"(?<=\w)['’]s\b")  # the shot's length is in no seconds
_CLOCK = re.compile(
    r"(?<![a-z])(?:hh?|mm?|ss?|min|时|時|分)(?:\s*[:：]\s*(?:mm?|ss?|ff?|min|sec|分|秒))+(?![a-z])", re.I
)
_RATE = re.compile(r"@?\d+(fps)?|fps")
_PROMPTS = frozenset(("prompt", "prompts"))
_VAGUE = frozenset(("code", "name", "id", "label", "group", "url", "shot", "clip", "scene", "no", "frame", "reel"))
_LOOSE = _VAGUE | {"size", "mode", "fit", "audio", "route", "in", "out"}  # Shot Size is no size
_TIMED = frozenset(["shot", "clip", "cut", "take", "컷", "샷", "클립", "镜头", "鏡頭", "カット", "ショット"])
_UNITS: tuple[Unit, ...] = ("s", "ms", "min", "frames")
_TOTAL = frozenset(("total", "totale", "totaal"))
_PARTIAL = 0.8  # how alike a header and a phrase have to be to be named together


class Meaning(NamedTuple):
    """The column that a header names, and the unit of the bare numbers below it; empty where it names none."""

    name: str
    unit: Unit = ""


def tokens(header: str) -> list[str]:
    """The words of a header as they are compared; a word within a word begins with its capital."""
    text = _OWNED.sub("", unicodedata.normalize("NFC", header[:200]))
    return _TOKEN.findall(fold(_CAMEL.sub(" ", text)))


@cache
def words() -> Mapping[str, Any]:
    """The tables of ``words.toml`` as they are written."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@cache
def listed(table: str, key: str) -> frozenset[str]:
    """The phrases of one line of ``words.toml``, each as its words run together."""
    return frozenset("".join(tokens(phrase)) for phrase in words()[table][key].split(",") if phrase.strip())


@cache
def _phrases() -> Mapping[str, Meaning]:
    """Every phrase, run together -> what it means; of two meanings the first that is listed."""
    found: dict[str, Meaning] = {}
    others = ("unit", "beside", "pair", "total", "framing")
    tables = {name: table for name, table in words().items() if name not in others}
    for name, languages in tables.items():
        for phrase in ", ".join(languages.values()).split(","):
            found.setdefault("".join(tokens(phrase)), Meaning(name))
    for unit in words()["unit"]:
        for phrase in _unit_words(unit, "alone"):
            found[phrase] = Meaning("duration", unit)
    found["prompt"] = Meaning("written_prompt")
    for name, aliases in ALIASES.items():
        for phrase in (name, *aliases):
            found.setdefault("".join(tokens(phrase)), Meaning(name))
    return found


@cache
def _unit_words(unit: str, key: str) -> frozenset[str]:
    return frozenset("".join(tokens(phrase)) for phrase in words()["unit"][unit][key].split(",") if phrase.strip())


@lru_cache(maxsize=4096)
def understand(header: str) -> Meaning:
    """What a header means by its words; an empty name where none of them is known, or too many are not."""
    if not (joined := "".join(said := tokens(header))):
        return Meaning("")
    bare = _CLOCK.sub(" ", header)  # Duration (mm:ss): how it is written, and no unit of bare numbers
    if bare != header and understand(bare).name == "duration":
        return Meaning("duration")
    exact = _phrases().get(joined)
    if exact and exact.name != "duration":
        return exact
    apart = _apart(said)
    if found := _measured(said) or exact or _measured(apart):
        return found
    side, _, unit = pair_of(header)
    if side and unit != "frames":  # one end of something is not the whole of it; a first frame may be a picture
        return Meaning("")
    found = _composed(said) or (_composed(apart) if apart != said else None)
    bare = _REMARK.sub(" ", header)  # Description (what we see)
    remarked = understand(bare) if not found and bare != header else Meaning("")
    return found or (remarked if remarked.name == "prompt" else Meaning(""))


def _composed(said: list[str]) -> Meaning | None:
    return _prompted(said) or _qualified(said) or _pictured(said)


def unit_of(token: str) -> Unit:
    """The unit that a word is when it stands beside a length."""
    return next((u for u in _UNITS if token in _unit_words(u, "beside") or token in _unit_words(u, "alone")), "")


def _among(*groups: str) -> frozenset[str]:
    """The words of some groups of words that a header may have beside others."""
    return frozenset().union(*(listed("beside", group) for group in groups))


def _without(said: list[str], *groups: str) -> list[str]:
    dropped = _among(*groups)
    return [token for token in said if token not in dropped]


def _apart(said: list[str]) -> list[str]:
    """The words of a header with those taken apart that are written together."""
    words = [part for token in said for part in divide_token(token)]
    return [part for word in words for part in ([word] if word in _phrases() else part_word(word, _parts()))]


@cache
def _parts() -> frozenset[str]:
    """What a word may be made of: all that stands beside others, lengths and pictures, units but for Latin ones."""
    sides = [listed("pair", key) for key in words()["pair"]]
    known = _among(*words()["beside"]).union(*sides, _alone(), *(_unit_words(unit, "beside") for unit in _UNITS))
    known |= {phrase for phrase, found in _phrases().items() if found.name in ("duration", "image", "last_image")}
    return frozenset(word for word in known if not word.isascii() or (len(word) > 2 and not unit_of(word)))


def _measured(said: list[str]) -> Meaning | None:
    """A word for a length, or for time, with a unit beside it: ``Duration (s)``, ``time_ms``, ``Dur. in frames``."""
    units = [unit for token in said if (unit := unit_of(token))]
    if not units:
        return None
    whole = _phrases().get("".join(token for token in said if not _RATE.fullmatch(token)), Meaning(""))
    if whole.name == "duration" and whole.unit:
        return whole
    unit = next((one for one in units if one != "frames"), units[0]) if "frame" in said else units[0]
    rest = [token for token in said if not unit_of(token) and not _RATE.fullmatch(token)]
    rest = _without(rest, "filler")
    bare = _without(rest, "qualifier")
    for core in (rest, bare, _without(bare, "subject", "guess")):
        name = _phrases().get("".join(core), Meaning("")).name
        if name == "duration" or (core and "".join(core) in listed("pair", "timed")):
            return Meaning("duration", unit)
    return Meaning("duration", unit) if _counted(said, rest, bare, unit) else None


def _counted(said: list[str], rest: list[str], bare: list[str], unit: Unit) -> bool:
    """Whether nothing is said but a unit: ``Seconds``, ``Number of frames``, ``Est. secs``."""
    if {"frames", "s"} <= {unit_of(token) for token in said}:
        return False  # frames per second are no length
    told = len(rest) > len(_without(rest, "count")) or any(token[-1] in "数數수" for token in said)
    summed = unit == "frames" and bool(_TOTAL & set(rest)) and not _among("image") & set(said)
    if not (any(token in _alone() for token in said) or summed):
        return False
    left = _without(bare, "count", "subject", "guess") if told or summed or unit != "frames" else rest
    return not left or (summed and set(left) <= _TOTAL)


@cache
def _alone() -> frozenset[str]:
    return frozenset().union(*(_unit_words(unit, "alone") for unit in words()["unit"]))


def _qualified(said: list[str]) -> Meaning | None:
    """A known phrase beside words that change nothing: ``Estimated Duration``, ``Description (English)``."""
    for groups in (("filler",), ("qualifier",), ("filler", "qualifier")):
        core = _without(said, *groups)
        found = _phrases().get("".join(core)) if core != said and not _LOOSE.issuperset(core) else None
        if found and not (found.name == "source" and not _among("reference", "picked") & set(said)):
            return found
    core = _without(said, "filler", "qualifier", "subject", "guess")
    found = _phrases().get("".join(core), Meaning("")) if core and core != said else Meaning("")
    if found.name == "duration" or (_public(found.name) == "prompt" and not _LOOSE.issuperset(core)):
        return found
    if len(core) > 1 and all(_public(_phrases().get(token, found).name) == "prompt" for token in core):
        return Meaning("prompt")
    lasts = "".join(core) in listed("pair", "timed") and (_among("guess") | _TIMED) & set(said)
    return Meaning("duration") if lasts else None


def _pictured(said: list[str]) -> Meaning | None:
    """A picture by its parts: what it shows (start, end, reference), a word for it, and how it is given (path, URL)."""
    core = _without(said, "path", "filler")
    pathed = len(_without(said, "path")) < len(said)
    found = _phrases().get("".join(core))
    if pathed and found and found.name in ("image", "last_image"):
        return found
    rest = {token for token in core if not token.isdigit()}
    whole = {token: _phrases().get(token, Meaning("")).name for token in rest if not token.isascii()}
    nouns = {token for token, name in whole.items() if name in ("image", "last_image")} | (rest & _among("image"))
    framed = rest & _among("frame") and rest & (_among("first", "last", "reference", "picked") - _among("frame"))
    named = pathed and rest & _among("reference")
    allowed = nouns | _among("image", "frame", "picked", "reference", "first", "last", "subject")
    if not (nouns or framed or named) or not rest <= allowed:
        return None
    return Meaning("last_image" if rest & _among("last") or "last_image" in whole.values() else "image")


def _prompted(said: list[str]) -> Meaning | None:
    """A prompt that names its model or its language: ``Kling Prompt``, ``Prompt (EN)``."""
    if not _PROMPTS & set(said):
        return None
    rest = [token for token in said if token not in _PROMPTS and not token.isdigit()]
    named = listed("beside", "models") | {"ai", "ki", "ia"}
    core = [token for token in _without(rest, "filler", "qualifier") if token not in named]
    if not core:
        return Meaning("motion_prompt" if "video" in rest else "written_prompt")
    return _phrases().get("".join([*core, "prompt"]))


@lru_cache(maxsize=4096)
def pair_of(header: str) -> tuple[str, str, Unit]:
    """Which end of a length a header names: ``first`` or ``last``, the words that it shares with the other end's
    header, and the unit of its bare numbers; three empty texts where it names none."""
    said = tokens(header)
    found = _end_of(said)
    if found[0]:
        return found
    return _end_of([part for token in said for word in divide_token(token) for part in part_word(word, _ends())])


@cache
def _ends() -> frozenset[str]:
    """What the ends of a pair may be made of where they are written as one word."""
    pairs = listed("pair", "first") | listed("pair", "last") | listed("pair", "timed") | listed("pair", "of")
    known = pairs | _among("first", "last", "frame")
    return frozenset(word for word in known if not word.isascii() or len(word) > 2)


def _end_of(said: list[str]) -> tuple[str, str, Unit]:
    named = listed("pair", "timed") | listed("pair", "of")
    units = [unit for token in said if (unit := unit_of(token)) and token not in _among("image")]
    rest = [token for token in said if not unit_of(token) or token in _among("image")]
    core = [token for token in rest if token not in named and not _RATE.fullmatch(token)]
    timed = "".join(token for token in rest if token not in core)
    for bare in (core, _without(core, "filler")):
        for side in ("first", "last"):
            if "".join(bare) in listed("pair", side):
                return side, timed, units[0] if units else ""
    numbered = set(core) & _among("frame") or "frames" in units
    sides = [side for side in ("first", "last") if set(core) & listed("beside", side)]
    if numbered and len(sides) == 1 and len(set(core) - _among("frame") - {"number", "no", "nr"}) == 1:
        return sides[0], "frame", "frames"
    return "", "", ""


@lru_cache(maxsize=1024)
def resembles(header: str) -> str:
    """The column that a header looks like though it does not name it; empty where it looks like none."""
    said = tokens(header)
    told = [_phrases()[token].name for token in (*said, *_apart(said)) if _tells(token)]
    if found := understand(header).name or ("duration" if "duration" in told else next(iter(told), "")):
        return _public(found)
    core = _without(said, "filler", "qualifier", "guess")
    if core and (listed("pair", "timed") | _alone()) >= {*core}:
        return "duration"
    joined = "".join(said)[:40]
    if ends := next((name for name in ("duration", "image") if any(map(joined.endswith, _tails(name)))), ""):
        return ends
    near = difflib.get_close_matches(joined, _near(joined), n=1, cutoff=_PARTIAL) if len(joined) > 4 else []
    return _public(_phrases()[near[0]].name) if near else ""


@cache
def _tails(name: str) -> tuple[str, ...]:
    """The words for a column that may end a longer one: ``Gesamtlänge``."""
    return tuple(
        one for one, found in _phrases().items() if found.name == name and len(one) > (4 if one.isascii() else 1)
    )


def _tells(token: str) -> bool:
    """Whether one word among others says what a column is about; a name or a code may be anything's."""
    return token in _phrases() and token not in _VAGUE


def _near(joined: str) -> list[str]:
    return [phrase for phrase in _phrases() if abs(len(phrase) - len(joined)) <= 2 and phrase[0] == joined[0]]


def _public(name: str) -> str:
    return "prompt" if name.endswith("_prompt") and name != "negative_prompt" else name


def public(meaning: Meaning) -> str:
    """The canonical column of a meaning: every kind of prompt is a prompt."""
    return _public(meaning.name)
