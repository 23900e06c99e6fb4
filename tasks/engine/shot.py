"""One shot through its chain: collect what was bought, then the routes in order, each error by the table."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from tasks.domain import redaction
from tasks.domain.errors import LocalFault, MediaError, Outcome, Stopped, TargetLost
from tasks.domain.machine import describe_lack
from tasks.domain.model import Model
from tasks.domain.order import Frame, Order, SourceClip
from tasks.domain.plan import Offer, ShotPlan
from tasks.domain.result import Attempt, ShotResult
from tasks.domain.shot import Shot
from tasks.domain.takes import Shelf, gone_clips, missed_clips, own_clip
from tasks.engine.builtin import Drawer
from tasks.engine.context import RunContext, StopSignal
from tasks.engine.lost_orders import recover_order
from tasks.engine.poll import recover
from tasks.engine.submit import OrderClient
from tasks.ledger import UNSETTLED, Ended, KeyHistory, LedgerKey, closed_gateways, is_refused, result_of, unclear_routes
from tasks.media.assets import Media
from tasks.storage import StoreError, has_scheme

SIGNED_SECONDS = 3 * 3600  # longer than any queue that was seen
Next = Literal["done", "again", "next", "stop"]
#: How a gateway left a shot that goes on elsewhere, in the words of the display.
LEFT: Mapping[Outcome, str] = {
    "busy": "busy",
    "refused": "refused it",
    "locked": "refused key or credit",
    "failed": "failed",
    "unclear": "gave no clear answer",
    "overdue": "took too long",
    "moderated": "refused the content",
}


def after(attempt: Attempt, tries: int, *, on_unclear: str, on_moderated: str) -> Next:
    """What follows an attempt, by its outcome; ``tries`` counts the attempts at this route that ended failed."""
    if attempt.outcome == "clip":
        return "done"
    if attempt.outcome == "moderated":
        return "stop" if on_moderated == "stop" else "next"
    if attempt.outcome in ("unclear", "overdue"):
        return "stop" if on_unclear == "fail" else "next"
    if attempt.outcome == "failed" and attempt.basis == "free" and attempt.provider != "animatic" and tries == 1:
        return "again"
    return "next"


def sent_prompt(shot: Shot, model: Model) -> str:
    """The prompt as this model gets it: what it cannot take apart is folded in."""
    if shot.negative_prompt and not model.negative_prompt:
        return f"{shot.prompt} Avoid: {shot.negative_prompt}"
    return shot.prompt


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
        self.said: set[str] = set()
        self.left: dict[str, tuple[str, bool]] = {}  # by shot: how it left the route before, and whether that is news
        self.drawer = Drawer(run)

    async def shot(self, plan: ShotPlan) -> ShotResult:
        """The shot's row. A shot that fails is a row, never an exception; a cancelled one leaves its job."""
        ended: Ended | None = None
        page = self.run.ledger.page(plan.key)
        try:
            await self.collect(plan, page)
            if self.needs(plan, page):
                ended = await self._walk(plan, page)
        except Stopped as stop:
            ended = Ended("skipped", stop.error_class, str(stop))
        except MediaError as error:
            ended = Ended("failed", "NoRoute", redaction.cut(f"{plan.shot.image or plan.shot.source} {error}"))
        except (TargetLost, StoreError) as error:
            self.stop_signal.stop(Stopped("Target", f"the target refuses what was bought: {error}"))
            ended = Ended("failed", "Target", str(error))
        except (LocalFault, OSError, MemoryError) as error:
            why = describe_lack(error)
            if why not in self.said:
                self.run.progress.line(f"{plan.shot.shot_id}: {why}; nothing more is ordered, what was bought stays")
            self.said.add(why)
            self.stop_signal.stop(Stopped("Target", why))
            ended = Ended("failed", "Target", redaction.cut(why))
        result = self.result(plan, ended)
        self.results[plan.shot.shot_id] = result
        return result

    def result(self, plan: ShotPlan, ended: Ended | None = None) -> ShotResult:
        """The row of the shot as the ledger has it now."""
        page = self.run.ledger.page(plan.key) if plan.key else KeyHistory()
        return result_of(plan, page, self.run.ledger.run_id, shelf=self.shelf, ended=ended)

    def needs(self, plan: ShotPlan, page: KeyHistory) -> bool:
        """Whether the shot is still to be ordered."""
        return plan.selected and not is_refused(page) and self.lacks(plan, page)

    def lacks(self, plan: ShotPlan, page: KeyHistory) -> bool:
        """Whether a clip that comes now is of use, whoever ordered it and however the shot ended since."""
        return page.open_wish is not None or not self._has_own(plan, page)

    def _has_own(self, plan: ShotPlan, page: KeyHistory) -> bool:
        return own_clip(page.attempts(), self.shelf, plan.stand_ins, page.wish) is not None

    async def collect(self, plan: ShotPlan, page: KeyHistory) -> None:
        """Ask after every job that was bought and not settled, then after clips that are gone: before anything is
        bought in their place."""
        for attempt in page.attempts():
            await recover_order(self.run, attempt)
        open_jobs = [a for a in page.attempts() if a.outcome in UNSETTLED and not self.run.can_ask(a)]
        for attempt in sorted(open_jobs, key=lambda a: (a.outcome != "overdue", a.n)):
            job = f"job {attempt.job_id[:40]} at {attempt.route}"
            self.run.progress.take_up(plan.shot.shot_id, job, attempt.at_risk)
            self._seen(await self.gateway.collect(attempt, lambda: self.lacks(plan, page)))
        for attempt in self._missed(plan, page):
            if self._seen(await recover(self.run, attempt)) is None:
                self.run.progress.line(f"{plan.shot.shot_id}: {_lost(attempt)}")
            elif plan.offers:
                return

    def _missed(self, plan: ShotPlan, page: KeyHistory) -> list[Attempt]:
        """Lost clips whose job can be asked: those that the shot lacks; of a shot that cannot order, all."""
        attempts = page.attempts()
        missed = missed_clips(attempts, self.shelf, plan.stand_ins, page.wish)
        if not plan.offers:
            missed += [one for one in gone_clips(attempts, self.shelf) if one not in missed]
        return [one for one in missed if one.job_id and not self.run.can_ask(one)]

    async def _walk(self, plan: ShotPlan, page: KeyHistory) -> Ended | None:
        """The routes in order, until a clip, a stop, or the end of the chain: None when there is a clip."""
        render = self.run.settings.render
        closed = closed_gateways(page)
        if closed and render.on_unclear == "fail":
            return Ended(
                "failed", "Unclear", f"an order at {', '.join(sorted(unclear_routes(page)))} may have been accepted"
            )
        if missing := self._source_missing(plan):
            return missing
        last, said = None, list(plan.passed_over)
        for place, offer in enumerate(plan.offers):
            if not offer.paid and plan.stand_ins and self._has_own(plan, page):
                break  # a stand-in must not take the place of the clip that is there
            tries, later = 0, plan.offers[place + 1 :]
            while (reason := self._out(offer, closed, later)) == "":
                attempt = await self._attempt(plan, offer, last=self._last(closed, later))
                if attempt is None:
                    reason = self._out(offer, closed, later)
                    break
                last, tries = attempt, tries + 1
                step = after(attempt, tries, on_unclear=render.on_unclear, on_moderated=render.on_moderated)
                if step == "done":
                    return None
                self.run.progress.line(f"{plan.shot.shot_id}: {attempt.route}: {attempt.error_class}: {attempt.error}")
                if step == "stop":
                    return _ended(attempt)
                if attempt.outcome == "unclear":
                    closed.add(attempt.provider)
                if step == "next":
                    self.left[plan.shot.shot_id] = f"{attempt.provider} {LEFT.get(attempt.outcome, 'failed')}", True
                    break
            said += [reason] if reason else []
            self.left.setdefault(plan.shot.shot_id, (f"{offer.route.model.provider} is out", False))
        return _ended(last) if last else Ended("failed", "NoRoute", "; ".join(said) or "no usable route")

    def _out(self, offer: Offer, closed: set[str], later: Sequence[Offer] = ()) -> str:
        if closed & {offer.route.name, offer.route.model.provider}:
            return f"{offer.route.name}: an earlier order there is unclear"
        limits = self.run.client(offer.route.model.provider).limits if offer.paid else None
        return limits.out(offer.route, last=self._last(closed, later)) if limits else ""

    def _last(self, closed: set[str], later: Sequence[Offer]) -> bool:
        """Whether no gateway after this one can be asked."""
        return not any(offer.paid and not self._out(offer, closed) for offer in later)

    def _source_missing(self, plan: ShotPlan) -> Ended | None:
        source = self._made(plan.shot)
        if source is None or source.has_own_clip:
            return None
        status = source.status if source.status in ("refused", "skipped") else "failed"
        return Ended(status, "Source", f"{source.shot.shot_id} has no clip of its own ({source.status})")

    def _made(self, shot: Shot) -> ShotResult | None:
        """The row that a remix starts from as it stands, made in this run or in an earlier one."""
        source = shot.source_shot
        if source in self.plans and source not in self.results:
            return self.result(self.plans[source])
        return self.results.get(source)

    async def _attempt(self, plan: ShotPlan, offer: Offer, *, last: bool) -> Attempt | None:
        """One order at one route, by a gateway or by the built-in renderer."""
        shot = plan.shot
        self._tell_fall(shot.shot_id, offer)
        frame, name = await self._frame(plan, offer)
        source = await self._source(plan, offer)
        prompt = sent_prompt(shot, offer.route.model)
        order = Order(shot, offer.route, offer.seconds, offer.size, prompt, frame, source)
        asked = LedgerKey(plan.key, plan.fingerprint, plan.parts, _remote(shot.image), _remote(shot.source))
        if offer.paid:
            return self._seen(await self.gateway.buy(asked, order, offer.quote, name, last=last))
        start = (lambda: self._local_source(plan)) if shot.mode == "remix" else None
        stand_in = plan.offers[0].paid
        return self._seen(await self.drawer.draw(asked, order, start, frame=name, stand_in=stand_in))

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

    async def _frame(self, plan: ShotPlan, offer: Offer) -> tuple[Frame | None, str]:
        shot, digest = plan.shot, str(plan.parts.get("image", ""))
        if shot.mode != "image_to_video":
            return None, ""
        name, data = await self.media.frame(shot.image, digest, offer.size, shot.fit)
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        uri = ""
        if offer.travels == "data":
            uri = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        elif offer.travels == "signed":
            uri = await asyncio.to_thread(self.run.store.sign, name, SIGNED_SECONDS)
        elif offer.travels == "as is":
            uri = shot.image
        return Frame(digest, offer.size, kind, uri, data), name

    async def _source(self, plan: ShotPlan, offer: Offer) -> SourceClip | None:
        shot = plan.shot
        if shot.mode != "remix":
            return None
        ways = offer.route.model.remix
        row = self._made(shot)
        made = row.made_by if row else None
        if made is None or made.clip is None:
            inline = "data" in ways and not shot.source.startswith("https://")
            digest = str(plan.parts.get("source", ""))
            return SourceClip(await self.media.inline(shot.source, digest) if inline else shot.source)
        uri = await asyncio.to_thread(self.run.store.sign, made.clip.path, SIGNED_SECONDS) if offer.paid else ""
        if not uri and "data" in ways:
            uri = await self.media.inline_clip(made.clip.path)
        return SourceClip(uri, made.provider, made.job_id, made.remote_ids)

    async def drain(self, seconds: float) -> None:
        """Let what is on its way come to its record: orders as long as they may take, drawings so long at the most."""
        await asyncio.gather(self.gateway.drain(seconds), self.drawer.drain(seconds))

    async def _local_source(self, plan: ShotPlan) -> Path:
        source = self._made(plan.shot)
        if source is not None and source.clip is not None:
            return await self.media.clip(source.clip.path)
        return await self.media.unchanged(plan.shot.source, str(plan.parts.get("source", "")))


def _ended(attempt: Attempt) -> Ended:
    status: Literal["refused", "failed"] = "refused" if attempt.outcome == "moderated" else "failed"
    return Ended(status, attempt.error_class or "Failed", attempt.error)


def _lost(attempt: Attempt) -> str:
    """A clip that is not at the target, in words."""
    where = f"{attempt.clip.path} is gone or cut" if attempt.clip else "its clip was never fetched"
    return f"{where}, and job {attempt.job_id} at {attempt.route} does not give it again"


def _remote(reference: str) -> str:
    return redaction.pin(reference) if has_scheme(reference) else ""
