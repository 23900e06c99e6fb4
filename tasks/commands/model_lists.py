"""What a gateway's own list of models says otherwise than the catalogue: capabilities and prices. Pure.

The list is OpenRouter's (https://openrouter.ai/docs/api/api-reference/video-generation/list-videos-models, read
2026-11-21), the only one of a known gateway that names them.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tasks.domain.model import Model
from tasks.domain.money import usd_text
from tasks.domain.order import Reply
from tasks.domain.pricing import UnknownPriceError, Usage
from tasks.domain.shot import Size
from tasks.providers._common import dig, is_ok, money_of, text_of

FRAMES = 24  # a second, by which video tokens are counted: width x height x frames / 1024


def differences(models: Sequence[Model], reply: Reply) -> list[str]:
    """One line for each thing that differs; empty where the list agrees with every entry."""
    listed = reply.data.get("data")
    if not is_ok(reply) or not isinstance(listed, list):
        return [f"its list of models cannot be read (answered {reply.status})"]
    entries = {text_of(dig(entry, "id")): entry for entry in listed if isinstance(entry, Mapping)}
    found: list[str] = []
    for model in models:
        lines = _against(model, entries[model.path]) if model.path in entries else ["is not on the gateway's list"]
        found += [f"{model.route}: {line}" for line in lines]
    return found


def _against(model: Model, entry: Mapping[str, Any]) -> list[str]:
    low, high = model.any_seconds or (0, -1)
    seconds = [str(length) for length in (*model.seconds, *range(low, high + 1))]
    lines = _sets("seconds", seconds, entry.get("supported_durations"))
    lines += _sets("sizes", [str(size) for size in model.sizes], entry.get("supported_sizes"))
    frames = entry.get("supported_frame_images")
    takes = "first_frame" in frames if isinstance(frames, list) else None
    flags = {"first frame": ("image_to_video" in model.modes, takes)}
    flags |= {"sound": (model.audio, entry.get("generate_audio")), "seed": (model.seed, entry.get("seed"))}
    lines += [
        f"{name}: {_yes(theirs)} there, {_yes(ours)} here"
        for name, (ours, theirs) in flags.items()
        if isinstance(theirs, bool) and theirs != ours
    ]
    return lines + _prices(model, entry.get("pricing_skus"))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _sets(name: str, ours: Collection[str], theirs: Any) -> list[str]:
    """What we offer and they do not; that they offer more is no risk to anybody."""
    if not isinstance(theirs, list):
        return []
    missing = [one for one in ours if one not in {text_of(value) for value in theirs}]
    return [f"{name}: no {', '.join(missing)} there"] if missing else []


def _prices(model: Model, skus: Any) -> list[str]:
    if not isinstance(skus, Mapping) or not skus:
        return []
    lines: dict[str, list[str]] = {}
    for size in model.sizes:
        theirs, ours = rate(skus, size), _ours(model, size)
        if theirs is None:
            named = ", ".join(f"{text_of(name)} = {text_of(value)}" for name, value in skus.items())
            return [f"its prices are not understood: {named}"[:300]]
        if ours is not None and theirs != ours:
            lines.setdefault(f"{usd_text(theirs)} USD/s there, {usd_text(ours)} here", []).append(str(size))
    return [f"{line} ({', '.join(sizes)})" for line, sizes in lines.items()]


def _ours(model: Model, size: Size) -> Decimal | None:
    """US dollars a second at this size as the catalogue has it."""
    try:
        return model.price.quote(Usage(Decimal(1), *size))
    except UnknownPriceError:
        return None


def rate(skus: Mapping[str, Any], size: Size) -> Decimal | None:
    """US dollars a second at this size: the highest of the prices that are meant for it; None where none is."""
    tier = f"{min(size.width, size.height)}p"
    own = {name: value for name, value in skus.items() if tier in name}
    general = {name: value for name, value in skus.items() if not any(f"{n}p" in name for n in range(10))}
    rates = [_rate(name, value, size) for name, value in (own or general).items()]
    return max((one for one in rates if one is not None), default=None)


def _rate(name: str, value: Any, size: Size) -> Decimal | None:
    amount = money_of(value)
    if amount is None:
        return None
    if "video_tokens" in name:
        return amount * (size.width * size.height * FRAMES // 1024)
    if "cents_per_second" in name:
        return amount / 100
    return amount if "duration_seconds" in name or "video-second" in name else None
