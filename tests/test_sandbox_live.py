"""The sandbox's later gateways are as strict as their documents: whatever these do not allow buys nothing."""

import base64
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.media import clip, picture

KEY = {"fal": "Key", "openai_videos": "Bearer", "openrouter": "Bearer", "runway": "Bearer"}
MORE = {"runway": {"X-Runway-Version": "2024-11-06"}}
TEXT, IMAGE = "/bytedance/seedance-2.0/text-to-video", "/bytedance/seedance-2.0/image-to-video"
KLING = "/fal-ai/kling-video/o3/standard/video-to-video/edit"
ORDER: dict[str, tuple[str, dict[str, Any], str]] = {  # path, a correct order of 4 s, its price
    "fal": (TEXT, {"prompt": "a boat", "duration": "4", "resolution": "720p", "aspect_ratio": "16:9"}, "1.2136"),
    "openai_videos": (
        "/v1/videos",
        {"model": "sora-2", "prompt": "a boat", "seconds": "4", "size": "1280x720"},
        "0.40",
    ),
    "openrouter": (
        "/api/v1/videos",
        {"model": "bytedance/seedance-2.0", "prompt": "a boat", "duration": 4, "size": "1280x720"},
        "0.6048",
    ),
    "runway": (
        "/v1/text_to_video",
        {"model": "seedance2", "promptText": "a boat", "ratio": "1280:720", "duration": 4},
        "1.44",
    ),
}
each = pytest.mark.parametrize("gateway", list(ORDER))


def inline(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


SMALL = inline(picture("a.png", (640, 360))[0], "image/png")
VIDEO = inline(clip((720, 1280), 5, "source"), "video/mp4")


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(job_seconds=0.0) as box:
        yield box


@pytest.fixture
def box(shared: Sandbox) -> Sandbox:
    shared.faults([])
    shared.reset()
    return shared


def post(box: Sandbox, gateway: str, path: str, body: Any, *, key: str = "", **headers: str) -> httpx.Response:
    auth = {"Authorization": f"{KEY[gateway]} {key or f'sandbox-{gateway}'}"}
    sent = {**auth, **MORE.get(gateway, {}), **headers}
    return httpx.post(box.base_url(gateway) + path, json=body, headers=sent, trust_env=False, verify=False)


@each
def test_a_correct_order_is_billed_by_the_price_list(box: Sandbox, gateway: str) -> None:
    """Taken, once, for exactly its price."""
    path, body, price = ORDER[gateway]
    assert post(box, gateway, path, body).status_code in (200, 202)
    assert box.billed(gateway) == Decimal(price) == box.billed() and len(box.jobs()) == 1


@each
def test_a_wrong_key_or_another_scheme_buys_nothing(box: Sandbox, gateway: str) -> None:
    """No key, a bad one, another gateway's, and the right one under another gateway's word."""
    path, body, _ = ORDER[gateway]
    wrong = "Bearer" if KEY[gateway] == "Key" else "Key"
    replies = [
        httpx.post(box.base_url(gateway) + path, json=body, headers=MORE.get(gateway), trust_env=False, verify=False),
        post(box, gateway, path, body, key="bad"),
        post(box, gateway, path, body, key="sandbox-pixazo"),
        post(box, gateway, path, body, Authorization=f"{wrong} sandbox-{gateway}"),
    ]
    assert [reply.status_code for reply in replies] == [401] * 4 and not box.jobs()


def test_runway_answers_nothing_without_its_version(box: Sandbox) -> None:
    """Neither an order nor a question, nor with another version."""
    path, body, _ = ORDER["runway"]
    assert post(box, "runway", path, body, **{"X-Runway-Version": "2023-01-01"}).status_code == 400
    bearer = {"Authorization": "Bearer sandbox-runway"}
    for call in ("/v1/tasks/x", "/v1/organization"):
        assert (
            httpx.get(box.base_url("runway") + call, headers=bearer, trust_env=False, verify=False).status_code == 400
        )
    assert not box.jobs()


WRONG: list[tuple[str, str, dict[str, Any], int]] = [
    ("fal", "", {"duration": 4}, 422),
    ("fal", "", {"duration": "16"}, 422),
    ("fal", "", {"resolution": "4k"}, 422),
    ("fal", "", {"aspect_ratio": "2:1"}, 422),
    ("fal", "", {"negative_prompt": "rain"}, 422),
    ("fal", "", {"image_url": SMALL}, 422),
    ("fal", IMAGE, {}, 422),
    ("fal", IMAGE, {"image_url": SMALL}, 422),  # another size than the clip's
    ("fal", "/bytedance/seedance-1.0/text-to-video", {}, 404),
    ("fal", KLING, {"video_url": VIDEO}, 422),  # told a length, which an edit takes from its source
    ("openai_videos", "", {"seconds": 4}, 400),
    ("openai_videos", "", {"seconds": "5"}, 400),
    ("openai_videos", "", {"size": "1792x1024"}, 400),
    ("openai_videos", "", {"duration": 4}, 400),
    ("openai_videos", "", {"input_reference": SMALL}, 400),
    ("openai_videos", "", {"input_reference": {"image_url": SMALL}}, 400),
    ("openai_videos", "", {"model": "sora-3"}, 404),
    ("openai_videos", "", {"model": "seedance-2.0"}, 400),  # that dialect counts a duration
    ("openrouter", "", {"duration": "4"}, 400),
    ("openrouter", "", {"duration": 16}, 400),
    ("openrouter", "", {"size": "1281x720"}, 400),
    ("openrouter", "", {"image": SMALL}, 400),
    ("openrouter", "", {"frame_images": [{"type": "image_url", "image_url": {"url": SMALL}}]}, 400),
    ("openrouter", "", {"model": "openai/sora-2"}, 404),
    ("runway", "", {"ratio": "16:9"}, 400),
    ("runway", "", {"duration": 3}, 400),
    ("runway", "", {"duration": "4"}, 400),
    ("runway", "", {"promptText": "a" * 3501}, 400),
    ("runway", "", {"prompt": "a boat"}, 400),
    ("runway", "", {"model": "aleph2"}, 400),
    ("runway", "/v1/image_to_video", {}, 400),
    ("runway", "/v1/image_to_video", {"promptImage": SMALL}, 400),
    ("runway", "/v1/image_to_video", {"promptImage": [{"uri": SMALL, "position": "first"}]}, 400),
    ("runway", "/v1/video_to_video", {"videoUri": VIDEO}, 400),
]


@pytest.mark.parametrize(("gateway", "path", "change", "status"), WRONG)
def test_an_order_that_the_documents_do_not_allow_is_refused(
    box: Sandbox, gateway: str, path: str, change: dict[str, Any], status: int
) -> None:
    """Wrong values, types, sizes, images, models and undocumented fields buy nothing."""
    own, body, _ = ORDER[gateway]
    reply = post(box, gateway, path or own, body | change)
    assert reply.status_code == status, reply.text
    assert box.billed() == 0 and not box.jobs()


@pytest.mark.parametrize(
    ("gateway", "path", "body"),
    [
        ("fal", KLING, {"prompt": "p", "video_url": VIDEO}),
        ("runway", "/v1/video_to_video", {"model": "aleph2", "promptText": "p", "videoUri": VIDEO}),
    ],
)
def test_an_edit_has_the_length_and_the_size_of_its_source(
    box: Sandbox, gateway: str, path: str, body: dict[str, Any]
) -> None:
    """And is billed for them; a source that is no video buys nothing."""
    assert post(box, gateway, path, body).status_code == 200
    assert [(job["seconds"], job["size"]) for job in box.jobs()] == [(5, "720x1280")]
    assert box.billed() == 5 * Decimal({"fal": "0.252", "runway": "0.28"}[gateway])
    name = "video_url" if gateway == "fal" else "videoUri"
    broken = inline(b"<!doctype html>", "video/mp4")
    assert post(box, gateway, path, body | {name: broken}).status_code in (400, 422) and len(box.jobs()) == 1


def test_a_form_with_another_file_or_none_of_the_kind_buys_nothing(box: Sandbox) -> None:
    """The only file is the reference image, of exactly the clip's size; a form goes to nobody who takes none."""
    url, auth = box.base_url("openai_videos") + "/v1/videos", {"Authorization": "Bearer sandbox-openai_videos"}
    fields = ORDER["openai_videos"][1]
    small, right = picture("a.png", (640, 360))[0], picture("a.png", (1280, 720))[0]
    told = [
        httpx.post(url, data=fields, files=files, headers=auth, trust_env=False, verify=False).status_code
        for files in (
            {"image": ("a.png", right, "image/png")},
            {"input_reference": ("a.png", small, "image/png")},
            {"input_reference": ("a.png", right, "image/jpeg")},
            {"input_reference": ("a.png", right, "image/png")},
        )
    ]
    assert told == [400, 400, 400, 200] and len(box.jobs()) == 1
    url = box.base_url("openrouter") + "/api/v1/videos"
    auth = {"Authorization": "Bearer sandbox-openrouter"}
    assert httpx.post(url, data={"prompt": "p"}, headers=auth, trust_env=False, verify=False).status_code == 400


def test_content_is_for_who_has_the_key_and_for_jobs_that_are_done(box: Sandbox) -> None:
    """401 without, 404 while it works, then the clip."""
    box.faults([{"do": "late", "seconds": 60, "times": 1, "prompt": "slow"}])
    path, body, _ = ORDER["openai_videos"]
    auth = {"Authorization": "Bearer sandbox-openai_videos"}
    slow, fast = (
        post(box, "openai_videos", path, body | {"prompt": word}).json()["id"] for word in ("slow boat", "fast boat")
    )
    base = box.base_url("openai_videos") + "/v1/videos/"
    assert httpx.get(f"{base}{fast}/content", trust_env=False, verify=False).status_code == 401
    assert httpx.get(f"{base}{slow}/content", headers=auth, trust_env=False, verify=False).status_code == 404
    assert httpx.get(f"{base}{fast}/content", headers=auth, trust_env=False, verify=False).content[4:8] == b"ftyp"
