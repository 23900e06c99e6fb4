"""What the gateways' own clients need of the sandbox and found missing; they themselves are no part of the check."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tasks.config.catalogue import load_catalogue
from tasks.domain.pricing import Usage
from tests.sandbox import Sandbox
from tests.sandbox.gateways import all_gateways
from tests.sandbox.gateways.openrouter import RATIOS
from tests.sandbox.gateways.runway import _frames
from tests.sandbox.protocol import Call, Job, Options, Refusal


def job_of(gateway: str, model: str) -> Job:
    price = all_gateways()[gateway].price(model, (1280, 720), 5)
    return Job("1", gateway, 1, "p", model, 5, (1280, 720), price, token="t", created=0, done_at=0)


@pytest.mark.parametrize(
    ("gateway", "model", "word", "field"),
    [
        ("fal", "bytedance/seedance-2.0/text-to-video", "IN_QUEUE", "queue_position"),
        ("runway", "gen4.5", "RUNNING", "progress"),
    ],
)
def test_what_a_client_reads_while_it_waits(gateway: str, model: str, word: str, field: str) -> None:
    """fal-client takes a place in the queue for given, runwayml a progress."""
    body: Any = all_gateways()[gateway].pending(job_of(gateway, model), word).body
    assert body["status"] == word and field in body


def test_an_image_by_its_address_alone() -> None:
    """runwayml documents a text in place of the list of images."""
    assert _frames("https://m.example/a.png") == {"first": "https://m.example/a.png"}


def test_a_size_by_resolution_and_ratio() -> None:
    """openrouter sends either; both at once are refused."""
    body: dict[str, Any] = {
        "model": "bytedance/seedance-2.0",
        "prompt": "p",
        "resolution": "720p",
        "aspect_ratio": "9:16",
    }
    wish: Callable[[Mapping[str, Any]], Any] = lambda sent: all_gateways()["openrouter"].wish(called(sent))  # noqa: E731
    assert wish(body).size == RATIOS["9:16"]
    with pytest.raises(Refusal, match="size stands for"):
        wish(body | {"size": "1280x720"})


def test_ark_takes_null_for_what_is_not_said() -> None:
    """Its published client sends every field that it knows; what is no object stays none."""
    read = all_gateways()["modelark"].read
    assert read({"model": "m", "draft": None, "content": [{"type": "text", "role": None}]}) == {
        "model": "m",
        "content": [{"type": "text", "role": None}],
    }
    assert read([]) is None


def test_google_takes_contents_in_a_step_of_the_user() -> None:
    """Its published client wraps them so; its pages show them bare, and an order of anything else stays as it is."""
    read = all_gateways()["gemini"].read
    bare = {"model": "m", "input": [{"type": "image", "data": "QQ==", "mime_type": "image/png"}, {"type": "text"}]}
    assert read(bare | {"input": [{"type": "user_input", "content": bare["input"]}]}) == bare == read(bare)
    odd = {"input": [{"type": "user_input", "content": [], "role": "user"}]}
    assert read(odd) == odd and read([]) is None


def called(body: Mapping[str, Any]) -> Call:
    return Call("/api/v1/videos", "http://here", dict(body), Options(), lambda job: None, lambda job: True)


TEXT, IMAGE = "bytedance/seedance-2.0/text-to-video", "bytedance/seedance-2.0/image-to-video"
LIVE = {
    "fal": (f"/{TEXT}", {"prompt": "p", "duration": "4"}, {"Authorization": "Key sandbox-fal"}),
    "runway": (
        "/v1/text_to_video",
        {"model": "gen4.5", "promptText": "p", "ratio": "1280:720", "duration": 5},
        {"Authorization": "Bearer sandbox-runway", "X-Runway-Version": "2024-11-06"},
    ),
    "openai_videos": ("/v1/videos", {"prompt": "p"}, {"Authorization": "Bearer sandbox-openai_videos"}),
    "aigateway": (
        "/v1/videos/generations",
        {"model": "openai/sora-2-text-to-video-pro", "prompt": "p"},
        {"Authorization": "Bearer sandbox-aigateway"},
    ),
}
STATUS = {
    "fal": ("request_id", "/bytedance/seedance-2.0/requests/{}/status"),
    "runway": ("id", "/v1/tasks/{}"),
    "openai_videos": ("id", "/v1/videos/{}"),
    "aigateway": ("id", "/v1/jobs/{}"),
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(job_seconds=0) as served:
        yield served


class Owner:
    """One gateway of the sandbox, and a job there."""

    def __init__(self, box: Sandbox, gateway: str, *, works: bool = True, **more: object) -> None:
        box.reset()
        box.faults([{"do": "stuck"}] if works else [])
        path, body, headers = LIVE[gateway]
        self.box, self.gateway = box, gateway
        self.client = httpx.Client(base_url=box.base_url(gateway), headers=headers, trust_env=False, verify=False)
        self.made = self.client.post(more.pop("path", path), json=body | more)  # type: ignore[arg-type]  # a text
        name, status = STATUS[gateway]
        self.job = self.made.json().get(name, "")
        self.status = status.format(self.job)

    def ask(self) -> httpx.Response:
        return self.client.get(self.status)


Ordered = Callable[..., Owner]


@pytest.fixture
def order(box: Sandbox) -> Iterator[Ordered]:
    """Make an owner of a fresh job at a gateway."""
    with contextlib.ExitStack() as stack:

        def made(gateway: str, **more: object) -> Owner:
            owner = Owner(box, gateway, **more)  # type: ignore[arg-type]  # whatever a body holds
            stack.callback(owner.client.close)
            return owner

        yield made


@pytest.mark.parametrize("gateway", LIVE)
def test_whoever_gives_a_job_up_ends_it(box: Sandbox, order: Ordered, gateway: str) -> None:
    """fal by PUT, Runway and the /v1/videos family by DELETE, AIgateway by either of its two ways."""
    owner = order(gateway)
    cancels: dict[str, tuple[str, str, int]] = {
        "fal": ("PUT", owner.status.replace("/status", "/cancel"), 202),
        "runway": ("DELETE", owner.status, 204),
        "openai_videos": ("DELETE", owner.status, 200),
        "aigateway": ("POST", f"{owner.status}/cancel", 200),
    }
    verb, path, status = cancels[gateway]
    assert owner.client.request(verb, path).status_code == status
    after = owner.ask()
    if gateway in ("runway", "openai_videos"):
        assert after.status_code == 404, "nobody can ask after it again"
    elif gateway == "fal":
        assert (after.json()["status"], "Cancelled" in after.json()["error"]) == ("COMPLETED", True)
    else:
        assert after.json()["status"] == "cancelled"
    assert (box.billed(gateway) == 0) == (gateway != "openai_videos")


def test_a_fal_request_that_is_over_or_unknown_cannot_be_cancelled(box: Sandbox, order: Ordered) -> None:
    """400 with ALREADY_COMPLETED and 404 with NOT_FOUND, and the clip is paid for."""
    owner = order("fal", works=False)
    path = owner.status.replace("/status", "/cancel")
    late, unknown = owner.client.put(path), owner.client.put(path.replace(owner.job, "other"))
    assert (late.status_code, late.json()["status"]) == (400, "ALREADY_COMPLETED")
    assert (unknown.status_code, unknown.json()["status"]) == (404, "NOT_FOUND")
    assert box.billed("fal") == 4 * Decimal("0.3034")


def test_a_runway_task_at_work_is_not_refunded(box: Sandbox, order: Ordered) -> None:
    """Its published client says so: whoever deletes a task that runs pays for it."""
    owner = order("runway")
    while owner.ask().json()["status"] != "RUNNING":
        pass
    owner.client.delete(owner.status)
    assert box.billed("runway") == Decimal("0.60")


@pytest.mark.parametrize(
    ("fields", "size", "seconds"),
    [
        ({"resolution": "480p", "aspect_ratio": "16:9"}, "864x496", 4),
        ({"resolution": "480p", "aspect_ratio": "9:16"}, "496x864", 4),
        ({"aspect_ratio": "21:9"}, "1470x630", 4),
        ({"aspect_ratio": "auto", "duration": "auto"}, "1280x720", 5),
        ({"resolution": "1080p", "aspect_ratio": "3:4"}, "1248x1664", 4),
    ],
    ids=str,
)
def test_fals_sizes_and_what_it_picks_itself(
    box: Sandbox, order: Ordered, fields: dict[str, str], size: str, seconds: int
) -> None:
    """480p comes as 864x496; what is left to the model is picked."""
    assert order("fal", **fields).made.status_code == 200
    [job] = box.jobs("fal")
    assert (job["size"], job["seconds"]) == (size, seconds)


def test_fals_frames(box: Sandbox, order: Ordered) -> None:
    """A first frame of any size, whose shape is taken for auto, and a last one; text to video takes none."""
    first, last = box.image_url("a.png", "900x1600"), box.image_url("b.png", "640x640")
    frames = {"image_url": first, "end_image_url": last}
    assert order("fal", path=f"/{IMAGE}", **frames).made.status_code == 200
    assert box.jobs("fal")[0]["size"] == "720x1280"
    assert order("fal", path=f"/{IMAGE}", **frames | {"end_image_url": f"{box.url}/none"}).made.status_code == 422
    assert order("fal", end_image_url=last).made.status_code == 422


@pytest.mark.parametrize("size", ["1280x720", "720x1280", "854x480", "480x854", "1920x1080", "1080x1920"])
@pytest.mark.parametrize("name", [TEXT, IMAGE])
def test_no_clip_of_fal_costs_more_than_its_quote(box: Sandbox, order: Ordered, name: str, size: str) -> None:
    """Each size that the catalogue offers, as the adapter sends it, against the sandbox's bill by tokens."""
    model = load_catalogue().models[f"fal:{name}"]
    width, height = map(int, size.split("x"))
    ratio, more = "16:9" if width > height else "9:16", {}
    if name == IMAGE:
        more = {"image_url": box.image_url("a.png", size)}
    order("fal", path=f"/{name}", resolution=f"{min(width, height)}p", aspect_ratio=ratio, **more)
    quote = model.price.quote(Usage(Decimal(4), width, height))
    assert quote - Decimal("0.001") <= box.billed("fal") <= quote + Decimal("0.001")


def test_every_field_of_openrouters_list_is_there() -> None:
    """Its client wants them, null or not."""
    listed: Any = all_gateways()["openrouter"].free("/api/v1/videos/models", Decimal(1)).body
    wanted = {
        "creativity",
        "generate_audio",
        "seed",
        "supported_aspect_ratios",
        "supported_durations",
        "upscale_factor",
    }
    wanted |= {"supported_frame_images", "supported_resolutions", "supported_sizes", "pricing_skus", "hugging_face_id"}
    assert all(wanted <= set(entry) for entry in listed["data"])
    assert any(entry["supported_sizes"] is None for entry in listed["data"]), "some models list no sizes"


@pytest.mark.parametrize("name", ["seedance2", "seedance2_fast", "seedance2_mini", "gen4.5", "gen4_turbo"])
def test_no_task_of_runway_costs_more_than_its_quote(box: Sandbox, order: Ordered, name: str) -> None:
    """Each size that the catalogue offers, as the adapter sends it, against the sandbox's bill in credits."""
    model, path = load_catalogue().models[f"runway:{name}"], "/v1/image_to_video"
    for size in model.sizes:
        more = {"promptImage": box.image_url("a.png", str(size)), "ratio": f"{size.width}:{size.height}"}
        assert order("runway", path=path, model=name, **more).made.status_code == 200, size
        assert box.billed("runway") == model.price.quote(Usage(Decimal(5), size.width, size.height)), size
