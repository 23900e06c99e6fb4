"""The money promises where rows ask for several takes, people judge them and rows start from each other's takes.

The machine of `test_promises`, with a column of takes, verdicts between the runs, and a row that continues another.
What may be ordered is judged here anew, from the target alone, at the instant an order arrives.
"""

import struct
import uuid
from decimal import Decimal

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tasks.domain.verdict import KINDS, Kind, Verdict
from tasks.ledger import KeyHistory, read_verdicts, spent, write_verdict
from tasks.ledger.ledger import Ledger
from tasks.storage.store import Store
from tests.crash import test_promises as single
from tests.crash.test_promises import CHAIN, MEDIA, Died, MortalStore, Promises
from tests.tasks.clips import good

BUDGET = Decimal(30)
FOLLOWER = "a bird"
CONFIG = CHAIN.replace("[render]", 'image_to_video = ["pixazo:sora-2-pro"]\n[render]\nconcurrency = 1').replace(
    "budget_usd = 9.0", f"budget_usd = {BUDGET}"
)


class Gateways(single.Gateways):
    """The two gateways; no two clips of theirs are alike, and they hear nothing from a process that has died."""

    asked: dict[str, int]  # takes by prompt, as the board says
    first: str  # the prompt of the row that the last one continues

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if MortalStore.left <= 0:
            raise Died
        return await super().handle_async_request(request)

    def media(self) -> httpx.Response:
        word = self.next(MEDIA)
        if word == "gone":
            return httpx.Response(403)
        whole = self.clip + struct.pack(">I4s16s", 24, b"free", uuid.uuid4().bytes)
        return httpx.Response(200, content=whole if word == "whole" else self.clip[:-200])

    def check(self, provider: str, prompt: str) -> None:
        """Never more orders than takes are missing, as if every unclear one at this gateway had come; and never past
        the budget. A row that continues another is ordered from the take that is in use there."""
        store = Store(self.url)
        ledger = Ledger(store, "judge").load()
        if spent(ledger.history()) > BUDGET:
            self.broken.append(f"{spent(ledger.history())} USD committed, the budget is {BUDGET}")
        known = sorted(
            (page.entries[max(page.entries)].record["place"], key) for key, page in ledger.pages.items() if page.entries
        )
        pages = {_prompt(ledger.pages[key]): Judged(ledger.pages[key], key, store) for _, key in known}
        here = pages[prompt]
        most, counted = here.most(self.asked[prompt]), here.counted(provider)
        if counted >= most:
            self.broken.append(f"{prompt}: ordered at {provider} as {here}; {counted} of {most}")
        if prompt == FOLLOWER:
            self.broken += _wrong_start(here, pages[self.first], self.asked[self.first])


class Judged:
    """One shot as its records and verdicts tell it at the instant of an order, which is its newest attempt."""

    def __init__(self, page: KeyHistory, key: str, store: Store) -> None:
        self.page, self.said = page, read_verdicts(store).get(key, ())
        self.ordered = page.entries[max(page.entries)].record
        self.others = [one for one in page.attempts() if one.n != max(page.entries)]
        last = {one.take: one for one in self.said if one.kind != "again"}
        self.came = {one.n: one for one in self.others if one.clip}
        self.usable = {n: one for n, one in self.came.items() if n not in last or last[n].kind == "select"}
        chosen = [one.take for one in last.values() if one.kind == "select"]
        self.chosen = max(chosen, key=lambda take: last[take].n) if chosen else 0

    def most(self, asked: int) -> int:
        """How many takes it may have after this order."""
        called = [one for one in self.said if one.kind == "again" and one.after >= max(self.came, default=0)]
        return max(asked, len(self.usable) + 1 if self.page.open_wish is not None or called else 0)

    def counted(self, provider: str) -> int:
        """How many takes it has or may have: clips, open jobs, and unclear orders at the gateway."""
        since = self.page.wish["upto"] if self.page.wish else 0
        doubts = [one for one in self.others if one.outcome in ("unclear", "overdue") and one.n > since]
        jobs = [one for one in self.others if one.outcome == "pending"]
        return len(self.usable) + len(jobs) + sum(one.provider == provider for one in doubts)

    def __str__(self) -> str:
        told = [f"{one.n} {one.provider} {one.outcome}" for one in self.others]
        return (
            f"{told}, {[(one.kind, one.take, one.after) for one in self.said]}, wish {self.page.open_wish is not None}"
        )


def _prompt(page: KeyHistory) -> str:
    return str(page.entries[max(page.entries)].record["parts"]["prompt"])


def _wrong_start(follower: Judged, source: Judged, asked: int) -> list[str]:
    clip = follower.ordered["started_from"]["clip"]
    whole = source.others if source.page.entries else []
    from_ = {one.clip.sha256: one.n for one in (*whole, *source.page.attempts()) if one.clip}
    if clip not in from_:
        return [f"{FOLLOWER}: ordered from {clip[:8]}, which is no take of its source"]
    if asked > 1 and not source.chosen:
        return [f"{FOLLOWER}: ordered while nobody has chosen among the takes of its source"]
    return [f"{FOLLOWER}: ordered from take {from_[clip]}, chosen is {source.chosen}"] * (
        source.chosen not in (0, from_[clip])
    )


class PromisesOfTakes(Promises):
    """Runs, kills, wishes, edits and verdicts of a board whose rows ask for takes, in any order."""

    @initialize()
    def start(self) -> None:
        super().start()
        self.config.write_text(CONFIG)

    def write_board(self) -> None:
        self.takes = getattr(self, "takes", [2, 1])
        rows = "".join(f"s{i},{prompt},4,{self.takes[i]},\n" for i, prompt in enumerate(self.prompts))
        self.board.write_text(f"shot_id,prompt,duration,takes,continues\n{rows}s2,{FOLLOWER},4,1,s0\n")
        if not isinstance(self.gateways, Gateways):
            self.gateways = Gateways(self.url, good())
        asked = dict(zip(self.prompts, self.takes, strict=True))
        self.gateways.asked = getattr(self.gateways, "asked", {}) | asked | {FOLLOWER: 1}
        self.gateways.first = self.prompts[0]

    @rule(which=st.integers(0, 1), takes=st.integers(1, 3))
    def ask(self, which: int, takes: int) -> None:
        """Somebody asks for another number of takes."""
        self.takes[which] = takes
        self.write_board()

    @rule(kind=st.sampled_from(KINDS), at=st.integers(0, 5))
    def judge(self, kind: Kind, at: int) -> None:
        """Somebody looks at one of the takes and says something."""
        store = Store(self.url)
        history = list(Ledger(store, "judge").load().history())
        takes = [one for one in history if one.clip is not None]
        if takes:
            one = takes[at % len(takes)]
            after = max(other.n for other in history if other.key == one.key)
            write_verdict(store, one.key, Verdict(0, one.n, one.clip.sha256, kind, after=after))


PromisesOfTakes.TestCase.settings = settings(
    max_examples=40, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestPromisesOfTakes(PromisesOfTakes.TestCase):  # type: ignore[misc,name-defined]  # as its model
    """Never more orders than takes are missing, and never one from a take that is not in use."""
