"""A machine of one's own: a real server of the /v1/videos family on loopback, keyless, its model in the config."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from tests.chain.conftest import Studio
from tests.sandbox.forms import read_form
from tests.sandbox.media import clip as video


@dataclass
class Machine:
    """What the server was sent, and what it answers."""

    address: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict)
    heads: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    files: list[list[str]] = field(default_factory=list)
    clip: bytes = b""


class Handler(BaseHTTPRequestHandler):
    machine: Machine

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        fields, files = read_form(kind, body) if kind.startswith("multipart/") else (json.loads(body), {})
        self.machine.bodies.append(fields)
        self.machine.files.append(sorted(files))
        self._answer({"id": f"video_{len(self.machine.bodies)}", "status": "queued"})

    def do_GET(self) -> None:
        self._note()
        if self.path.endswith("/content"):
            self._send(self.machine.clip, "video/mp4")
        else:
            job = self.path.rpartition("/")[2]
            token = self.headers.get("X-Proxy-Token", "")
            self._answer({"id": job, "status": "completed", "echo": token, **self.machine.measured})

    def _note(self) -> None:
        self.machine.heads.append({name.lower(): value for name, value in self.headers.items()})

    def _answer(self, body: Mapping[str, Any]) -> None:
        self._send(json.dumps(body).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def machine() -> Iterator[Machine]:
    told = Machine(clip=video((1280, 720), 4, "own"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (Handler,), {"machine": told}))
    told.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def config_of(studio: Studio, machine: Machine, price: str, more: str = "") -> Any:
    studio.by_hand = -1  # its orders are not on the sandbox's books
    path = studio.config("mybox:wan-2.2", render={"budget_usd": 0.5})
    box = f'[provider.mybox]\nadapter = "openai_videos"\nbase_url = "{machine.address}"\nkey = "none"\n{more}\n'
    model = '[[model]]\nprovider = "mybox"\nname = "wan-2.2"\nmodes = ["text_to_video"]\nany_seconds = [1, 8]\n'
    path.write_text(f'{path.read_text()}{box}{model}sizes = ["1280x720"]\n{price}\n')
    return path


async def test_a_keyless_server_renders_at_price_0(studio: Studio, machine: Machine) -> None:
    """Two shots by a model from the config: no key goes out, nothing is booked, and the quote is 0."""
    config = config_of(studio, machine, "per_second = 0")
    studio.by_hand = -2
    outcome = await studio.render(studio.board("a", "b"), config)
    assert (outcome.code, outcome.statuses(), outcome.money()) == (0, {"rendered": 2}, 0)
    assert [body["model"] for body in machine.bodies] == ["wan-2.2"] * 2
    assert not any("authorization" in head for head in machine.heads)
    again = await studio.render(studio.board("a", "b"), config)
    assert (again.code, len(machine.bodies)) == (0, 2)


async def test_text_and_image_render_at_price_0(studio: Studio, machine: Machine) -> None:
    """A board of both at a keyless server whose model the config has: the picture goes along, and nothing is booked."""
    Image.linear_gradient("L").resize((1280, 720)).convert("RGB").save(studio.folder / "heron.png")
    config = config_of(studio, machine, 'per_second = 0\nimages = ["data"]')
    text = config.read_text().replace('modes = ["text_to_video"]', 'modes = ["text_to_video", "image_to_video"]')
    config.write_text(text.replace("[chain]\n", '[chain]\nimage_to_video = ["mybox:wan-2.2"]\n'))
    studio.by_hand = -2
    board = studio.board("a heron", {"prompt": "it lands", "mode": "i2v", "image": "heron.png"})
    outcome = await studio.render(board, config)
    assert (outcome.code, outcome.statuses(), outcome.money()) == (0, {"rendered": 2}, 0)
    assert sorted(machine.files) == [[], ["input_reference"]]
    assert [body["model"] for body in machine.bodies] == ["wan-2.2"] * 2


async def test_a_gpu_is_charged_by_what_the_server_measured(studio: Studio, machine: Machine) -> None:
    """41.5 seconds at 0.001 are booked as reported; the quote was for what a clip is expected to take."""
    machine.measured = {"inference_time_s": 41.5}
    price = "per_gpu_second = 0.001\ngpu_seconds = 90"
    outcome = await studio.render(studio.board("a"), config_of(studio, machine, price))
    assert outcome.row["quoted_usd"] == Decimal("0.09")
    assert (outcome.row["charged_usd"], outcome.row["charge_basis"]) == (Decimal("0.0415"), "reported")


async def test_a_server_that_measures_nothing_is_charged_by_the_list(studio: Studio, machine: Machine) -> None:
    """Without ``inference_time_s`` the quote counts."""
    price = "per_gpu_second = 0.001\ngpu_seconds = 90"
    outcome = await studio.render(studio.board("a"), config_of(studio, machine, price))
    assert (outcome.row["charged_usd"], outcome.row["charge_basis"]) == (Decimal("0.09"), "price_list")


async def test_a_headers_secret_goes_out_and_into_no_file(studio: Studio, machine: Machine) -> None:
    """What ``env:NAME`` stands for reaches the server with every request, and nothing at the target holds it."""
    secret = "tok-of-a-proxy"
    more = 'headers = { X-Proxy-Token = "env:BOX_TOKEN" }'
    config = config_of(studio, machine, "per_second = 0", more)
    outcome = await studio.render(studio.board("a"), config, studio.env() | {"BOX_TOKEN": secret})
    assert outcome.code == 0 and {head.get("x-proxy-token") for head in machine.heads} == {secret}
    assert not any(secret.encode() in path.read_bytes() for path in studio.target.rglob("*") if path.is_file())
    assert not any(secret in line for line in outcome.lines)
