"""How the report spells things: money, lengths, routes, links. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from tasks.domain.identity import number_text
from tasks.domain.money import ZERO, usd_text
from tasks.domain.result import STATUSES

Cells = Mapping[str, Any]

MARKS: Mapping[str, str] = {
    **dict(zip(STATUSES, STATUSES, strict=True)),
    "stand_in": "stand-in",
    "at_risk": "at risk",
    "waits": "to be chosen",
    "marked": "looks wrong",
}
OUTCOMES = {"late": "late clip", "moderated": "refused by policy", "pending": "not collected yet"}


def href(path: object) -> str:
    """A path of the target as a link that stays there, whatever a manifest says: no scheme, no host."""
    return quote(str(path or "").lstrip("/"), safe="/", errors="replace")


def route(one: Cells) -> str:
    """Gateway and model of a row or an attempt, as a config names them: ``pixazo:sora-2-pro``."""
    return ":".join(str(one[name]) for name in ("provider", "model") if one[name])


def word(one: Cells) -> str:
    """How an attempt ended, in the words of the report's legend."""
    return OUTCOMES.get(str(one["outcome"]), str(one["outcome"]))


def number(value: object) -> Decimal:
    """An amount or a measure, whether it comes as text or as a number; zero where there is none."""
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return ZERO


def usd(amount: object) -> str:
    """US dollars as the tables spell them, with the sign."""
    return f"${usd_text(amount) if isinstance(amount, Decimal) else amount}"


def plain(value: object) -> str:
    """A number with two decimals at most."""
    return number_text(round(number(value), 2))


def seconds(value: object) -> str:
    """A length such as ``7.96 s``; empty where there is none."""
    return f"{plain(value)} s" if value else ""


def film(value: object) -> str:
    """A running time such as ``13 min 20 s``."""
    minutes, rest = divmod(number(value), 60)
    return f"{minutes} min {plain(rest)} s" if minutes else f"{plain(value)} s"


def count(amount: int, noun: str) -> str:
    """``1 shot``, ``2 shots``."""
    return f"{amount} {noun}{'' if amount == 1 else 's'}"


def when(iso: str) -> str:
    """An ISO 8601 time as ``2026-11-26 17:04 UTC``; anything else as it is."""
    try:
        told = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{told if told.tzinfo is None else told.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
