"""What an entry says that a model takes is what its adapter sends; what it does not say is refused before any call."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.domain.errors import Refused
from tasks.domain.model import Inputs, Model, Route, why_not
from tasks.domain.order import Frame, Order, Reference
from tasks.domain.shot import Shot
from tests.providers import adapter

KNOWN = load_catalogue()
PAID = [model for model in KNOWN.models.values() if model.provider != "animatic" and not model.final_of]
ENDS = [model for model in PAID if model.last_image]
SHOWS = [model for model in PAID if model.references]
FRAMED = [model for model in PAID if "image_to_video" in model.modes]


def frame(model: Model, name: str) -> Frame:
    return Frame(name, model.sizes[0], "image/png", f"https://h.example/{name}.png", b"png")


def order_for(model: Model, *, last: bool = False, references: int = 0, framed: bool = True) -> Order:
    mode = "image_to_video" if framed else "text_to_video"
    seconds, size = Decimal(model.any_seconds[0] if model.any_seconds else model.seconds[0]), model.sizes[0]
    shot = Shot("a", 2, "", "x", mode, seconds, size, "cover")
    shown = tuple(Reference(f"r{n}", "a woman", frame(model, f"r{n}")) for n in range(references))
    route = Route(model, KNOWN.providers[model.provider].options)
    start = frame(model, "first") if framed else None
    order = Order(shot, route, seconds, size, "x", start, order_id="0" * 32)
    return replace(order, last_frame=frame(model, "last") if last else None, references=shown)


def sent(order: Order) -> str:
    request = adapter(order.route.model.provider).submit(order)
    return json.dumps([request.json, dict(request.form), sorted(request.files)])


@pytest.mark.parametrize("model", ENDS, ids=lambda model: model.route)
def test_a_last_picture_is_sent(model: Model) -> None:
    """Both frames stand in the body, the first one before the last; without a last one it is as ever."""
    both, one = sent(order_for(model, last=True)), sent(order_for(model))
    assert "/first.png" in both and "/last.png" in both
    assert "/last.png" not in one


def test_references_are_sent() -> None:
    """As many as an entry names stand in the body, whichever entries name some."""
    for model in SHOWS:
        framed = "image_to_video" in model.modes and not why_not(model, Inputs(image=True, references=1))
        body = sent(order_for(model, references=model.references, framed=framed))
        assert all(f"/r{n}.png" in body for n in range(model.references)), model.route


@pytest.mark.parametrize("model", [one for one in FRAMED if not one.last_image], ids=lambda model: model.route)
def test_what_the_entry_does_not_take_is_refused(model: Model) -> None:
    """An order that should never have come here leaves nothing out: it is not sent."""
    with pytest.raises(Refused, match="takes no last image"):
        adapter(model.provider).submit(order_for(model, last=True))


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("openrouter:bytedance/seedance-2.0", ['"frame_type": "first_frame"', '"frame_type": "last_frame"']),
        ("fal:bytedance/seedance-2.0/image-to-video", ['"end_image_url": "https://h.example/last.png"']),
        ("runway:seedance2", ['"position": "first"', '"position": "last"']),
        ("aivideoapi:doubao-seedance-2.0", ['"generation_type": "first_and_last_frames"']),
    ],
)
def test_each_gateway_by_its_own_words(route: str, words: list[str]) -> None:
    """As its documents spell it."""
    body = sent(order_for(KNOWN.models[route], last=True))
    assert all(word in body for word in words)
