"""Text as it is compared: width, case and accents make no difference, nor do words that are written together. Pure."""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

_MARKS = re.compile("[\u0300-\u036f]")
_JOINTS = ("", "s", "n", "en", "es")  # letters by which German and Dutch join words
_SHORTEST = 3  # letters of a Latin word that may be part of another
_LONGEST = 24  # letters of a word that is looked at
_CODES = """
ar bg bn bs ca cs da de el en es et eu fa fi fr gl he hi hr hu id is it ja ka kk ko lt lv mk ms nb nl no pl pt ro ru sk
sl sq sr sv ta te th tr uk ur vi zh
"""
_LANGUAGES = frozenset(_CODES.split())
_NAMED = {
    **dict.fromkeys(
        ("english", "englisch", "anglais", "ingles", "inglese", "engels", "angielski", "英文", "英語"), "en"
    ),
    **dict.fromkeys(("german", "deutsch", "allemand", "aleman", "tedesco", "duits", "niemiecki", "德文"), "de"),
    **dict.fromkeys(("french", "franzosisch", "francais", "frances", "francese", "frans", "francuski", "法文"), "fr"),
    **dict.fromkeys(("spanish", "spanisch", "espagnol", "espanol", "spagnolo", "spaans", "西班牙文"), "es"),
    **dict.fromkeys(("portuguese", "portugiesisch", "portugais", "portugues", "portoghese"), "pt"),
    **dict.fromkeys(("italian", "italienisch", "italien", "italiano", "italiaans", "wloski"), "it"),
    **dict.fromkeys(("dutch", "niederlandisch", "nederlands", "olandese"), "nl"),
    **dict.fromkeys(("polish", "polnisch", "polonais", "polski", "polacco"), "pl"),
    **dict.fromkeys(("chinese", "chinesisch", "chinois", "chino", "cinese", "中文", "mandarin"), "zh"),
    **dict.fromkeys(("japanese", "japanisch", "japonais", "japones", "giapponese", "日本語", "日文"), "ja"),
    **dict.fromkeys(("korean", "koreanisch", "coreen", "coreano", "한국어", "韩文"), "ko"),
}
_ALSO_WORDS = frozenset(("no", "id", "is", "it"))  # dialogue no: its number
_TAGGED = re.compile(
    r"(.+?)[\s_\-/|:]*[\s_\-/|:(\[（【]\s*([^\W\d_]{2,16})(?:[-_]([A-Za-z]{2}|[A-Za-z]{4}))?\s*[)\]）】]?"
)
_BETWEEN = re.compile(r"(?<=[0-9a-z])(?=[^\x00-\u2fff])|(?<=[^\x00-\u2fff])(?=[0-9a-z])|(?<=[a-z]{3})(?=\d{1,2}$)")
_UNSIGNED = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "ı": "i", "№": "no"})


def plain(text: str) -> str:
    """A cell with full-width digits and signs as plain ones, in lower case, without white space around it."""
    return text if text.isascii() and text.islower() else unicodedata.normalize("NFKC", text).casefold().strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Words without what people leave out: full-width forms as plain ones, lower case, no accents on Latin letters."""
    text = unicodedata.normalize("NFKC", text.translate(_UNSIGNED)).casefold()
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text))).translate(_UNSIGNED)


@lru_cache(maxsize=4096)
def split_language(header: str) -> tuple[str, str]:
    """A header and the language that its last word names (``de``, ``pt-BR``); an empty one where it names none."""
    found = _TAGGED.fullmatch(header[:200].strip())
    if not found:
        return header, ""
    word, written = fold(found[2]), header.strip()[-1] in ")]）】" or "_" in header
    code = word if word in _LANGUAGES and (written or word not in _ALSO_WORDS) else _NAMED.get(word, "")
    region = found[3] or ""
    region = region.upper() if len(region) == 2 else region.title()
    return (found[1], f"{code}-{region}" if region else code) if code else (header, "")


def divide_token(token: str) -> list[str]:
    """A word cut where its script changes, and before a number that ends it: ``图片url``, ``image1``."""
    return _BETWEEN.sub(" ", token).split()


@lru_cache(maxsize=4096)
def part_word(token: str, known: frozenset[str]) -> tuple[str, ...]:
    """The fewest known words that make up a word; the word itself where they do not."""
    if token in known or not 2 <= len(token) <= _LONGEST:
        return (token,)
    best: list[tuple[str, ...] | None] = [(), *[None] * len(token)]
    for end in range(1, len(token) + 1):
        for start in range(end):
            before = best[start]
            word = token[start:end]
            if before is None or not _may_be(word, known, last=end == len(token)):
                continue
            found = (*before, _bare(word, known))
            if best[end] is None or len(found) < len(best[end] or ()):
                best[end] = found
    return best[-1] or (token,)


def _may_be(word: str, known: Collection[str], *, last: bool) -> bool:
    return word in known if last or not word.isascii() else bool(_bare(word, known))


def _bare(word: str, known: Collection[str]) -> str:
    """The known word without what joins it to the next; empty where it is none, or too short to be told."""
    ends = (word.removesuffix(joint) for joint in _JOINTS if word.endswith(joint))
    return next((one for one in ends if one in known and (len(one) >= _SHORTEST or not one.isascii())), "")
