"""The rows and the money of a session: as they stand, and written whole at its target."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from tasks.domain.errors import TargetError
from tasks.domain.plan import ShotPlan
from tasks.domain.result import ShotResult
from tasks.domain.takes import Shelf, attempts_with_clip, counting
from tasks.ledger import Ended, describe_idle, exit_code, lineage_of, waits_for_choice
from tasks.manifest import TableHead, build_tables, total_costs
from tasks.session import restore
from tasks.session.sounds import keep_sounds
from tasks.session.state import SessionState
from tasks.storage import StoreError


@dataclass(frozen=True, slots=True)
class Tables:
    """What a session comes to. A part of a season leaves the writing to its season."""

    state: SessionState

    def results(self) -> list[ShotResult]:
        """Every row in board order, as it stands now."""
        state, plans = self.state, self.state.plan.shots
        lineage = lineage_of({plan.shot.shot_id: plan for plan in plans}, state.ledger.pages, state.shelf)
        behind = [lineage.stale(plan.key) if plan.key else None for plan in plans]
        rows = [self.row(plan) for plan in plans]
        return [replace(row, stale=one.reason) if one else row for row, one in zip(rows, behind, strict=True)]

    def selected(self) -> list[ShotResult]:
        """The rows that this command was asked for."""
        return [self.row(plan) for plan in self.state.plan.shots if plan.selected]

    def row(self, plan: ShotPlan) -> ShotResult:
        """The row of one shot as it stands now. One that this run has nothing to do for stays, until somebody says
        something of it: a large board asks for its rows again and again."""
        state, name = self.state, plan.shot.shot_id
        if plan.renders or state.restored or state.renderer is None or name in state.renderer.results:
            return self._row(plan)
        page = state.ledger.pages.get(plan.key)
        known = plan, page, state.renderer.shelf, page.verdicts if page else ()
        before = state.rows_made.get(name)
        if before is None or any(old is not new for old, new in zip(before[0], known, strict=True)):
            state.rows_made[name] = before = known, self._row(plan)
        return before[1]

    def _row(self, plan: ShotPlan) -> ShotResult:
        state = self.state
        if state.restored:
            return restore.results_of_plans([plan], state.ledger, state.shelf, state.run_id)[0]
        if plan.kept is not None:
            return restore.kept_result(plan, state.ledger, state.shelf)
        assert state.renderer is not None, "open() comes first"  # noqa: S101 - a slip of ours, not of a user
        known = state.renderer.results.get(plan.shot.shot_id)
        if known and plan.key in state.verdicts:
            known = state.renderer.result(plan, state.renderer.endings.get(plan.shot.shot_id))
        halted = state.stopped if plan.renders and known is None else None
        ended = Ended("skipped", halted.error_class, str(halted)) if halted else None
        result = known or state.renderer.result(plan, ended)
        if result.status == "skipped" and not plan.selected and not result.attempts:
            return replace(result, error_class="", error="")
        return result

    def money(self) -> dict[str, Any]:
        """The rollup as it stands now: what costs.json holds."""
        state = self.state
        history = list(state.ledger.history())
        return total_costs(self.results(), history, state.shelf, run_id=state.run_id, budget=state.budget_usd)

    def waiting(self) -> int:
        """How many shots wait for a choice among their takes."""
        return len(self.choices_wanted())

    def choices_wanted(self) -> list[str]:
        """The ids of the selected shots that have drafts of which nobody has chosen one, and of those with several
        takes of which nobody has, where a selected row is to go on from one."""
        rows, verdicts = self.selected(), self.state.verdicts
        drafts = [(row, row.made_by) for row in rows if row.made_by and row.made_by.grade == "draft"]
        said = [(row, counting([one], False, verdicts.get(one.key, ())).get(one.n)) for row, one in drafts]
        wanted = [row.shot.shot_id for row, one in said if one is None or one.kind != "select"]
        return list(dict.fromkeys([*wanted, *(row.shot.source_shot for row in rows if self._waits_for_source(row))]))

    def _waits_for_source(self, row: ShotResult) -> bool:
        """Whether nothing was ordered for the row, because nobody has chosen among the takes that it goes on from."""
        state = self.state
        before = state.plans.get(row.shot.source_shot)
        page = state.ledger.pages.get(before.key) if before else None
        if row.error_class != "Source" or not row.shot.continues or before is None or page is None:
            return False
        return bool(waits_for_choice(before, page.takes(state.shelf, before.stand_ins), page.asked_takes))

    def idle_verdicts(self) -> str:
        """In words how many verdicts do nothing at this target; empty where each does something."""
        state, keys = self.state, {plan.key for plan in self.state.plan.shots}
        known = {key: state.ledger.page(key).attempts() for key in keys & state.verdicts.keys()}
        came = {key: attempts_with_clip(attempts, state.shelf) for key, attempts in known.items()}
        takes = {(key, one.n, one.clip.sha256) for key, listed in came.items() for one in listed if one.clip}
        return describe_idle(state.verdicts, keys, takes)

    def exit_code(self) -> int:
        """The command's exit code by its selected shots: 130 interrupted, 3 the budget stopped it, 1 a clip is missing,
        0."""
        code = exit_code(self.selected(), self.state.stopped)
        return 1 if self.state.unwritten and code == 0 else code

    async def publish(self) -> None:
        """Write manifest, attempts and costs whole, the manifest's JSON last, unless they would be the same."""
        state = self.state
        if not state.role.publishes:
            return
        rows, extras = self.results(), state.board.extra_columns
        board = await asyncio.to_thread(state.board_shown)
        head = TableHead(state.run_id, board, state.store.url, extras, state.budget_usd, dict(state.verdicts))
        facts = rows, list(state.ledger.history()), Shelf(dict(state.shelf.sizes), dict(state.shelf.digests)), head
        if state.written == facts:
            return
        state.written = None  # from here on some of them may stand there and some not
        made = await asyncio.to_thread(build_tables, *facts)
        for name, data in sorted(made.items(), key=lambda file: file[0] == "manifest.json"):
            await asyncio.to_thread(state.store.write, name, data)
        state.written = facts

    async def publish_last(self) -> None:
        """Write the tables at the end: what a target refuses now can still be told, and is in the ledger."""
        state = self.state
        if not state.role.publishes:
            return await state.role.report(self.selected(), state.budget.wasted)
        try:
            # a run that hung may have been replaced: the tables are the other's
            await asyncio.to_thread(state.lock.renew)
            await asyncio.to_thread(state.hear_verdicts)
            await self.publish()
        except TargetError as error:
            state.unwritten = str(error)
            state.progress.line(f"the tables are left as they are: {error}")
        except StoreError as error:
            state.unwritten = str(error)
            state.progress.line(f"the tables could not be written (run again, the ledger has it all): {error}")

    async def keep_sounds(self) -> None:
        """Bring the board's sounds to the target. What it refuses is told."""
        try:
            await keep_sounds(self.state)
        except (StoreError, OSError) as error:
            self.state.progress.line(f"the sounds could not be kept (run again): {error}")

    async def show(self) -> None:
        """Make report, timeline and rough cut from the manifest as it is now written; not in a run that was stopped for
        another reason than its money.

        A rough cut of the very same clips in the same order is not cut again.
        """
        state = self.state
        halted = state.stopped is not None and state.stopped.error_class != "Budget"
        if halted or not state.role.publishes:
            return
        await self.publish_last()
        await self.keep_sounds()
        from tasks.views.publish import ViewPublisher  # a plan draws nothing

        known = (state.store, state.folder, state.progress, state.ledger)
        await ViewPublisher(*known, spare=True, mark=state.settings.mark).make(state.request.views)
