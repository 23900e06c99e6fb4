"""What an entry says that a model takes is what its adapter sends; what it does not say is refused before any call."""

import base64
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.domain.errors import Refused
from tasks.domain.model import Inputs, Model, Route, why_not
from tasks.domain.order import Frame, Order, Reference, SourceClip
from tasks.domain.shot import Mode, Shot, Size
from tests.providers import adapter

KNOWN = load_catalogue()
PAID = [model for model in KNOWN.models.values() if model.provider != "animatic" and not model.final_of]
ENDS = [model for model in PAID if model.last_image]
SHOWS = [model for model in PAID if model.references]
FRAMED = [model for model in PAID if "image_to_video" in model.modes]
BOTH = "gemini:gemini-omni-1.1-flash"


def address(model: Model, name: str) -> str:
    """Of a picture, in the way in which the model takes it."""
    inline = base64.b64encode(name.encode()).decode()
    return f"https://h.example/{name}.png" if "url" in model.images else f"data:image/png;base64,{inline}"


def frame(model: Model, name: str) -> Frame:
    return Frame(name, model.sizes[0], "image/png", address(model, name), b"png")


def mark(model: Model, name: str) -> str:
    """What of a picture's address stands in a body that holds it."""
    return f"/{name}.png" if "url" in model.images else f'"{base64.b64encode(name.encode()).decode()}"'


def order_for(
    model: Model, *, last: bool = False, references: int = 0, mode: Mode = "image_to_video", size: Size | None = None
) -> Order:
    seconds, size = Decimal(model.any_seconds[0] if model.any_seconds else model.seconds[0]), size or model.sizes[0]
    shot = Shot("a", 2, "", "x", mode, seconds, size, "cover")
    shown = tuple(Reference(f"r{n}", "a woman", frame(model, f"r{n}")) for n in range(references))
    route = Route(model, KNOWN.providers[model.provider].options)
    start = frame(model, "first") if mode == "image_to_video" else None
    source = SourceClip("https://h.example/source.mp4") if mode == "remix" else None
    order = Order(shot, route, seconds, size, "x", start, source, order_id="0" * 32)
    return replace(order, last_frame=frame(model, "last") if last else None, references=shown)


def sent(order: Order) -> str:
    request = adapter(order.route.model.provider).submit(order)
    return json.dumps([request.url, request.json, dict(request.form), sorted(request.files)])


@pytest.mark.parametrize("model", ENDS, ids=lambda model: model.route)
def test_a_last_picture_is_sent(model: Model) -> None:
    """Both frames stand in the body, the first one before the last; without a last one it is as ever."""
    both, one = sent(order_for(model, last=True)), sent(order_for(model))
    assert 0 < both.index(mark(model, "first")) < both.index(mark(model, "last"))
    assert mark(model, "last") not in one and mark(model, "first") in one


@pytest.mark.parametrize("model", SHOWS, ids=lambda model: model.route)
def test_references_are_sent(model: Model) -> None:
    """As many as an entry names stand in the body, in their order and in every mode that takes them; no more do."""
    modes = [mode for mode in model.modes if not why_not(model, Inputs(mode == "image_to_video", references=1))]
    assert modes
    for mode in modes:
        body = sent(order_for(model, references=model.references, mode=mode))
        places = [body.index(mark(model, f"r{n}")) for n in range(model.references)]
        assert places == sorted(places)
        assert mark(model, "r0") not in sent(order_for(model, mode=mode))
        with pytest.raises(Refused, match="reference pictures, not"):
            adapter(model.provider).submit(order_for(model, references=model.references + 1, mode=mode))


@pytest.mark.parametrize(
    "model", [one for one in SHOWS if ("image", "references") in one.excludes], ids=lambda model: model.route
)
def test_frames_and_references_are_never_sent_together(model: Model) -> None:
    """Where an entry excludes both, an order that holds both is refused before any call."""
    with pytest.raises(Refused, match="image or references, not both"):
        adapter(model.provider).submit(order_for(model, references=1))


@pytest.mark.parametrize("model", [one for one in PAID if one.limits], ids=lambda model: model.route)
def test_what_an_input_limits_is_refused(model: Model) -> None:
    """A longer clip or a larger size than goes with the input is not sent."""
    [(name, limit)] = model.limits.items()
    holds = {"last": True} if name == "last_image" else {"references": 1, "mode": "text_to_video"}
    order = order_for(model, **holds)  # type: ignore[arg-type]  # a table of values
    with pytest.raises(Refused, match=f"to {limit.seconds} seconds"):
        adapter(model.provider).submit(replace(order, seconds=Decimal(limit.seconds + 1)))
    adapter(model.provider).submit(replace(order, seconds=Decimal(limit.seconds)))
    if large := [size for size in model.sizes if limit.side and min(size) > limit.side]:
        with pytest.raises(Refused, match="takes 1280x720"):
            adapter(model.provider).submit(replace(order, size=large[0]))


@pytest.mark.parametrize("model", [one for one in FRAMED if not one.last_image], ids=lambda model: model.route)
def test_what_the_entry_does_not_take_is_refused(model: Model) -> None:
    """An order that should never have come here leaves nothing out: it is not sent."""
    with pytest.raises(Refused, match="takes no last image"):
        adapter(model.provider).submit(order_for(model, last=True))


FIRST, LAST = "https://h.example/first.png", "https://h.example/last.png"
R0, R1 = "https://h.example/r0.png", "https://h.example/r1.png"
WORDS = [  # route, inputs, what stands in the request
    (
        "openrouter:bytedance/seedance-2.0",
        {"last": True},
        f'"frame_images": [{{"type": "image_url", "image_url": {{"url": "{FIRST}"}}, "frame_type": "first_frame"}}, '
        f'{{"type": "image_url", "image_url": {{"url": "{LAST}"}}, "frame_type": "last_frame"}}]',
    ),
    (
        "openrouter:bytedance/seedance-2.0",
        {"references": 1},
        f'"input_references": [{{"type": "image_url", "image_url": {{"url": "{R0}"}}}}]',
    ),
    ("fal:bytedance/seedance-2.0/image-to-video", {"last": True}, f'"end_image_url": "{LAST}"'),
    ("fal:bytedance/seedance-2.0/reference-to-video", {"references": 2}, f'"image_urls": ["{R0}", "{R1}"]'),
    (
        "fal:bytedance/seedance-2.0/reference-to-video",
        {"references": 2},
        '"/bytedance/seedance-2.0/reference-to-video"',
    ),
    (
        "runway:seedance2",
        {"last": True},
        f'"promptImage": [{{"uri": "{FIRST}", "position": "first"}}, {{"uri": "{LAST}", "position": "last"}}]',
    ),
    ("runway:seedance2", {"references": 2}, f'"references": [{{"uri": "{R0}"}}, {{"uri": "{R1}"}}]'),
    ("runway:seedance2", {"references": 2}, '"/v1/text_to_video"'),
    (
        "aivideoapi:doubao-seedance-2.0",
        {"last": True},
        f'"image_urls": ["{FIRST}", "{LAST}"], "generation_type": "first_and_last_frames"',
    ),
    (
        "aivideoapi:doubao-seedance-2.0",
        {"references": 2},
        f'"image_urls": ["{R0}", "{R1}"], "generation_type": "omni_reference"',
    ),
    (
        "runware:bytedance:seedance@2.0",
        {"last": True},
        f'"inputs": {{"frameImages": [{{"image": "{FIRST}", "frame": "first"}}, '
        f'{{"image": "{LAST}", "frame": "last"}}]}}',
    ),
    ("runware:bytedance:seedance@2.0", {"references": 2}, f'"inputs": {{"referenceImages": ["{R0}", "{R1}"]}}'),
    (
        "modelark:dreamina-seedance-2-0-260128",
        {"last": True},
        f'{{"type": "image_url", "image_url": {{"url": "{LAST}"}}, "role": "last_frame"}}',
    ),
    (
        "modelark:dreamina-seedance-2-5-260628",
        {"references": 1},
        f'{{"type": "image_url", "image_url": {{"url": "{R0}"}}, "role": "reference_image"}}], "ratio": "16:9"',
    ),
    ("xai:grok-imagine-video-1.5", {"last": True}, f'"image": {{"url": "{FIRST}"}}, "last_frame": {{"url": "{LAST}"}}'),
    ("xai:grok-imagine-video", {"references": 2}, f'"reference_images": [{{"url": "{R0}"}}, {{"url": "{R1}"}}]'),
    (BOTH, {"last": True}, '"text": "[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] x"'),
    (BOTH, {"last": True}, '{"task": "image_to_video"}'),
    (
        BOTH,
        {"references": 2},
        '"text": "[# References <IMAGE_REF_0>@Image1 <IMAGE_REF_1>@Image2] x Use the given image',
    ),
    (BOTH, {"references": 2}, '{"task": "reference_to_video"}'),
    (
        BOTH,
        {"references": 1, "mode": "image_to_video"},
        '"text": "[# Sources <FIRST_FRAME>@Image1] [# References <IMAGE_REF_0>@Image2] x"',
    ),
    (BOTH, {}, '"text": "x"'),
    (
        "dashscope:wan3.0-video",
        {"last": True},
        f'"media": [{{"type": "first_frame", "url": "{FIRST}"}}, {{"type": "last_frame", "url": "{LAST}"}}]',
    ),
    ("dashscope:wan3.0-video", {"references": 1}, f'"media": [{{"type": "reference_image", "url": "{R0}"}}]'),
    ("dashscope:wan3.0-video", {"references": 1}, '"ratio": "16:9"'),
    (
        "dashscope:wan2.7-videoedit",
        {"references": 1, "mode": "remix"},
        f'{{"type": "video", "url": "https://h.example/source.mp4"}}, {{"type": "reference_image", "url": "{R0}"}}',
    ),
    (
        "minimax:MiniMax-H3",
        {"last": True},
        f'{{"type": "image_url", "image_url": {{"url": "{LAST}"}}, "role": "last_frame"}}',
    ),
    (
        "minimax:MiniMax-H3",
        {"references": 1},
        f'{{"type": "image_url", "image_url": {{"url": "{R0}"}}, "role": "reference_image"}}',
    ),
]


@pytest.mark.parametrize(("route", "held", "words"), WORDS)
def test_each_gateway_by_its_own_words(route: str, held: dict[str, object], words: str) -> None:
    """As its documents spell it, and in the place where they have it."""
    mode = {"mode": "text_to_video"} if "references" in held else {}
    assert words in sent(order_for(KNOWN.models[route], **(mode | held)))  # type: ignore[arg-type]  # a table


def test_frames_and_references_together_have_no_task() -> None:
    """Google documents both in one order, and no name for it."""
    body = sent(order_for(KNOWN.models[BOTH], last=True, references=1))
    assert "<LAST_FRAME>@Image2] [# References <IMAGE_REF_0>@Image3]" in body and "video_config" not in body


def test_a_last_frame_goes_to_xai_under_the_name_that_the_config_gives() -> None:
    """No document has its name in JSON."""
    order = order_for(KNOWN.models["xai:grok-imagine-video-1.5"], last=True)
    renamed = replace(order, route=Route(order.route.model, {"last_frame_field": "end_frame"}))
    assert f'"end_frame": {{"url": "{LAST}"}}' in sent(renamed)
