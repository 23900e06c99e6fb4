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
from tasks.storyboard.spelling import fold

Unit = Literal["", "s", "ms", "min", "frames"]

_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W_]+")
_RATE = re.compile(r"@?\d+(fps)?|fps")
_PROMPTS = frozenset(("prompt", "prompts"))
_VAGUE = frozenset(("code", "name", "id", "label", "group", "url", "shot", "clip", "scene", "no", "frame", "reel"))
_LOOSE = _VAGUE | {"size", "mode", "fit", "audio", "route", "in", "out"}  # Shot Size is no size
_PARTIAL = 0.8  # how alike a header and a phrase have to be to be named together


class Meaning(NamedTuple):
    """The column that a header names, and the unit of the bare numbers below it; empty where it names none."""

    name: str
    unit: Unit = ""


def _folded(text: str) -> str:
    return text if text.isascii() and text.islower() else fold(text)


def tokens(header: str) -> list[str]:
    """The words of a header as they are compared; a word within a word begins with its capital."""
    return _TOKEN.findall(_folded(_CAMEL.sub(" ", unicodedata.normalize("NFC", header[:200]))))


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
    said = tokens(header)
    joined = "".join(said)
    if not joined:
        return Meaning("")
    exact = _phrases().get(joined)
    if exact and exact.name != "duration":
        return exact
    if found := _measured(said) or exact:
        return found
    if pair_of(header)[0]:  # one end of something is not the whole of it
        return Meaning("")
    return _prompted(said) or _qualified(said) or _pictured(said) or Meaning("")


def unit_of(token: str) -> Unit:
    """The unit that a word is when it stands beside a length."""
    units: tuple[Unit, ...] = ("s", "ms", "min", "frames")
    return next((u for u in units if token in _unit_words(u, "beside") or token in _unit_words(u, "alone")), "")


def _without(said: list[str], *groups: str) -> list[str]:
    dropped = frozenset().union(*(listed("beside", group) for group in groups))
    return [token for token in said if token not in dropped]


def _measured(said: list[str]) -> Meaning | None:
    """A word for a length, or for time, with a unit beside it: ``Duration (s)``, ``time_ms``, ``Dur. in frames``."""
    units = [unit for token in said if (unit := unit_of(token))]
    rest = [token for token in said if not unit_of(token)]
    if not units:
        joined, units = "".join(said), []
        for unit in ("ms", "s", "frames", "min"):  # no space divides 时长 and 秒
            for end in _unit_words(unit, "beside"):
                if not end.isascii() and joined.endswith(end) and len(joined) > len(end):
                    rest, units = [joined.removesuffix(end)], [unit]  # type: ignore[list-item]  # a literal of Unit
                    break
            if units:
                break
    if not units:
        return None
    rest = _without([token for token in rest if not _RATE.fullmatch(token)], "filler")
    bare = _without(rest, "qualifier")
    for core in (rest, bare):
        name = _phrases().get("".join(core), Meaning("")).name
        if name == "duration" or (core and "".join(core) in listed("pair", "timed") - {"cut", "clip", "shot", "video"}):
            return Meaning("duration", units[0])
    alone = not rest or (not bare and "frames" not in units)
    return Meaning("duration", units[0]) if alone and any(token in _alone() for token in said) else None


@cache
def _alone() -> frozenset[str]:
    return frozenset().union(*(_unit_words(unit, "alone") for unit in words()["unit"]))


def _qualified(said: list[str]) -> Meaning | None:
    """A known phrase beside words that change nothing: ``Estimated Duration``, ``Description (English)``."""
    for groups in (("filler",), ("qualifier",), ("filler", "qualifier")):
        core = _without(said, *groups)
        found = _phrases().get("".join(core)) if core != said and not _LOOSE.issuperset(core) else None
        if found and not (found.name == "source" and not listed("beside", "picked") & set(said)):
            return found
    return None


def _pictured(said: list[str]) -> Meaning | None:
    """A picture by its parts: what it shows (start, end, reference), a word for it, and how it is given (path, URL)."""
    rest = set(_without(said, "path", "filler"))
    nouns = rest & listed("beside", "image")
    framed = rest & listed("beside", "frame") and rest & (listed("beside", "first") | listed("beside", "last"))
    pathed = len(rest) < len(said)
    found = _phrases().get("".join(_without(said, "path", "filler")))
    if pathed and found and found.name in ("image", "last_image"):
        return found
    named = pathed and rest & listed("beside", "picked") - {"shot", "scene", "clip", "source", "and", "key", "main"}
    if not (nouns or framed or named):
        return None
    places = listed("beside", "first") | listed("beside", "last")
    allowed = listed("beside", "image") | listed("beside", "frame") | listed("beside", "picked") | places
    if any(token not in allowed and not token.isdigit() for token in rest):
        return None
    return Meaning("last_image" if rest & listed("beside", "last") else "image")


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
    """``first`` or ``last``, what the other one shares with it, and the unit of its bare numbers; or three nothings."""
    said = tokens(header)
    units = [unit for token in said if (unit := unit_of(token))]
    rest = [token for token in said if not unit_of(token)]
    core = [token for token in rest if token not in listed("pair", "timed") and not _RATE.fullmatch(token)]
    timed = "".join(token for token in rest if token not in core)
    for side in ("first", "last"):
        if len(core) == 1 and core[0] in listed("pair", side):
            return side, timed, units[0] if units else ""
    joined = "".join(core or said)
    for word in sorted(listed("pair", "timed"), key=len, reverse=True):
        for side in ("first", "last"):
            if joined in {f"{end}{word}" for end in listed("pair", side) if not end.isascii()}:
                return side, word, units[0] if units else ""
    numbered = set(core) & listed("beside", "frame") or "frames" in units
    sides = [side for side in ("first", "last") if set(core) & listed("beside", side)]
    if numbered and len(sides) == 1 and len(set(core) - listed("beside", "frame") - {"number", "no", "nr"}) == 1:
        return sides[0], "frame", "frames"
    return "", "", ""


@lru_cache(maxsize=1024)
def resembles(header: str) -> str:
    """The column that a header looks like though it does not name it; empty where it looks like none."""
    said = tokens(header)
    if found := understand(header).name or next((_phrases()[token].name for token in said if _tells(token)), ""):
        return _public(found)
    joined = "".join(said)[:40]
    near = difflib.get_close_matches(joined, _near(joined), n=1, cutoff=_PARTIAL) if len(joined) > 4 else []
    return _public(_phrases()[near[0]].name) if near else ""


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


@lru_cache(maxsize=4096)
def is_framing(text: str) -> bool:
    """Whether a cell is a kind of shot (``CU``, ``wide shot``) rather than the name of one."""
    said = tokens(text)
    return bool(said) and ("".join(said) in listed("framing", "words") or said[0] in listed("framing", "words"))


@lru_cache(maxsize=4096)
def is_total(text: str) -> bool:
    """Whether a row's first cell says that the row adds up, or numbers a page."""
    said = [token for token in tokens(text) if not token.isdigit()]
    known = listed("total", "words")
    return bool(said) and ("".join(said) in known or said[0] in known)
