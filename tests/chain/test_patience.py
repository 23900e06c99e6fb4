"""Patience with a job that was paid for: what ends it, what does not, how often it is asked, and what is told of it."""

import re
from itertools import pairwise
from typing import Any

import pytest

from tasks.domain.progress import Progress
from tests.chain.conftest import PRICE, Outcome, Studio, shots
from tests.chain.wire import Call

SLOW = {"deadline_s": 300, "poll_every_s": 8, "poll_max_s": 30}


def polls(outcome: Outcome, gateway: str = "pixazo") -> list[Call]:
    return [call for call in outcome.calls if call.gateway == gateway and not call.order]


# ------------------------------------------------------------------------------------------- downloads that are none

NO_VIDEO: dict[str, dict[str, Any]] = {
    "a web page": {"do": "html"},
    "a web page as video": {"do": "wrong"},
    "a web page that is another one each time": {"do": "turning"},
    "a cut file": {"do": "short"},
    "a file cut on its way": {"do": "truncated"},
    "no byte": {"do": "empty"},
    "more than is taken": {"do": "claims"},
    "a forbidden address": {"do": "status", "status": 403},
}


@pytest.mark.parametrize("name", list(NO_VIDEO))
async def test_a_download_that_is_no_video_is_asked_for_until_the_deadline(studio: Studio, name: str) -> None:
    """Seven of them in a row end no job that was paid for: the eighth is the clip, bought once."""
    studio.faults({"gateway": "pixazo", "phase": "media", **NO_VIDEO[name], "times": 7})
    outcome = await studio.one("pixazo", "aivideoapi", env=studio.env(pixazo=SLOW))
    assert outcome.told == [("pixazo", "clip", "", f"{PRICE['pixazo']:.2f}", "0.00")]
    assert outcome.code == 0 and outcome.money() == studio.box.billed() and len(polls(outcome)) == 8


@pytest.mark.parametrize("do", ["wrong", "short", "empty"])
async def test_the_same_bytes_until_the_deadline_are_a_failed_job(studio: Studio, do: str) -> None:
    """What came whole twice, the same, and is no video was delivered: charged, as waste, at the deadline."""
    studio.faults({"gateway": "pixazo", "phase": "media", "do": do})
    started = studio.hours.now
    outcome = await studio.one("pixazo", env=studio.env(pixazo=SLOW))
    assert outcome.told == [("pixazo", "failed", "Failed", f"{PRICE['pixazo']:.2f}", "0.00")]
    assert outcome.row["wasted_usd"] == PRICE["pixazo"] and "its clip is no video" in outcome.row["error"]
    assert studio.hours.now - started >= 300


async def test_a_whole_mp4_that_is_none_is_a_failed_job_at_the_second_look(studio: Studio) -> None:
    """A file that is whole by its own boxes, twice the same, will be no other one: nobody waits for the deadline."""
    studio.faults({"gateway": "pixazo", "phase": "media", "do": "lying"})
    outcome = await studio.one("pixazo", env=studio.env(pixazo=SLOW))
    assert outcome.told == [("pixazo", "failed", "Failed", f"{PRICE['pixazo']:.2f}", "0.00")]
    assert len(polls(outcome)) == 2


@pytest.mark.parametrize("do", ["turning", "truncated", "claims"])
async def test_what_never_came_whole_twice_is_overdue(studio: Studio, do: str) -> None:
    """It stays unsettled, at risk; a later run asks once more and has the clip."""
    studio.faults({"gateway": "pixazo", "phase": "media", "do": do})
    config, board, env = studio.config("pixazo"), studio.board("x"), studio.env(pixazo=SLOW)
    outcome = await studio.render(board, config, env)
    assert outcome.told == [("pixazo", "overdue", "Unclear", "0.00", f"{PRICE['pixazo']:.2f}")]
    studio.faults()
    second = await studio.render(board, config, env)
    assert (second.code, second.orders(), second.money()) == (0, [], studio.box.billed())


async def test_a_clip_that_the_target_lost_is_not_bought_again_for_a_web_page(studio: Studio) -> None:
    """Two pages in the place of the file are no answer: the third download is the clip, and nothing is ordered."""
    config, board = studio.config("pixazo"), studio.board("x")
    first = await studio.render(board, config)
    (studio.target / first.row["clip"]).unlink()
    studio.faults({"phase": "media", "do": "wrong", "times": 2})
    second = await studio.render(board, config)
    assert (second.code, second.orders(), second.money()) == (0, [], studio.box.billed())
    assert (studio.target / second.row["clip"]).is_file()


async def test_a_job_whose_last_look_began_before_the_deadline_is_asked_once_more(studio: Studio) -> None:
    """A process that stood still while it asked asks again before it calls the job overdue."""
    studio.faults({"phase": "poll", "do": "lost_before", "times": 2})
    stood = 0

    def stand_still(session: Any) -> None:
        ask = session.http.ask

        async def asked(request: Any, *rest: Any) -> Any:
            nonlocal stood
            stood += request.method == "GET"
            if stood == 2:
                studio.hours.now += 4000
            return await ask(request, *rest)

        session.http.ask = asked

    outcome = await studio.render(
        studio.board("x"), studio.config("pixazo"), studio.env(pixazo=SLOW), tamper=stand_still
    )
    assert outcome.code == 0 and stood == 3 and outcome.money() == studio.box.billed()


# ------------------------------------------------------------------------------------------------------- Retry-After


@pytest.mark.parametrize("status", [200, 429, 503, 404])
@pytest.mark.parametrize(("after", "soonest"), [("40", 40), ("date:+40", 38), ("86400", 120), ("120", 120)])
async def test_a_poll_honours_retry_after(studio: Studio, status: int, after: str, soonest: float) -> None:
    """The job is not asked sooner than its gateway said, up to 120 s, whatever the status; nor much later."""
    body = {"status": "PROCESSING"} if status == 200 else {}
    studio.faults({"phase": "poll", "status": status, "retry_after": after, "body": body, "times": 3})
    outcome = await studio.one("pixazo", env=studio.env(pixazo={"deadline_s": 1200, "poll_every_s": 1}))
    left = [call.left for call in polls(outcome)]
    waits = [later - earlier for earlier, later in pairwise(left)]
    assert len(waits) == 3 and all(soonest <= wait <= soonest + 10 for wait in waits), waits
    assert outcome.code == 0


async def test_a_retry_after_never_leads_past_the_deadline(studio: Studio) -> None:
    """The last look comes at the deadline, however long the gateway wants to be left alone."""
    studio.faults({"phase": "poll", "status": 429, "retry_after": "100"})
    started = studio.hours.now
    outcome = await studio.one("pixazo", env=studio.env(pixazo={"deadline_s": 150, "poll_every_s": 1}))
    assert outcome.told[0][1] == "overdue" and 150 <= studio.hours.now - started < 152
    assert len(polls(outcome)) == 3


async def test_a_429_holds_the_polls_of_its_provider_only(studio: Studio) -> None:
    """Every job there waits as long as one was told to; a job elsewhere is asked as ever, and orders leave."""
    studio.hours.tick = 0.05  # real seconds: replies that are on their way need their few milliseconds
    fault = {"gateway": "pixazo", "phase": "poll", "status": 429, "retry_after": "60", "times": 1, "per": "all"}
    studio.faults(fault)
    rows = [*shots(4), {"prompt": "elsewhere", "route": "aivideoapi:sora-2"}]
    env = studio.env(pixazo={"poll_every_s": 2}, aivideoapi={"poll_every_s": 2})
    outcome = await studio.render(studio.board(*rows), studio.config("pixazo"), env)
    [told] = [call for call in polls(outcome) if call.status == 429]
    later = [call for call in polls(outcome) if call.turn > told.answered]
    assert later and min(call.left for call in later) >= told.left + 60
    assert max(call.left for call in polls(outcome, "aivideoapi")) < told.left + 60
    assert outcome.statuses() == {"rendered": 5}


async def test_another_status_holds_no_other_job(studio: Studio) -> None:
    """A Retry-After under a 503 is that job's own."""
    studio.hours.tick = 0.05
    studio.faults(
        {"phase": "poll", "nth": 1, "status": 503, "retry_after": "60", "times": 1},
        {"do": "unknown_status", "times": 3},
    )
    outcome = await studio.render(
        studio.board(*shots(4)), studio.config("pixazo"), studio.env(pixazo={"poll_every_s": 2})
    )
    [told] = [call for call in polls(outcome) if call.status == 503]
    later = [call for call in polls(outcome) if call.turn > told.answered]
    assert min(call.left for call in later) < told.left + 60 <= max(call.left for call in later)


# ------------------------------------------------------------------------------------------------------ the last word


async def test_the_last_word_is_told_with_its_age(studio: Studio) -> None:
    """When it was said and what went wrong since stand in the row, the record, the attempts and a line."""
    studio.faults(
        {"do": "stuck"}, {"phase": "poll", "do": "unknown_status", "word": "RESTING", "times": 2},
        {"phase": "poll", "do": "html", "status": 502},
    )  # fmt: skip
    outcome = await studio.one("pixazo", env=studio.env(pixazo=SLOW))
    wanted = re.compile(r"did not finish within 300 s; its last word was 'resting', (\d+) s before; then: HTTP 502")
    found = wanted.search(outcome.row["error"])
    assert found and 250 <= int(found[1]) <= 300
    assert wanted.search(outcome.attempts[0]["error"]) and any(wanted.search(line) for line in outcome.lines)
    [record] = [p.read_text() for p in studio.target.glob("ledger/*/1-overdue.json")]
    assert wanted.search(record)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"do": "stuck"}, r"its last word was 'processing', 0 s before"),
        ({"phase": "poll", "do": "lost_before"}, r"it never said how it stands; then: no whole reply from"),
        ({"do": "no_url"}, r"its last word was 'completed, without an address', 0 s before"),
        ({"do": "expired"}, r"its last word was 'completed', 0 s before; then: .* answered 403"),
    ],
)
async def test_whatever_was_said_last_is_told(studio: Studio, fault: dict[str, Any], words: str) -> None:
    """A word, silence, or a completed job without its file."""
    studio.faults(fault)
    outcome = await studio.one("pixazo", env=studio.env(pixazo=SLOW))
    assert re.search(words, outcome.row["error"]), outcome.row["error"]


async def test_progress_has_the_last_word_while_nothing_is_heard(studio: Studio) -> None:
    """A user who watches sees what the gateway said last and how long ago, not the trouble alone."""
    studio.faults(
        {"phase": "poll", "do": "unknown_status", "word": "RESTING", "times": 1},
        {"phase": "poll", "status": 502, "times": 3},
    )
    said: list[str] = []

    class Listening(Progress):
        def say(self, shot_id: str, text: str) -> None:
            said.append(text)

    def listen(session: Any) -> None:
        session.progress = Listening()

    outcome = await studio.render(studio.board("x"), studio.config("pixazo"), studio.env(pixazo=SLOW), tamper=listen)
    troubled = [text for text in said if "HTTP 502" in text]
    assert outcome.code == 0 and len(troubled) == 3
    ages = [int(re.search(r"last word 'resting' (\d+) s ago", text)[1]) for text in troubled]  # type: ignore[index]  # or the test fails
    assert ages[0] < ages[1] < ages[2]


async def test_a_job_that_was_given_up_on_is_told_again(studio: Studio) -> None:
    """A later run asks once, and says what it heard."""
    studio.faults({"do": "stuck"})
    config, board, env = studio.config("pixazo"), studio.board("x"), studio.env(pixazo=SLOW)
    await studio.render(board, config, env)
    second = await studio.render(board, config, env)
    assert len(polls(second)) == 1
    assert any(
        re.search(r"sh010: pixazo.* job \S+ is not done; its last word was 'processing'", line) for line in second.lines
    )
