"""What the tests of the adapters share: orders, replies, and the recorded samples."""

import importlib
import json
import pkgutil
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tasks import providers
from tasks.domain.model import Model, Route
from tasks.domain.order import Frame, Order, Reply, SourceClip
from tasks.domain.shot import Mode, Shot, Size

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(module.name for module in pkgutil.iter_modules(providers.__path__) if not module.name.startswith("_"))
PNG = "data:image/png;base64,iVBORw0KGgo="
URL = "https://media.example/frame.png"


@cache
def adapter(name: str) -> ModuleType:
    return importlib.import_module(f"tasks.providers.{name}")


def order_of(
    provider: str,
    mode: Mode = "text_to_video",
    *,
    sent_s: str = "8",
    size: str = "1280x720",
    image: str = URL,
    source: SourceClip | None = None,
    options: dict[str, Any] | None = None,
    shot: dict[str, Any] | None = None,
    **model: Any,
) -> Order:
    """An order with everything that its mode needs; ``model`` and ``shot`` change the entries."""
    entry: dict[str, Any] = {"modes": ("text_to_video", "image_to_video", "remix"), "seconds": (4, 8, 12)}
    route = Route(Model(**{"provider": provider, "name": "m/1", "source": "", "checked": ""} | entry | model))
    measure = Size.parse(size)
    row: dict[str, Any] = {"seconds": Decimal(5), "size": measure, "fit": "cover"} | (shot or {})
    frame = Frame("d", measure, "image/png", image) if mode == "image_to_video" and image else None
    return Order(
        shot=Shot("sh010", 2, "", "as on the board", mode, **row),
        route=Route(route.model, options or {}),
        seconds=Decimal(sent_s),
        size=measure,
        prompt="as sent",
        frame=frame,
        source=source,
    )


@dataclass(frozen=True)
class Sample:
    """One recorded reply and what it has to mean."""

    name: str
    provider: str
    phase: str
    reply: Reply
    expect: str
    told: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def sample_of(path: Path) -> Sample:
    raw = json.loads(path.read_text("utf-8"))
    body = raw["text"].encode() if "text" in raw else json.dumps(raw["body"]).encode() if "body" in raw else b""
    reply = Reply(raw["status"], body, {name.lower(): value for name, value in raw.get("headers", {}).items()})
    keys = ("about", "phase", "status", "headers", "body", "text", "expect", "options")
    told = {key: value for key, value in raw.items() if key not in keys}
    options = raw.get("options", {})
    return Sample(path.stem, path.parent.name, raw["phase"], reply, raw["expect"], told, options)


@cache
def samples_of(provider: str) -> list[Sample]:
    return [sample_of(path) for path in sorted((SAMPLES / provider).glob("*.json"))]
