"""Numbers, dates and lengths of a workbook -> the text that its program shows for them. Pure.

A cell holds ``0.0000925925`` and a format ``h:mm:ss``; a person sees ``0:00:08`` and means that.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

GENERAL = "General"
BUILTIN: Mapping[int, str] = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00"},
    **{14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM"},
    **{20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00"},
    **{45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "0.0E+0", 49: "@"},
    **dict.fromkeys((27, 28, 29, 30, 31, 36, *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((32, 34), "h:mm"),
    **dict.fromkeys((33, 35), "h:mm:ss"),
}
_DIGITS = frozenset("0#?,.")
_MOST = 255  # characters of a format that are looked at
_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|AM/PM|A/P|General|y+|m+|d+|h+|s+(?:\.0+)?|e+|.', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")
_PLACES = re.compile(r"[0#?][0#?,.]*")


@lru_cache(maxsize=4096)
def shown(value: str, code: str, *, from_1904: bool = False) -> str:
    """The text of a stored number in a format of its workbook; the number itself where the format is none.

    ``from_1904`` says that days are counted from 1904, as workbooks of old Macs do.
    """
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or len(value) > _MOST:
        return value
    if number and not Decimal("1e-30") < abs(number) < Decimal("1e15"):
        return general(number)
    section, size = _section(code[:_MOST], number)
    tokens = _tokens(section)
    if any(_is_time(token) for token in tokens):
        return _moment(number, tokens, from_1904) or general(number)
    if "@" in tokens or "/" in tokens or any(token.lower() == "general" for token in tokens):
        literals = [_literal(sign) if sign.lower() not in ("general", "@") else "\0" for sign in tokens]
        joined = "".join(literals)
        return joined.replace("\0", general(number)) if "\0" in joined else general(number)
    return _figures(number, size, section, tokens)


def worded(text: str, code: str) -> str:
    """A text cell in a format that adds words to it, such as ``@" sec"``."""
    section = _sections(code[:_MOST])[-1]
    tokens = _tokens(section)
    return "".join(text if sign == "@" else _literal(sign) for sign in tokens) if "@" in tokens else text


def general(number: Decimal) -> str:
    """A number as a cell without a format shows it: up to ten digits, no trailing zeros."""
    if number and (abs(number) >= Decimal("1e11") or abs(number) < Decimal("1e-9")):
        return f"{number:.5E}".replace("E+", "E+0" if abs(number) < Decimal("1e10") else "E+")
    text = f"{float(number):.10g}" if number != number.to_integral_value() else str(int(number))
    return f"{Decimal(text):f}"


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[str, ...]:
    parts, quoted = [""], False
    for at, sign in enumerate(code):
        quoted ^= sign == '"'
        if sign == ";" and not quoted and code[at - 1 : at] != "\\":
            parts.append("")
        else:
            parts[-1] += sign
    return tuple(parts)


def _section(code: str, number: Decimal) -> tuple[str, Decimal]:
    """The part of a format that a number is shown by, and the number as that part takes it."""
    parts = _sections(code)
    conditions = [_CONDITION.search(part) for part in parts]
    for part, found in zip(parts, conditions, strict=True):
        if found and _holds(number, found[1], Decimal(found[2])):
            return part, number
    if any(conditions):
        return next((part for part, found in zip(parts, conditions, strict=True) if not found), GENERAL), number
    if number < 0 and len(parts) > 1 and parts[1]:
        return parts[1], -number
    if number == 0 and len(parts) > 2 and parts[2]:
        return parts[2], number
    return parts[0] or GENERAL, number


def _holds(number: Decimal, sign: str, bound: Decimal) -> bool:
    return {
        "<": number < bound,
        ">": number > bound,
        "=": number == bound,
        "<=": number <= bound,
        ">=": number >= bound,
        "<>": number != bound,
    }[sign]


@lru_cache(maxsize=256)
def _tokens(section: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(section))


def _is_time(token: str) -> bool:
    return token[0] in "yYmMdDhHsS" or _ELAPSED.fullmatch(token) is not None


def _literal(token: str) -> str:
    if token[0] == '"':
        return token[1:-1]
    if token[0] == "\\":
        return token[1:]
    if token[0] == "[":
        found = re.match(r"\[\$([^-\]]*)", token)
        return found[1] if found else ""
    return "" if token[0] in "_*" and len(token) == 2 else token


def _figures(number: Decimal, size: Decimal, section: str, tokens: tuple[str, ...]) -> str:
    """A number by its placeholders: decimals, leading zeros, thousands, per cent, powers of ten."""
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "\0", section)
    spans = _PLACES.findall(bare)
    if not spans:
        return "".join(_literal(token) for token in tokens)
    if (power := re.search(r"([0#?.,]+)E[+-](0+)", bare)) is not None:
        decimals = len(re.sub(r"[^0#?]", "", power[1].partition(".")[2]))
        head, _, tail = f"{size:.{decimals}E}".partition("E")
        return f"{head}E{tail[0]}{tail[1:].zfill(len(power[2]))}"
    if len(spans) > 1:
        return general(number)  # digits in groups with words between them
    body = _filled(size * 100 ** bare.count("%"), spans[0])
    before, after, placed = "", "", False
    for token in tokens:
        if token in _DIGITS:
            placed = True
        elif placed:
            after += _literal(token)
        else:
            before += _literal(token)
    sign = "-" if size < 0 and body.strip("0.,") else ""
    return f"{sign}{before}{body.lstrip('-')}{after}".strip()


def _filled(size: Decimal, places: str) -> str:
    scaled = places.rstrip(",")
    size = abs(size) / 1000 ** (len(places) - len(scaled))
    whole, _, part = scaled.partition(".")
    most, least = len(re.sub(r"[^0#?]", "", part)), part.count("0")
    text = f"{size.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP):f}"
    digits, _, decimals = text.partition(".")
    while len(decimals) > least and decimals.endswith("0"):
        decimals = decimals[:-1]
    digits = digits.lstrip("0").zfill(whole.count("0")) if digits.strip("0") or "0" in whole else ""
    if "," in whole:
        digits = f"{int(digits or 0):,}"
    return f"{digits}.{decimals}" if decimals else digits


def _moment(number: Decimal, tokens: tuple[str, ...], from_1904: bool) -> str:
    """A day and time by the letters of a format; empty where the number is no day that there is."""
    digits = max([len(t.partition(".")[2]) for t in tokens if t[0] in "sS" and "." in t], default=0)
    if abs(number) > 2_958_465:  # the last day of the year 9999
        return ""
    seconds = (abs(number) * 86400).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    days, rest = divmod(seconds, 86400)
    start = dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30 if days > 59 else 31)
    try:
        day = start + dt.timedelta(days=int(days))
    except OverflowError:
        return ""
    half = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    pieces = [_piece(token, minute, day, rest, seconds, half) for token, minute in _minutes(tokens)]
    return f"{'-' if number < 0 else ''}{''.join(pieces)}".strip()


def _minutes(tokens: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Each token, and whether it is an ``m`` that stands for minutes: after hours, or in front of seconds."""
    timed = [at for at, token in enumerate(tokens) if _is_time(token)]
    for at, token in enumerate(tokens):
        if token[0] not in "mM":
            yield token, False
            continue
        place = timed.index(at)
        before = tokens[timed[place - 1]].strip("[")[0].lower() if place else ""
        after = tokens[timed[place + 1]].strip("[")[0].lower() if place + 1 < len(timed) else ""
        yield token, len(token) < 3 and (before == "h" or after == "s")


def _piece(token: str, minute: bool, day: dt.date, rest: Decimal, seconds: Decimal, half: bool) -> str:
    kind, wide = token[0].lower(), len(token.partition(".")[0])
    if found := _ELAPSED.fullmatch(token):
        unit = {"h": 3600, "m": 60, "s": 1}[found[1][0].lower()]
        return f"{int(seconds // unit):0{len(found[1])}d}"
    if token.upper() in ("AM/PM", "A/P"):
        return ("AM" if rest < 43200 else "PM")[: 1 if len(token) == 3 else 2]
    hour = int(rest // 3600)
    if kind == "h":
        return f"{(hour % 12 or 12) if half else hour:0{min(wide, 2)}d}"
    if kind == "s":
        part = token.partition(".")[2]
        return f"{rest % 60:0{min(wide, 2) + (1 + len(part) if part else 0)}.{len(part)}f}"
    if minute:
        return f"{int(rest // 60 % 60):0{min(wide, 2)}d}"
    return _dated(kind, wide, day) if kind in "ymde" else _literal(token)


def _dated(kind: str, wide: int, day: dt.date) -> str:
    if kind in "ye":
        return f"{day.year:04d}"[-2 if kind == "y" and wide < 3 else 0 :]
    if wide < 3:
        return f"{day.month if kind == 'm' else day.day:0{wide}d}"
    name = f"{day:%b}" if kind == "m" and wide == 3 else f"{day:%B}" if kind == "m" else ""
    return name or f"{day:%a}" if wide == 3 else name or f"{day:%A}"
