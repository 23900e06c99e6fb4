"""What a season makes of a Prefect server that is away, or knows nothing of a part any more."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.exceptions import ObjectNotFound
from prefect.utilities.schema_tools.validation import validate

from flows import render_season
from flows.render_storyboard import render_storyboard
from tasks.domain.errors import StoryreelError
from tasks.domain.progress import Progress
from tasks.season.coordinator import PartOrder
from tasks.season.parts import SeasonPart

PART = SeasonPart(name="part-1-001", attempt="a", run_id="run-1", token="t", lease=60, ways=1)
TASK = PartOrder(PART, ("sh010",), None, 1)


class Running:
    """As much of a session as a starter needs; its sleep takes no time and is counted."""

    def __init__(self) -> None:
        self.request = SimpleNamespace(board="b.csv", config="c.toml", takes=None, draft=None)
        self.store = SimpleNamespace(url="memory://x")
        self.lock = SimpleNamespace(lease=60.0)
        self.run_id, self.stopped, self.progress, self.slept = "run-1", None, Progress(), 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


def asked(monkeypatch: pytest.MonkeyPatch, *answers: Exception) -> list[str]:
    """The idempotency keys under which a server is asked that gives these answers and then takes the part."""
    keys: list[str] = []

    async def run_deployment(name: str, **told: Any) -> Any:
        keys.append(told["idempotency_key"])
        if len(keys) <= len(answers):
            raise answers[len(keys) - 1]
        return SimpleNamespace(id=uuid4())

    monkeypatch.setattr(render_season, "arun_deployment", run_deployment)
    return keys


async def test_a_server_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection and a lost reply cost no attempt: the same part is asked for under the same key, so that a
    server which had taken it starts it once."""
    keys = asked(monkeypatch, httpx.ConnectError("refused"), httpx.ReadTimeout("lost"))
    running: Any = Running()
    await render_season.starter(running)(TASK)
    assert keys == ["a"] * 3
    assert running.slept == 10.0


async def test_a_deployment_that_is_not_there_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server refuses is said at once."""
    keys = asked(monkeypatch, ObjectNotFound(Exception("404")))
    running: Any = Running()
    with pytest.raises(StoryreelError, match="Prefect did not take it"):
        await render_season.starter(running)(TASK)
    assert (keys, running.slept) == (["a"], 0.0)


@pytest.mark.parametrize(("takes", "draft"), [(None, None), (3, True), (None, False)])
async def test_a_part_is_asked_for_as_its_form_allows(
    monkeypatch: pytest.MonkeyPatch, takes: int | None, draft: bool | None
) -> None:
    """Its parameters pass the schema of its deployment, which a server holds them to, whatever the season was asked."""
    sent: list[dict[str, Any]] = []

    async def run_deployment(name: str, **told: Any) -> Any:
        sent.append(told["parameters"])
        return SimpleNamespace(id=uuid4())

    monkeypatch.setattr(render_season, "arun_deployment", run_deployment)
    running: Any = Running()
    running.request.takes, running.request.draft = takes, draft
    await render_season.starter(running)(TASK)
    assert validate(sent[0], render_storyboard.parameters.model_dump(), ignore_required=True) == []
    assert (sent[0].get("takes"), sent[0].get("draft")) == (takes, draft)


async def test_a_part_whose_run_was_deleted_cannot_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that nobody finds will show no heartbeat: the season does not wait for it for ever."""

    class Client:
        async def __aenter__(self) -> "Client":
            return self

        async def __aexit__(self, *told: object) -> None:
            return None

        async def read_flow_run(self, run_id: object) -> None:
            raise ObjectNotFound(Exception("404"))

    monkeypatch.setattr(render_season, "get_client", Client)
    assert not await render_season.can_come(uuid4(), {})
