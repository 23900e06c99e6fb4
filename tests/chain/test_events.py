"""What a run tells those who do not look at it: which events, of which shots, with which money."""

from typing import Any

from flows.support.events import happenings, payload
from tasks.session import Session
from tests.chain.conftest import Studio, shots


def told(session: Session) -> dict[str, list[str]]:
    return {one.kind: list(one.shots) for one in happenings(session)}


async def flown(studio: Studio, *prompts: str, render: Any = None, **more: Any) -> Session:
    """A session whose run is over."""
    sessions: list[Session] = []
    board, config = studio.board(*prompts), studio.config("pixazo", render=render)
    await studio.render(board, config, tamper=sessions.append, **more)
    return sessions[0]


async def test_a_run_with_every_clip_tells_nothing(studio: Studio) -> None:
    """Nobody is woken for what went well."""
    assert told(await flown(studio, "x")) == {}


async def test_an_incomplete_run_names_the_shots_without_a_clip(studio: Studio) -> None:
    """One event, and the shots that have none."""
    studio.faults({"do": "failed", "prompt": "doomed"})
    session = await flown(studio, "x", "doomed")
    assert told(session)["run.incomplete"] == ["sh020"]
    found = payload(session, happenings(session)[0])
    assert (found["target"], found["shots_in_all"], found["exit_code"]) == (session.store.url, 1, 1)
    assert found["board"].endswith("board.csv") and found["charged_usd"] == str(
        session.money()["totals"]["charged_usd"]
    )


async def test_a_budget_that_ends_a_run_is_told(studio: Studio) -> None:
    """With the shots that it left out, and the budget itself."""
    session = await flown(studio, *shots(3), render={"budget_usd": 2, "concurrency": 1})
    assert told(session)["budget.reached"] == ["sh020", "sh030"] == told(session)["run.incomplete"]
    assert payload(session, happenings(session)[0])["budget_usd"] == "2.00"


async def test_money_at_risk_is_told(studio: Studio) -> None:
    """An order whose reply was lost: its shot, whatever else came of it."""
    studio.faults({"do": "lost_after", "gateway": "pixazo"})
    session = await flown(studio, "x", render={"on_unclear": "fail"})
    assert told(session)["money.at_risk"] == ["sh010"]


async def test_an_event_names_a_hundred_shots(studio: Studio) -> None:
    """And says how many there are."""
    session = await flown(studio, *shots(103), render={"budget_usd": 0})
    found = payload(session, happenings(session)[0])
    assert (len(found["shots"]), found["shots_in_all"]) == (100, 103)


async def test_a_choice_that_is_wanted_is_told(studio: Studio) -> None:
    """Of drafts, and of several takes that another row is to go on from: the shots among whose takes to choose."""
    route = "pixazo:sora-2-pro"
    config = studio.config(route, chain={"image_to_video": [route]}, **{"chain.draft": {"text_to_video": [route]}})
    sessions: list[Session] = []
    await studio.render(studio.board(*shots(2)), config, tamper=sessions.append, draft=True)
    assert told(sessions[0]) == {"choice.wanted": ["sh010", "sh020"]}
    rows: list[dict[str, Any]] = [
        {"shot_id": "a", "prompt": "x", "takes": 2},
        {"shot_id": "b", "prompt": "y", "continues": "a"},
        {"shot_id": "c", "prompt": "z", "takes": 2},
    ]
    await studio.render(studio.board(*rows), config, tamper=sessions.append)
    assert told(sessions[1]) == {"run.incomplete": ["b"], "choice.wanted": ["a"]}
