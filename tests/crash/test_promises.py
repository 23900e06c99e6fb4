"""The money promises under any weather: ledger, chain, budget and lock against gateways that may fail anywhere.

A model of two gateways answers inside the process; hypothesis decides what each request meets and at which write
the run dies. The promises are checked at the instant an order arrives, from the target alone.
"""

import asyncio
import contextlib
import json
import tempfile
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tasks.config import catalogue
from tasks.config import settings as config
from tasks.domain.request import RunRequest
from tasks.ledger.ledger import Ledger, spent
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.tasks.clips import good

SUBMITS = ("ok", "ok", "ok", "busy", "lost before", "lost after", "refused", "down", "garbled", "policy")
POLLS = ("done", "done", "done", "working", "failed", "error", "broken", "nothing")
MEDIA = ("whole", "whole", "whole", "cut", "gone")
CHAIN = """
[chain]
text_to_video = ["aigateway:openai/sora-2-text-to-video-pro", "pixazo:sora-2-pro"]
allow_retired = true
[render]
budget_usd = 9.0
max_wasted_usd = 1000.0
[provider.aigateway]
base_url = "http://aigateway.test"
allow_hosts = ["media.test"]
deadline_s = 40
[provider.pixazo]
base_url = "http://pixazo.test"
allow_hosts = ["media.test"]
deadline_s = 40
"""


class Died(BaseException):
    """The process is gone: nobody catches this."""


class MortalStore(Store):
    """A store whose process dies at a chosen write: just before it, or just after."""

    left = 10**9

    def _mortal(self, act: Any, *given: Any) -> Any:
        self._step()
        done = act(*given)
        self._step()
        return done

    def _step(self) -> None:
        type(self).left -= 1
        if type(self).left <= 0:
            raise Died

    def write(self, path: str, data: bytes) -> None:
        self._mortal(super().write, path, data)

    def create(self, path: str, data: bytes) -> bool:
        return bool(self._mortal(super().create, path, data))

    def put(self, path: str, local: Path) -> None:
        self._mortal(super().put, path, local)


class Gateways(httpx.AsyncBaseTransport):
    """Two gateways and their media host, with a script of what the next requests meet."""

    def __init__(self, url: str, clip: bytes) -> None:
        self.url, self.clip = url, clip
        self.script: list[str] = []
        self.jobs: dict[str, str] = {}
        self.named: set[str] = set()
        self.broken: list[str] = []

    def next(self, words: tuple[str, ...]) -> str:
        for i, word in enumerate(self.script):
            if word in words:
                return self.script.pop(i)
        return words[0]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if request.url.host == "media.test":
            return self.media()
        if request.method == "POST":
            return self.submit(request)
        return self.poll(request)

    def submit(self, request: httpx.Request) -> httpx.Response:
        provider = request.url.host.partition(".")[0]
        self.check(provider, json.loads(request.content)["prompt"])
        word = self.next(SUBMITS)
        plain = {
            "busy": httpx.Response(429, json={"error": {"message": "slow down"}}),
            "refused": httpx.Response(400, json={"error": "no", "message": "no"}),
            "policy": httpx.Response(
                400, json={"error": {"message": "violates our content policy", "type": "moderation"}}
            ),
            "garbled": httpx.Response(200, text="<html>"),
        }
        if word in plain:
            return plain[word]
        if word == "down":
            raise httpx.ConnectError("refused")
        if word == "lost before":
            raise httpx.ReadTimeout("late")
        job = f"job-{uuid.uuid4().hex}"
        self.jobs[job] = provider
        if word == "lost after":
            raise httpx.RemoteProtocolError("cut")
        reply = {"id": job, "status": "queued"} if provider == "aigateway" else {"request_id": job, "status": "QUEUED"}
        return httpx.Response(202, json=reply)

    def poll(self, request: httpx.Request) -> httpx.Response:
        word = self.next(POLLS)
        aigateway = request.url.host.startswith("aigateway")
        if word == "broken":
            raise httpx.ReadError("cut")
        if word == "error":
            return httpx.Response(502, text="<html>")
        status = {"done": "completed", "failed": "failed"}.get(word, "processing")
        media = f"http://media.test/{uuid.uuid4().hex}.mp4"
        if aigateway:
            result = {"url": media} if word == "done" else None
            return httpx.Response(200, json={"id": "x", "status": status, "result": result, "error": "no"})
        output = {"media_url": [media]} if word == "done" else None
        return httpx.Response(200, json={"status": status.upper(), "output": output, "error": None})

    def media(self) -> httpx.Response:
        word = self.next(MEDIA)
        if word == "gone":
            return httpx.Response(403)
        return httpx.Response(200, content=self.clip if word == "whole" else self.clip[:-200])

    def check(self, provider: str, prompt: str) -> None:
        """What must hold at the instant an order arrives, told by the target alone."""
        ledger = Ledger(Store(self.url), "judge").load()
        if spent(ledger.history()) > Decimal("9.0"):
            self.broken.append(f"{spent(ledger.history())} USD committed, the budget is 9.00")
        page = next(
            p
            for p in ledger.pages.values()
            if p.entries and p.entries[max(p.entries)].record["parts"]["prompt"] == prompt
        )
        this = max(page.entries)
        assert page.entries[this].kind == "intent", "an order left without its intent"
        for attempt in page.attempts():
            if attempt.n == this:
                continue
            since = page.wish["upto"] if page.wish else 0
            if attempt.outcome == "pending":
                self.broken.append(f"ordered while job {attempt.job_id} is unsettled")
            if attempt.route.startswith(provider) and attempt.outcome in ("unclear", "overdue") and attempt.n > since:
                self.broken.append(f"ordered at {provider}, where attempt {attempt.n} is {attempt.outcome}")


@contextlib.asynccontextmanager
async def opened(machine: "Promises", rerender: tuple[str, ...]) -> AsyncIterator[Session]:
    """A session on the machine's target with clocks that jump and connections that lead to the model."""
    with tempfile.TemporaryDirectory() as folder:
        now = [0.0]

        async def sleep(seconds: float) -> None:
            now[0] += max(seconds, 0.001)
            await asyncio.sleep(0)

        http = Http(machine.gateways)
        wanted = RunRequest(str(machine.board), machine.url, rerender=rerender)
        keys = {"AIGATEWAY_API_KEY": "k", "PIXAZO_API_KEY": "k"}
        told = config.load_settings(machine.config, keys)
        store = MortalStore(machine.url)
        try:
            yield Session(
                wanted, told, catalogue.load_catalogue(), store, http, Path(folder),
                clock=lambda: now[0], sleep=sleep, roll=lambda: 0.5, lease=3600.0, fleeting=True,
            )  # fmt: skip
        finally:
            await http.close()


class Promises(RuleBasedStateMachine):
    """Runs, kills, wishes and edits of one board at one target, in any order."""

    @initialize()
    def start(self) -> None:
        self.scratch = tempfile.TemporaryDirectory()
        self.board = Path(self.scratch.name) / "board.csv"
        self.config = Path(self.scratch.name) / "chain.toml"
        self.config.write_text(CHAIN)
        self.url = f"memory://promises-{uuid.uuid4().hex}"
        self.gateways = Gateways(self.url, good())
        self.prompts = ["a kite", "a boat"]
        self.write_board()

    def write_board(self) -> None:
        rows = "".join(f"s{i},{prompt},4\n" for i, prompt in enumerate(self.prompts))
        self.board.write_text("shot_id,prompt,duration\n" + rows)

    @rule(
        script=st.lists(st.sampled_from((*SUBMITS, *POLLS, *MEDIA)), max_size=12),
        dies=st.one_of(st.none(), st.integers(1, 60)),
        rerender=st.sampled_from(((), (), ("s0",), ("all",), ("stale",))),
    )
    def run(self, script: list[str], dies: int | None, rerender: tuple[str, ...]) -> None:
        self.gateways.script = list(script)
        MortalStore.left = dies or 10**9
        try:
            asyncio.run(asyncio.wait_for(self.rendered(rerender), 30))
        except Died:
            event("died")
            self.bury()
        finally:
            MortalStore.left = 10**9

    async def rendered(self, rerender: tuple[str, ...]) -> None:
        async with opened(self, rerender) as running:
            await running.check(fetch=True)
            async with running.open():
                for plan in running.plan.shots:  # in turn: hypothesis needs the same words to meet the same request
                    if plan.renders:
                        await running.shot(plan.shot.shot_id)
            self.sums(running)
            event(f"exit {running.exit_code()}")

    def bury(self) -> None:
        """The dead process holds no lock: here it is this one, so its lock is cleared by hand."""
        store = Store(self.url)
        for name in store.names("lock"):
            store.delete(name)

    def sums(self, running: Session) -> None:
        """Attempts = totals = by provider, and manifest = by scene, in each column of the books just written."""
        rows = json.loads(running.store.read("manifest.json"))["shots"]
        costs = json.loads(running.store.read("costs.json"))
        bought = ("in_use_usd", "alternates_usd", "wasted_usd")
        for bucket in (*rows, *costs["by_scene"].values()):
            assert sum(Decimal(bucket[column]) for column in bought) == Decimal(bucket["charged_usd"])
        for column in ("quoted_usd", "charged_usd", "at_risk_usd", *bought):
            total = Decimal(costs["totals"][column])
            assert total == sum(Decimal(b[column]) for b in costs["by_provider"].values())
            manifest = sum((Decimal(row[column]) for row in rows), Decimal(0))
            assert manifest == sum(Decimal(b[column]) for b in costs["by_scene"].values())
        paid = [Decimal(costs["totals"][c]) for c in ("charged_usd", "at_risk_usd")]
        shown = sum((Decimal(row[c]) for row in rows for c in ("charged_usd", "at_risk_usd")), Decimal(0))
        assert sum(paid) == shown + Decimal(costs["superseded_usd"])

    @rule(which=st.integers(0, 1))
    def edit(self, which: int) -> None:
        """Somebody rewrites a prompt: another question, another shot."""
        self.prompts[which] += "!"
        self.write_board()

    @invariant()
    def takes_stay(self) -> None:
        """Each clip that a record tells of lies at the target under a name of its own, whole."""
        if hasattr(self, "url"):
            store = Store(self.url)
            made = [a.clip for a in Ledger(store, "judge").load().history() if a.clip is not None]
            assert len({clip.path for clip in made}) == len(made)
            assert {clip.path: clip.bytes for clip in made}.items() <= store.sizes("clips").items()

    @invariant()
    def kept(self) -> None:
        assert not getattr(self, "gateways", None) or not self.gateways.broken, self.gateways.broken

    def teardown(self) -> None:
        if hasattr(self, "scratch"):
            self.scratch.cleanup()


Promises.TestCase.settings = settings(
    max_examples=40, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.timeout(300)
class TestPromises(Promises.TestCase):  # type: ignore[misc,name-defined]  # hypothesis makes the class at run time
    """Never a second order while a known job is open, never one where an earlier is unclear, never over budget."""
