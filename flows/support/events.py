"""What a run tells those who do not look at it: Prefect events, one a run and kind, for automations to act on."""

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from prefect.events import emit_event
from prefect.runtime import flow_run

from tasks.domain.money import ZERO, usd_text
from tasks.domain.result import has_own_clip
from tasks.session import Session

MOST_IDS = 100  # shot ids of one event


class Happening(NamedTuple):
    """An event's kind, as in ``storyreel.run.incomplete``, and the shots that it is about."""

    kind: str
    shots: Sequence[str]


def happenings(running: Session) -> list[Happening]:
    """What is to be told at the end of a run: nothing where every shot has its clip and no money is in doubt."""
    rows = running.tables.selected()
    code = running.exit_code()
    without = [one.shot.shot_id for one in rows if not has_own_clip(one.status) or one.error_class]
    halted = [one.shot.shot_id for one in rows if one.error_class == "Budget"]
    doubtful = [one for one in running.ledger.history() if one.at_risk and one.outcome != "pending"]
    found = (
        Happening("run.incomplete", without if code in (1, 3) else ()),
        Happening("choice.wanted", running.tables.choices_wanted()),
        Happening("budget.reached", halted if code == 3 else ()),
        Happening("money.at_risk", list(dict.fromkeys(one.shot_id for one in doubtful))),
    )
    return [one for one in found if one.shots]


def payload(running: Session, told: Happening) -> dict[str, Any]:
    """What an event holds: target, board, money of the target in US dollars, and at most a hundred shot ids."""
    totals = running.money()["totals"]
    money = {name: str(totals[name]) for name in ("charged_usd", "at_risk_usd", "wasted_usd")}
    budget = running.budget_usd
    return {
        "target": running.store.url,
        "board": running.board_shown(),
        **money,
        "budget_usd": None if budget is None else usd_text(budget),
        "spent_usd": usd_text(sum((one.charged + one.at_risk for one in running.ledger.history()), ZERO)),
        "shots": list(told.shots)[:MOST_IDS],
        "shots_in_all": len(told.shots),
        "exit_code": running.exit_code(),
    }


def emit_happenings(running: Session) -> None:
    """Emit the events of a run that ends. A server that cannot be told changes nothing of the run."""
    for told in happenings(running):
        with contextlib.suppress(Exception):
            resource = {
                "prefect.resource.id": f"storyreel.target.{running.store.url}",
                "prefect.resource.name": running.store.url,
                "storyreel.board": running.board_shown(),
            }
            run = {"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.role": "flow-run"}
            related = [run] if flow_run.id else []
            emit_event(f"storyreel.{told.kind}", resource, related=related, payload=payload(running, told))
