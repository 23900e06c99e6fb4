"""One shot through its chain: collect what was bought, then the routes in order, each error by the table."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from tasks.domain import redaction
from tasks.domain.errors import LocalFault, MediaError, Stopped, TargetLost
from tasks.domain.machine import describe_lack
from tasks.domain.order import Order
from tasks.domain.plan import Offer, ShotPlan
from tasks.domain.result import Attempt, ShotResult
from tasks.domain.shot import Shot
from tasks.domain.takes import Shelf, Takes, gone_clips
from tasks.engine.builtin import Drawer
from tasks.engine.context import RunContext, StopSignal
from tasks.engine.inputs import Held, InputReader, SourceError, sent_prompt, started_from
from tasks.engine.lost_orders import describe_lost, recover_order
from tasks.engine.places import LEFT, Beside, Next, Place, Places, Work, after, at_once, ended_of, places_of, weigh
from tasks.engine.poll import recover
from tasks.engine.submit import OrderClient
from tasks.ledger import (
    UNSETTLED,
    Ended,
    KeyHistory,
    LedgerKey,
    doubts,
    is_over,
    is_refused,
    lacks_good,
    need_of,
    offers_to_mend,
    result_of,
    unclear_routes,
    waits_for_choice,
)
from tasks.media.assets import Media
from tasks.storage import StoreError


class Renderer:
    """Renders the shots of one run. ``results`` fills as shots end; ``shelf`` are the clips at the target.

    ``plans`` has every row by shot_id: a remix may start from one that this run has nothing to do for.
    """

    def __init__(
        self,
        run: RunContext,
        gateway: OrderClient,
        media: Media,
        stop_signal: StopSignal,
        shelf: Shelf,
        plans: Mapping[str, ShotPlan],
    ) -> None:
        self.run, self.gateway, self.media, self.stop_signal = run, gateway, media, stop_signal
        self.shelf, self.plans = shelf, plans
        self.results: dict[str, ShotResult] = {}
        self.endings: dict[str, Ended | None] = {}
        self.said: set[str] = set()
        self.left: dict[str, tuple[str, bool]] = {}  # by shot: how it left the route before, and whether that is news
        self.drawer = Drawer(run)
        self.inputs = InputReader(run, media)
        self.beside: Beside = at_once

    async def shot(self, plan: ShotPlan) -> ShotResult:
        """The shot's row. A shot that fails is a row, never an exception; a cancelled one leaves its job."""
        page = self.run.ledger.page(plan.key)

        async def work() -> Ended | None:
            await self.collect(plan, page)
            ended = await self._order(plan, page) if self.needs(plan, page) else None
            return ended or await self._mend(plan, page)

        self.endings[plan.shot.shot_id] = ended = await self._ended(plan, work)
        self.results[plan.shot.shot_id] = result = self.result(plan, ended)
        return result

    async def _ended(self, plan: ShotPlan, work: Work) -> Ended | None:
        """What ends the work on a shot: an exception is a row as well."""
        try:
            return await work()
        except Stopped as stop:
            return Ended("skipped", stop.error_class, str(stop))
        except SourceError as error:
            return Ended("failed", "Source", redaction.cut(str(error)))
        except MediaError as error:
            return Ended("failed", "NoRoute", redaction.cut(f"{plan.shot.image or plan.shot.source} {error}"))
        except (TargetLost, StoreError) as error:
            self.stop_signal.stop(Stopped("Target", f"the target refuses what was bought: {error}"))
            return Ended("failed", "Target", str(error))
        except (LocalFault, OSError, MemoryError) as error:
            why = describe_lack(error)
            if why not in self.said:
                self.run.progress.line(f"{plan.shot.shot_id}: {why}; nothing more is ordered, what was bought stays")
            self.said.add(why)
            self.stop_signal.stop(Stopped("Target", why))
            return Ended("failed", "Target", redaction.cut(why))

    def result(self, plan: ShotPlan, ended: Ended | None = None) -> ShotResult:
        """The row of the shot as the ledger has it now."""
        page = self.run.ledger.page(plan.key) if plan.key else KeyHistory()
        return result_of(plan, page, self.run.ledger.run_id, shelf=self.shelf, ended=ended)

    def needs(self, plan: ShotPlan, page: KeyHistory) -> bool:
        """Whether the shot is still to be ordered."""
        return plan.selected and not is_refused(page) and self._takes(plan).need(plan.asked).missing > 0

    def lacks(self, plan: ShotPlan) -> bool:
        """Whether a clip that comes now is of use, whoever ordered it and however the shot ended since."""
        takes = self._takes(plan)
        return takes.need(plan.asked).missing > 0 or lacks_good(takes, plan.asked)

    def _takes(self, plan: ShotPlan) -> Takes:
        return self.run.ledger.page(plan.key).takes(self.shelf, plan.stand_ins)

    async def collect(self, plan: ShotPlan, page: KeyHistory) -> None:
        """Ask after every job that was bought and not settled, then after clips that are gone: before anything is
        bought in their place."""
        for attempt in page.attempts():
            await recover_order(self.run, attempt)
        open_jobs = [a for a in page.attempts() if a.outcome in UNSETTLED and not self.run.can_ask(a)]
        for attempt in sorted(open_jobs, key=lambda a: (a.outcome != "overdue", a.n)):
            job = f"job {attempt.job_id[:40]} at {attempt.route}"
            self.run.progress.take_up(plan.shot.shot_id, job, attempt.at_risk)
            self._seen(await self.gateway.collect(attempt, lambda: self.lacks(plan)))
        for attempt in self._missed(plan, page):
            if self._seen(await recover(self.run, attempt)) is None:
                self.run.progress.line(f"{plan.shot.shot_id}: {describe_lost(attempt)}")
            elif plan.offers and not self.lacks(plan):
                return

    def _missed(self, plan: ShotPlan, page: KeyHistory) -> list[Attempt]:
        """Lost clips whose job can be asked: those that the shot lacks; of a shot that cannot order, all."""
        attempts = page.attempts()
        missed = self._takes(plan).missed(plan.asked)
        if not plan.offers:
            missed += [one for one in gone_clips(attempts, self.shelf) if one not in missed]
        return [one for one in missed if one.job_id and not self.run.can_ask(one)]

    async def _order(self, plan: ShotPlan, page: KeyHistory) -> Ended | None:
        """Order the takes that are missing, side by side: None when each has come."""
        need = need_of(self._takes(plan), plan.asked)
        doubted = doubts(page, need.grade)
        if doubted and self.run.settings.render.on_unclear == "fail":
            where = ", ".join(sorted(unclear_routes(page)))
            return Ended("failed", "Unclear", f"an order at {where} may have been accepted")
        if missing := self._source_missing(plan):
            return missing
        places = Places(need.missing, doubted)
        first, *others = places_of(page.attempts(), need)
        works = [partial(self._ended, plan, partial(self._walk, plan, places, one)) for one in (first, *others)]
        if not others:
            return await works[0]()
        beside = [self.beside(f"{plan.shot.shot_id} ({k})", work) for k, work in enumerate(works[1:], 2)]
        return weigh(await asyncio.gather(works[0](), *beside))

    async def _mend(self, plan: ShotPlan, page: KeyHistory) -> Ended | None:
        """Order one more where a take came with a flaw and the config wants that. A shot that is left with the flawed
        one has a clip all the same: only what ends the whole run ends it."""
        need = need_of(self._takes(plan), plan.asked)
        bad = next((one for one in page.attempts() if need.mends and one.n == need.mends), None)
        offers = offers_to_mend(plan.offers, bad, self.run.settings.quality.on_bad) if bad else ()
        if not offers or not plan.selected or is_refused(page):
            return None
        ended = await self._ended(plan, partial(self._order, plan._replace(offers=offers), page))
        if ended is not None:
            self.run.progress.line(f"{plan.shot.shot_id}: not ordered again: {ended.error}")
        return ended if ended and ended.error_class in ("Interrupted", "Target") else None

    async def _walk(self, plan: ShotPlan, places: Places, place: Place) -> Ended | None:
        """The routes in order for one take, until a clip (then None), a stop, or the end of the chain."""
        last, said = None, list(plan.passed_over)
        for at, offer in enumerate(plan.offers):
            if plan.offers[0].paid and not offer.paid and (places.drawn or self._takes(plan).own):
                break  # a stand-in must not take the place of the clip that is there
            attempt, reason, later = None, "", plan.offers[at + 1 :]
            while places.go_on() and (reason := self._out(offer, places, later)) == "":
                made = await self._attempt(plan, offer, places, place, last=self._last(places, later))
                if made is None:
                    reason = self._out(offer, places, later)
                    break
                tries = 2 if attempt else 1
                attempt = last = made
                if place.mends and is_over(made):
                    return None
                step = self._step(plan, places, attempt, tries)
                if step == "done":
                    return None
                if step != "again":
                    break
            if places.stopped is not None:
                return places.stopped
            said += [reason] if reason else []
            self.left.setdefault(plan.shot.shot_id, (f"{offer.route.model.provider} is out", False))
        return ended_of(last) if last else Ended("failed", "NoRoute", "; ".join(said) or "no usable route")

    def _step(self, plan: ShotPlan, places: Places, attempt: Attempt, tries: int) -> Next:
        """What follows the attempt; what it means for the shot's other takes is noted, and told."""
        render = self.run.settings.render
        places.note(attempt)
        step = after(attempt, tries, on_unclear=render.on_unclear, on_moderated=render.on_moderated)
        if step == "done":
            return step
        self.run.progress.line(f"{plan.shot.shot_id}: {attempt.route}: {attempt.error_class}: {attempt.error}")
        if step == "stop":
            places.stopped = places.stopped or ended_of(attempt)
        if step == "next":
            self.left[plan.shot.shot_id] = f"{attempt.provider} {LEFT.get(attempt.outcome, 'failed')}", True
        return step

    def _out(self, offer: Offer, places: Places, later: Sequence[Offer] = ()) -> str:
        if places.is_full(offer):
            return f"{offer.route.name}: an earlier order there is unclear"
        limits = self.run.client(offer.route.model.provider).limits if offer.paid else None
        return limits.out(offer.route, last=self._last(places, later)) if limits else ""

    def _last(self, places: Places, later: Sequence[Offer]) -> bool:
        """Whether no gateway after this one can be asked."""
        return not any(offer.paid and not self._out(offer, places) for offer in later)

    def _source_missing(self, plan: ShotPlan) -> Ended | None:
        source = self._made(plan.shot)
        if source is None:
            return None
        if source.has_own_clip:
            return self._not_yet(plan, source)
        status = source.status if source.status in ("refused", "skipped") else "failed"
        return Ended(status, "Source", f"{source.shot.shot_id} has no clip of its own ({source.status})")

    def _not_yet(self, plan: ShotPlan, source: ShotResult) -> Ended | None:
        """Why nothing is ordered although the row that the shot starts from has a clip: it waits for a choice, or the
        shot was to be made again from another take, and that is not there."""
        before, page = self.plans[source.shot.shot_id], self.run.ledger.page(plan.key)
        known = self.run.ledger.page(before.key)
        why = waits_for_choice(before, known.takes(self.shelf, before.stand_ins), known.asked_takes)
        if plan.shot.continues and why:
            return Ended("skipped", "Source", why)
        own, wish, begun = self._takes(plan).own, page.open_wish, started_from(source)
        again = wish is not None and wish.get("stale") and own is not None and own.started_from is not None
        if again and own and own.started_from and begun and own.started_from.clip == begun.clip:
            why = f"{source.shot.shot_id} still has the take that this one started from"
            return Ended("skipped", "Source", why)
        return None

    def _made(self, shot: Shot) -> ShotResult | None:
        """The row that a remix starts from as it stands, made in this run or in an earlier one."""
        source = shot.source_shot
        if source in self.plans and source not in self.results:
            return self.result(self.plans[source])
        return self.results.get(source)

    async def _attempt(
        self, plan: ShotPlan, offer: Offer, places: Places, place: Place, *, last: bool
    ) -> Attempt | None:
        """One order at one route. Its place there is taken before anything is awaited: else two would find it free."""
        with places.working(offer):
            self._tell_fall(plan.shot.shot_id, offer)
            return self._seen(await self._order_at(plan, offer, places, place, last=last))

    async def _order_at(
        self, plan: ShotPlan, offer: Offer, places: Places, place: Place, *, last: bool
    ) -> Attempt | None:
        shot = place.shot(plan.shot)
        draft = place.draft(self.run.ledger.page(plan.key).attempts())
        draft_id = draft.remote_ids["draft_id"] if draft else ""
        if draft and offer.route.model.final_of:  # all that it is made of, whatever its source has in use by now
            held = Held(name=draft.frame, started=draft.started_from)
        else:
            held = await self.inputs.read(plan, offer, self._made(plan.shot))
        prompt, name = sent_prompt(shot, offer.route.model), held.name
        order = Order(
            shot, offer.route, offer.seconds, offer.size, prompt, held.frame, held.source, draft_id, place.drafts
        )
        order = replace(order, last_frame=held.last_frame, references=held.references)
        take = place.record(plan.asked.takes) | held.record
        asked = LedgerKey(plan.key, plan.fingerprint, plan.parts, *held.urls, take=take, pictures=held.pictures)
        if offer.paid:
            return await self.gateway.buy(asked, order, offer.quote, name, last=last, wanted=places.go_on)
        start = (lambda: self.inputs.local_source(plan, self._made(shot))) if shot.mode == "remix" else None
        places.drawn = stand_in = plan.offers[0].paid
        return await self.drawer.draw(asked, order, start, frame=name, stand_in=stand_in)

    def _tell_fall(self, shot_id: str, offer: Offer) -> None:
        """Say how a shot comes to this route where it has left another one."""
        how, news = self.left.pop(shot_id, ("", False))
        provider = offer.route.model.provider
        if how:
            where = offer.route.name if how.split()[0] == provider else provider
            self.run.progress.fall(shot_id, f"{how}, went to {where}", tell=news)

    def _seen(self, attempt: Attempt | None) -> Attempt | None:
        if attempt is not None and attempt.clip is not None:
            self.shelf.add(attempt.clip)
        return attempt

    async def drain(self, seconds: float) -> None:
        """Let orders on their way come to their records, as long as each may take; drawings for ``seconds`` at most."""
        await asyncio.gather(self.gateway.drain(seconds), self.drawer.drain(seconds))
