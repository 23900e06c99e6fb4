"""Which shots the user wishes done again, by name or because of what they started from; such wishes written, and closed
where their reason has gone."""

from collections.abc import Collection, Mapping
from typing import Any

from tasks.ledger import lineage_of
from tasks.planning import Planner, ShotSelection
from tasks.session.state import SessionState


def planner_of(state: SessionState, chosen: Collection[str]) -> Planner:
    """What plans the session's board by what is known now. ``chosen`` are the shots that the command is about."""
    asked = state.request
    only, named = frozenset(asked.only), asked.named
    rerender = frozenset(chosen) if "all" in named else named & frozenset(chosen)
    wanted = asked.skip_unusable, asked.takes, asked.draft
    known = (state.board, state.snapshot, state.ledger, state.settings, state.catalogue)
    opened = {key for key, page in state.ledger.pages.items() if (page.open_wish or {}).get("stale")}
    if opened or "stale" in asked.rerender:
        plan = Planner(*known, ShotSelection(only, rerender, *wanted)).plan()
        lineage = lineage_of({one.shot.shot_id: one for one in plan.shots}, state.ledger.pages, state.snapshot.shelf)
        for one in plan.shots:
            if one.selected and one.key in opened and (why := lineage.needless(one.key)):
                state.ledger.end_wish(one.key, one.shot.shot_id, why)
        stale = [one.shot.shot_id for one in plan.stale if one.stale and not one.stale.waits]
        state.stale = set(stale) - rerender if "stale" in asked.rerender else set()
        rerender |= state.stale
    planner = Planner(*known, ShotSelection(only, rerender, *wanted))
    planner.told += map(_words, _closed(state))
    return planner


def keep_wishes(state: SessionState, planner: Planner) -> None:
    """Write the wishes of this run for another clip, and those that it closes. Blocks."""
    for wish in _closed(state) if state.role.publishes else ():
        state.progress.line(_words(wish))
        state.ledger.keep_wish(wish)
    for plan in state.plan.shots:
        if plan.shot.shot_id in planner.rerender and not plan.left_out and state.ledger.page(plan.key).entries:
            state.ledger.want(plan.key, stale=plan.shot.shot_id in state.stale)


def _closed(state: SessionState) -> list[dict[str, Any]]:
    """The wishes that this run closes."""
    wishes = (page.wish for page in state.ledger.pages.values())
    return [wish for wish in wishes if wish and wish.get("over") and wish["run_id"] == state.run_id]


def _words(wish: Mapping[str, Any]) -> str:
    return f"{wish['shot_id']}: the wish for another take is closed: {wish['over']}"
