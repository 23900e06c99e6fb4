"""The gateways' own clients at the sandbox, from order to file, waiting with their own helpers; with a last picture,
with references and with sound, where the client has a name for them.

Run by `make others` in a venv of its own: ``python tests/others/clients.py ADDRESS NAME``, with one of the names below.
xAI's is the one for Node, which npm puts into that venv: its client for Python speaks gRPC. Runware's speaks WebSocket
for videos, in Python as in JavaScript, and so says nothing of what goes over HTTP.
"""

import base64
import json
import subprocess
import sys
import time
import urllib.request
import uuid
from decimal import Decimal
from typing import Any

PROMPT, SEEDANCE = "a heron over still water", "bytedance/seedance-2.0/{}-to-video"
SHOWN = ("first", "last", "hero", "dog")


def pictures(address: str, *names: str, size: str = "1280x720") -> list[str]:
    """Addresses of pictures that the sandbox draws."""
    return [f"{address}/sandbox/images/{name}.png?size={size}" for name in names]


def billed(address: str, gateway: str) -> Decimal:
    """What the gateway has billed for its newest order, in US dollars."""
    with urllib.request.urlopen(f"{address}/sandbox/bill", timeout=30) as reply:
        return Decimal(json.load(reply)[gateway]["jobs"][-1]["billed_usd"])


def drive_openai(address: str) -> bytes:
    """Order, wait and content by `openai`."""
    from openai import OpenAI

    client = OpenAI(api_key="sandbox-openai_videos", base_url=f"{address}/openai_videos/v1")
    made: Any = client.videos.create_and_poll(
        model="sora-2", prompt=PROMPT, seconds="4", size="1280x720", poll_interval_ms=100
    )
    assert made.status == "completed", made
    first = ("first.png", base64.b64decode(drawn(pictures(address, "first")[0])), "image/png")
    framed: Any = client.videos.create(model="sora-2", prompt=PROMPT, size="1280x720", input_reference=first)
    assert framed.status == "queued" and billed(address, "openai_videos") == Decimal("0.40"), framed
    data = bytes(client.videos.download_content(made.id).content)
    assert client.videos.delete(made.id).deleted
    return data


def drive_fal(address: str) -> bytes:
    """Order and wait by `fal-client`'s subscribe; its hosts are constants, so they are changed here."""
    import fal_client.client as fal

    fal.QUEUE_URL_FORMAT = f"{address}/fal/"
    client = fal.SyncClient(key="sandbox-fal")
    arguments = {"prompt": PROMPT, "duration": "4", "resolution": "720p", "aspect_ratio": "16:9"}
    handle = client.submit(SEEDANCE.format("text"), {"prompt": PROMPT, "duration": "auto", "aspect_ratio": "auto"})
    handle.cancel()
    assert client.status(SEEDANCE.format("text"), handle.request_id).error, "a cancelled request has no clip"
    frames = pictures(address, "first", "last", size="640x360")
    framed = {"prompt": PROMPT, "resolution": "480p", "image_url": frames[0], "end_image_url": frames[1]}
    fetched(client.subscribe(SEEDANCE.format("image"), framed)["video"]["url"])
    shown = arguments | {"image_urls": pictures(address, "hero", "dog"), "generate_audio": True}
    fetched(client.subscribe(SEEDANCE.format("reference"), shown)["video"]["url"])
    assert billed(address, "fal") == Decimal("1.2096"), "4 s at 0.3024, whatever the pictures and the sound"
    made = client.subscribe(SEEDANCE.format("text"), arguments, with_logs=True)
    return fetched(made["video"]["url"])


def drive_runway(address: str) -> bytes:
    """Order and wait by `runwayml`'s wait_for_task_output."""
    from runwayml import RunwayML

    client: Any = RunwayML(api_key="sandbox-runway", base_url=f"{address}/runway")
    task = client.text_to_video.create(model="gen4.5", prompt_text=PROMPT, ratio="1280:720", duration=5)
    first, last, hero, dog = pictures(address, "first", "last", "hero", "dog")
    framed = client.image_to_video.create(
        model="seedance2",
        prompt_text=PROMPT,
        prompt_image=[{"uri": first, "position": "first"}, {"uri": last, "position": "last"}],
        ratio="1280:720",
        duration=4,
        audio=False,
    )
    assert framed.wait_for_task_output(timeout=30).output and billed(address, "runway") == Decimal("1.44")
    shown = client.text_to_video.create(
        model="seedance2",
        prompt_text=PROMPT,
        references=[{"uri": hero}, {"uri": dog}],
        ratio="1280:720",
        duration=4,
        audio=True,
    )
    assert shown.wait_for_task_output(timeout=30).output and billed(address, "runway") == Decimal("1.44")
    given_up = client.image_to_video.create(
        model="gen4.5", prompt_text=PROMPT, prompt_image=first, ratio="1280:720", duration=5
    )
    client.tasks.delete(given_up.id)
    return fetched(task.wait_for_task_output(timeout=30).output[0])


def drive_openrouter(address: str) -> bytes:
    """List, order, question and content by `openrouter`, which has no helper that waits."""
    from openrouter import OpenRouter

    client: Any = OpenRouter(api_key="sandbox-openrouter", server_url=f"{address}/openrouter/api/v1")
    listed = client.video_generation.list_videos_models().data
    assert [one.creativity for one in listed] == [None] * len(listed) and listed, listed
    asked: dict[str, Any] = {"model": "bytedance/seedance-2.0", "prompt": PROMPT, "duration": 4, "size": "1280x720"}
    first, last, hero, dog = [{"type": "image_url", "image_url": {"url": uri}} for uri in pictures(address, *SHOWN)]
    frames = [first | {"frame_type": "first_frame"}, last | {"frame_type": "last_frame"}]
    for more in ({"frame_images": frames}, {"input_references": [hero, dog]}):
        client.video_generation.generate(**asked, **more, generate_audio=True)
        assert billed(address, "openrouter") == Decimal("0.6048"), more
    job = client.video_generation.generate(**asked)
    while job.status not in ("completed", "failed", "cancelled", "expired"):
        job = client.video_generation.get_generation(job_id=job.id)
    assert job.status == "completed", job
    return fetched((job.unsigned_urls or [""])[0], "sandbox-openrouter")


def drive_ark(address: str) -> bytes:
    """Order, list, question and deletion by `byteplus-python-sdk-v2`, which has no helper that waits."""
    from byteplussdkarkruntime import Ark

    client: Any = Ark(api_key="sandbox-modelark", base_url=f"{address}/modelark/api/v3")
    tasks, ours, frames = client.content_generation.tasks, str(uuid.uuid4()), pictures(address, "first", "last")
    asked: dict[str, Any] = {"model": "dreamina-seedance-2-5-260628", "ratio": "16:9", "duration": 4}
    asked["content"] = [{"type": "text", "text": PROMPT}]
    draft = tasks.create(**asked, resolution="480p", draft=True, safety_identifier=ours)
    tasks.create(**asked, resolution="480p", safety_identifier=str(uuid.uuid4()))
    listed = tasks.list(page_num=1, page_size=100).items
    assert [one.id for one in listed if one.safety_identifier == ours] == [draft.id], listed
    assert waited(tasks, draft.id).draft
    for roles in (("first_frame", "last_frame"), ("reference_image", "reference_image")):
        shown = [
            {"type": "image_url", "image_url": {"url": uri}, "role": role}
            for uri, role in zip(frames, roles, strict=True)
        ]
        ratio = "adaptive" if "last_frame" in roles else "16:9"
        order = asked | {"content": [*asked["content"], *shown], "ratio": ratio}
        assert waited(tasks, tasks.create(**order, resolution="720p", generate_audio=True).id).content.video_url
        assert billed(address, "modelark") == Decimal("0.92448"), "86,400 tokens at 10.70 a million"
    asked |= {"content": [{"type": "draft_task", "draft_task": {"id": draft.id}}], "ratio": None, "duration": None}
    made = waited(tasks, tasks.create(**asked, resolution="720p").id)
    assert made.usage.completion_tokens == 86_400, made
    data = fetched(made.content.video_url)
    tasks.delete(task_id=made.id)
    return data


def waited(tasks: Any, job: str) -> Any:
    """A task of ModelArk's that has succeeded."""
    while (task := tasks.get(task_id=job)).status in ("queued", "running"):
        time.sleep(0.1)
    assert task.status == "succeeded", task
    return task


def drive_xai(address: str) -> bytes:
    """Clips from references and from a picture, and its edit, by `@ai-sdk/xai`, which waits by itself.

    A last frame it drops with a warning: its maker's own client for Python knows one, and speaks gRPC.
    """
    quiet = ["--silent", "--no-audit", "--no-fund", "--prefix", sys.prefix]
    subprocess.run(["npm", "install", *quiet, "@ai-sdk/xai@3.0.138"], check=True)
    words = ["node", "--input-type=module", "--eval", BY_NODE, address, PROMPT]
    done = subprocess.run(words, cwd=sys.prefix, check=True, capture_output=True, text=True)
    made = json.loads(done.stdout)
    assert made["providerMetadata"]["xai"]["costInUsdTicks"] == 3_200_000_000, made
    assert made["shown"]["providerMetadata"]["xai"]["costInUsdTicks"] == 5_800_000_000, "4 s at 0.14, two pictures"
    return fetched(made["videos"][0]["url"])


BY_NODE = """
import { createXai } from "@ai-sdk/xai";
const [address, prompt] = process.argv.slice(1);
const xai = createXai({ baseURL: `${address}/xai/v1`, apiKey: "sandbox-xai" });
const made = async (model, asked, own) =>
  xai.video(model).doGenerate({ prompt, n: 1, ...asked, providerOptions: { xai: { pollIntervalMs: 100, ...own } } });
const image = { type: "url", url: `${address}/sandbox/images/first.png?size=1280x720` };
const asked = { image, duration: 4, aspectRatio: "16:9", resolution: "1280x720" };
const { image: _, ...bare } = asked;
const referenceImageUrls = ["hero", "dog"].map((name) => `${address}/sandbox/images/${name}.png?size=1280x720`);
const shown = await made("grok-imagine-video-1.5", bare, { mode: "reference-to-video", referenceImageUrls });
const clip = await made("grok-imagine-video-1.5", asked, {});
const edit = await made("grok-imagine-video", {}, { mode: "edit-video", videoUrl: clip.videos[0].url });
console.log(JSON.stringify({ ...edit, shown }));
"""


def drive_google(address: str) -> bytes:
    """An order in the background, its question, an edit of it, its file's document and download by `google-genai`."""
    from google import genai

    options: Any = {"base_url": f"{address}/gemini", "api_version": "v1beta"}  # its own default is v1
    client: Any = genai.Client(api_key="sandbox-gemini", http_options=options)
    model, wanted = "gemini-omni-1.1-flash", {"type": "video", "aspect_ratio": "16:9", "duration": "4s"}

    def made(**order: Any) -> Any:
        job = client.interactions.create(model=model, background=True, **order)
        while job.status in ("queued", "in_progress"):
            time.sleep(0.1)
            job = client.interactions.get(job.id)
        assert job.status == "completed", job
        return job

    given_up = client.interactions.create(model=model, input=PROMPT, background=True, response_format=wanted)
    assert client.interactions.cancel(given_up.id).status == "cancelled"
    first = made(input=PROMPT, response_format=wanted)
    edit = {"video_config": {"task": "edit"}}
    assert made(input="at night", previous_interaction_id=first.id, generation_config=edit).output_video.data
    images = [{"type": "image", "mime_type": "image/png", "data": drawn(uri)} for uri in pictures(address, *SHOWN)]
    tagged = {  # as its page on Omni has the tags
        "image_to_video": (images[:2], f"<FIRST_FRAME>@Image1 <LAST_FRAME>@Image2 {PROMPT}"),
        "reference_to_video": (images[2:], f"<IMAGE_REF_0>@Image1 <IMAGE_REF_1>@Image2 {PROMPT}"),
    }
    for task, (shown, prompt) in tagged.items():
        told, config = [*shown, {"type": "text", "text": prompt}], {"video_config": {"task": task}}
        assert made(input=told, response_format=wanted, generation_config=config).output_video.data
        assert billed(address, "gemini") == Decimal("0.40"), task
    file = client.files.get(name=f"files/{first.id.removeprefix('v1_')}")
    assert file.state.name == "ACTIVE" and client.files.download(file=file.name)[4:8] == b"ftyp"
    return base64.b64decode(first.output_video.data)


def drive_dashscope(address: str) -> bytes:
    """Order and wait by `dashscope`'s call, from text and from a picture; cancel and list."""
    import dashscope

    dashscope.base_http_api_url = f"{address}/dashscope/api/v1"
    video: Any = dashscope.VideoSynthesis
    given: dict[str, Any] = {"api_key": "sandbox-dashscope", "model": "wan3.0-video", "prompt": PROMPT, "duration": 4}
    given_up = video.async_call(resolution="480P", ratio="9:16", **given)
    assert video.cancel(given_up, api_key="sandbox-dashscope").status_code == 200
    assert video.fetch(given_up, api_key="sandbox-dashscope").output.task_status == "CANCELED"
    assert [one["task_id"] for one in video.list(api_key="sandbox-dashscope").output["data"]] == [
        given_up.output.task_id
    ]
    first, last, hero, dog = pictures(address, *SHOWN)
    frames = [{"type": "first_frame", "url": first}, {"type": "last_frame", "url": last}]
    shown = [{"type": "reference_image", "url": uri} for uri in (hero, dog)]
    for more in (
        {"ratio": "16:9", "seed": 7, "watermark": False},
        {"media": frames},
        {"media": frames[:1], "audio": True},
        {"media": shown, "ratio": "16:9"},
    ):
        made = video.call(resolution="720P", **given, **more)
        assert billed(address, "dashscope") == Decimal("0.40"), more
        assert (made.status_code, made.output.task_status, made.usage.duration) == (200, "SUCCEEDED", 4), made
    refused = video.async_call(**{**given, "model": "wan1.0"})
    assert (refused.status_code, refused.code) == (404, "ModelNotFound"), refused
    return fetched(made.output.video_url)


def drawn(url: str) -> str:
    """The picture at an address, in base64."""
    with urllib.request.urlopen(url, timeout=30) as reply:
        return base64.b64encode(reply.read()).decode()


def fetched(url: str, key: str = "") -> bytes:
    """The file at an address."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return bytes(reply.read())


CLIENTS = {
    "openai": drive_openai,
    "fal-client": drive_fal,
    "runwayml": drive_runway,
    "openrouter": drive_openrouter,
    "byteplus-python-sdk-v2": drive_ark,
    "@ai-sdk/xai": drive_xai,
    "google-genai": drive_google,
    "dashscope": drive_dashscope,
}

if __name__ == "__main__":
    address, name = sys.argv[1:]
    data = CLIENTS[name](address)
    assert data[4:8] == b"ftyp", data[:16]
    print(f"{name}: {len(data):,} bytes")
