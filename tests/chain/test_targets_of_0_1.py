"""Targets that 0.1 wrote are continued: what it bought is not bought again, and its books go on to the cent.

A season's gateway was a sandbox, whose address stands as the gateway's name in what is kept here.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks.commands import answers
from tasks.config import catalogue, settings
from tasks.domain.request import RunRequest
from tasks.season.coordinator import PartOrder, Season
from tasks.season.worker import join_season
from tasks.session.session import Session
from tasks.storage.lock import Lock, Timing, seconds
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.chain.conftest import Outcome, check_sums, read_back
from tests.crash.test_promises import CHAIN, Gateways
from tests.tasks.clips import good

WRITTEN = Path(__file__).parent / "written_by_0_1"
KEYS = {"AIGATEWAY_API_KEY": "k", "PIXAZO_API_KEY": "k"}
NAMES = sorted(path.stem for path in WRITTEN.glob("*.json"))
PRICE = Decimal("0.40")
CONFIG = CHAIN.replace("[chain]\n", '[chain]\nremix = ["aigateway:openai/sora-2-video-to-video-remix"]\n')


class Later(Gateways):
    """The gateways that 0.1 ordered from; every job is done by now. ``orders`` are the prompts that were ordered."""

    def __init__(self) -> None:
        super().__init__("", good())
        self.orders: list[str] = []
        self.asked: list[str] = []

    def check(self, provider: str, prompt: str) -> None:
        self.orders.append(prompt)

    def poll(self, request: httpx.Request) -> httpx.Response:
        job = request.url.path.rpartition("/")[2]
        self.asked.append(job)
        reply = super().poll(request)
        told = json.loads(reply.content)
        return httpx.Response(reply.status_code, json=told | {"id": job} if "id" in told else told)


def skip_waits() -> Timing:
    """The clock of a lock whose holder is watched at once."""
    waited = [0.0]

    def sleep(length: float) -> None:
        waited[0] += length

    return Timing(lambda: seconds() + waited[0], sleep)


class Film:
    """One target of 0.1 in a folder of its own, with its board."""

    def __init__(self, name: str, folder: Path) -> None:
        told = json.loads((WRITTEN / f"{name}.json").read_text(encoding="utf-8"))
        self.name, self.folder, self.target = name, folder, folder / "film"
        self.board, self.config = folder / "board.csv", folder / "chain.toml"
        self.board.write_text(told["board"], encoding="utf-8")
        self.config.write_text(CONFIG, encoding="utf-8")
        self.clips = {path: base64.b64decode(data) for path, data in told["clips"].items()}
        whole = {path: json.dumps(data).encode() for path, data in told["files"].items()} | self.clips
        for path, data in whole.items():
            (self.target / path).parent.mkdir(parents=True, exist_ok=True)
            (self.target / path).write_bytes(data)
        self.gateways = Later()

    @contextlib.asynccontextmanager
    async def session(self, **wanted: Any) -> AsyncIterator[Session]:
        now = [0.0]

        async def sleep(seconds: float) -> None:
            now[0] += max(seconds, 0.001)

        http = Http(self.gateways)
        asked = RunRequest(str(self.board), str(self.target), **wanted)
        loaded, store = settings.load_settings(self.config, KEYS), Store(str(self.target))
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        hours: dict[str, Any] = {"clock": lambda: now[0], "sleep": sleep, "roll": lambda: 0.5}
        try:
            running = Session(asked, loaded, catalogue.load_catalogue(), store, http, scratch, **hours)
            running.lock = Lock(store, running.run_id, timing=skip_waits())
            yield running
        finally:
            await http.close()

    async def render(self, **wanted: Any) -> Outcome:
        """One run of today's code over the target, its sums checked."""
        async with self.session(**wanted) as running:
            return await self._outcome(running, work)

    async def season(self, most: int) -> Outcome:
        """A season of today's code in parts of ``most`` shots, two at once; each part is a session of this process."""
        parts: list[asyncio.Task[None]] = []

        async def start(order: PartOrder) -> Callable[[], Awaitable[bool]]:
            part = asyncio.create_task(self._part(order))
            parts.append(part)

            async def can_come() -> bool:
                return not part.done()

            return can_come

        async with self.session() as running:
            running.lock.lease, running.lock.by_process, running.sleep = 3.0, False, asyncio.sleep
            outcome = await self._outcome(running, lambda session: Season(session, start, most, 2).run())
            await asyncio.gather(*parts)
        return outcome

    async def _part(self, order: PartOrder) -> None:
        async with (
            self.session(only=order.only, budget_usd=order.budget_usd) as plain,
            join_season(plain, order.part) as running,
        ):
            running.clock, running.sleep, running.roll = plain.clock, plain.sleep, plain.roll
            await running.check(fetch=True)
            async with running.open():
                await work(running)

    async def _outcome(self, running: Session, job: Callable[[Session], Awaitable[None]]) -> Outcome:
        self.gateways.orders.clear()
        self.gateways.asked.clear()
        await running.check(fetch=True)
        async with running.open():
            await job(running)
        outcome = Outcome(running.exit_code(), *read_back(self.target), running.plan)
        check_sums(outcome)
        for path, data in self.clips.items():
            assert not (self.target / path).exists() or (self.target / path).read_bytes() == data, path
        return outcome


@pytest.fixture
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Film:
    return Film(request.param, tmp_path)


async def work(running: Session) -> None:
    """Every shot of a session that has something to do, one after the other."""
    for plan in running.plan.shots:
        if plan.renders:
            await running.shot(plan.shot.shot_id)


def of(name: str) -> Any:
    return pytest.mark.parametrize("film", [name], indirect=True)


@of("finished")
async def test_a_finished_target_is_kept(film: Film) -> None:
    """Nothing is asked and nothing bought; keys are those that 0.1 counted, and a board's own columns stay its own."""
    outcome = await film.render()
    assert (outcome.code, outcome.statuses()) == (0, {"reused": 3})
    assert film.gateways.orders == film.gateways.asked == []
    told = [[row[name] for name in ("board_note", "board_key", "take", "grade")] for row in outcome.rows.values()]
    assert told == [["dusk", "C", 1, "final"], ["", "", 1, "final"], ["night", "D", 1, "final"]]
    assert [row["key"][16:] for row in outcome.rows.values()] == ["-1", "-1", "-2"]
    assert {row["clip"] for row in outcome.rows.values()} == set(film.clips)


@of("finished")
async def test_a_rerender_beside_a_clip_of_0_1(film: Film) -> None:
    """The new take has a name of its own, and the old clip and its money stay."""
    outcome = await film.render(rerender=("s0",))
    assert (outcome.code, film.gateways.orders) == (0, ["a kite"])
    row = outcome.rows["s0"]
    assert (row["take"], row["takes"], row["alternates_usd"], row["wasted_usd"]) == (2, 2, PRICE, 0)
    assert len(list((film.target / "clips").iterdir())) == 4


@of("finished")
async def test_twins_of_0_1_may_be_moved(film: Film) -> None:
    """The first of two rows alike goes, the other one is looked at alone, both come back: nothing is bought."""
    head, kite, first, second = film.board.read_text().splitlines()
    clip = (await film.render()).rows["s2"]["clip"]
    for rows, only in (([kite, second], ()), ([second], ("s2",)), ([second, kite, first], ())):
        film.board.write_text("\n".join([head, *rows]) + "\n")
        outcome = await film.render(only=only)
        assert (outcome.code, outcome.rows["s2"]["clip"], film.gateways.orders) == (0, clip, [])


@of("open_job")
async def test_a_half_done_target_goes_on(film: Film) -> None:
    """The job that a killed run had bought is collected, and only the shot that was never ordered is ordered."""
    outcome = await film.render()
    assert (outcome.code, film.gateways.orders) == (0, ["a boat"])
    assert [row["status"] for row in outcome.rows.values()] == ["reused", "rendered", "rendered"]
    assert outcome.money() == 3 * PRICE


@of("unclear")
async def test_an_unclear_order_of_0_1_is_never_sent_again(film: Film) -> None:
    """Both gateways may have the order: neither gets it again, and its quotes stay at risk."""
    outcome = await film.render()
    assert (outcome.code, film.gateways.orders) == (1, [])
    assert (outcome.rows["s0"]["status"], outcome.rows["s0"]["takes"]) == ("failed", 0)
    assert outcome.rows["s0"]["at_risk_usd"] == Decimal("1.90")


@of("rerendered")
async def test_of_two_clips_on_one_path_the_one_that_lies_there_is_a_take(film: Film) -> None:
    """0.1 wrote the second over the first: the file's record counts, the other's money stays wasted."""
    outcome = await film.render()
    row = outcome.rows["s0"]
    assert (outcome.code, film.gateways.orders, film.gateways.asked) == (0, [], [])
    assert (row["take"], row["takes"], row["wasted_usd"], row["in_use_usd"]) == (2, 1, PRICE, PRICE)
    assert row["bytes"] == (film.target / row["clip"]).stat().st_size
    async with film.session() as running:
        assert (await answers.status(running))["lost"] == []


@of("rerendered")
async def test_a_cut_clip_of_0_1_comes_again_under_its_own_name(film: Film) -> None:
    """The newest job that wrote to the path is asked for its clip; nothing is written over what lies there."""
    path = (await film.render()).rows["s0"]["clip"]
    (film.target / path).write_bytes(b"cut")
    film.clips.pop(path)
    async with film.session() as running:
        lost = (await answers.status(running))["lost"]
    assert [(one["shot_id"], one["clip"], one["take"]) for one in lost] == [("s0", path, 2)]
    outcome = await film.render()
    assert (outcome.code, film.gateways.orders, len(film.gateways.asked)) == (0, [], 1)
    assert outcome.rows["s0"]["clip"] == path.replace(".mp4", "-2.mp4")
    assert (film.target / path).read_bytes() == b"cut"


@of("overdue")
async def test_jobs_that_0_1_gave_up_on_are_collected(film: Film) -> None:
    """Each job is asked for its clip; the first stands for the shot, and what came beside it is kept."""
    outcome = await film.render()
    assert (outcome.code, film.gateways.orders, outcome.statuses()) == (0, [], {"rendered": 3})
    assert [(row["take"], row["takes"]) for row in outcome.rows.values()] == [(1, 2)] * 3
    assert [row["wasted_usd"] for row in outcome.rows.values()] == [0, 0, 0]
    again = await film.render()
    assert (again.code, film.gateways.asked, [row["take"] for row in again.rows.values()]) == (0, [], [1, 1, 1])


REMIX_JOB = "job_0b552dad935e4abdb05a"  # that part-1-002 had bought when it died with its season


@of("season")
@pytest.mark.parametrize("most", [2, 3, 0])
async def test_a_season_of_0_1_goes_on(film: Film, most: int) -> None:
    """It died with a part that had bought more than its tables tell: in the same parts, in others and as one run, its
    clips are kept, the job in the air is collected, and only what was never ordered is ordered. Its locks are dead."""
    outcome = await (film.season(most) if most else film.render())
    assert (outcome.code, outcome.statuses()) == (0, {"reused": 3, "rendered": 3})
    assert sorted(film.gateways.orders) == ["a lamp", "a pier"]
    assert REMIX_JOB in film.gateways.asked
    assert len(film.gateways.asked) == 3
    assert (outcome.money(), outcome.rows["sh050"]["job_id"]) == (6 * PRICE, REMIX_JOB)
    assert Store(str(film.target)).names("lock") == []
    again = await film.render()
    assert (again.code, film.gateways.orders, film.gateways.asked, again.money()) == (0, [], [], 6 * PRICE)


LOST = {
    "start_image": ("'start_image' as image", 'image = "start_image"', "sh010, sh020"),
    "duration_s": ("'Duration (s)' as duration", 'duration = "Duration (s)"', "1A, 2A"),
    "two_prompts": ("'video_prompt' as prompt", 'prompt = "video_prompt"', "INT_HALL_001, INT_HALL_002"),
    "pair_of_seconds": ("pairs are read as frame numbers", 'unit = "seconds"', ""),
}


@pytest.mark.parametrize(
    ("film", "told", "way", "ids"), [(name, *each) for name, each in LOST.items()], indirect=["film"]
)
async def test_what_0_1_lost_is_not_bought_again(film: Film, told: str, way: str, ids: str) -> None:
    """A header, or a pair, that only this edition understands stays what it was, and the plan says what it would be."""
    outcome = await film.render()
    assert (outcome.code, outcome.statuses(), film.gateways.orders) == (0, {"reused": 2}, [])
    said = "\n".join(outcome.plan.warnings)
    assert told in said
    assert way in said
    assert ids in said


@pytest.mark.parametrize("film", ["duration_s", "two_prompts"], indirect=True)
async def test_what_0_1_lost_is_read_once_the_config_says_so(film: Film) -> None:
    """`[columns]` naming the header asks for the shots anew, and then they are kept again."""
    film.config.write_text(f"{CONFIG.replace('9.0', '90.0')}\n[columns]\n{LOST[film.name][1]}\n", encoding="utf-8")
    outcome = await film.render()
    assert (outcome.code, outcome.statuses(), len(film.gateways.orders)) == (0, {"rendered": 2}, 2)
    assert (await film.render()).statuses() == {"reused": 2}


def test_every_target_is_continued() -> None:
    """Each sample has a test here."""
    assert sorted(["finished", "open_job", "overdue", "rerendered", "season", "unclear", *LOST]) == NAMES
