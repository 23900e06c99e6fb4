"""A job that was accepted: poll it, bring its clip to the target, settle it, or give it up as overdue.

Only the gateway's own final word ends a job before its deadline: lost polls, HTTP troubles, dropped or expired
downloads are asked again.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tasks.domain import machine
from tasks.domain.errors import Failed, GatewayError, LocalFault, MediaError, Moderated, Outcome, TargetLost, Unclear
from tasks.domain.identity import clip_stem
from tasks.domain.job import Done, Pending
from tasks.domain.money import ZERO
from tasks.domain.order import Reply, Request
from tasks.domain.result import Attempt, Basis, Clip, Settlement
from tasks.engine.charges import bill_of, charge_of, tell_odd, weigh_charge
from tasks.engine.client import ProviderClient, absolute
from tasks.engine.context import RunContext
from tasks.engine.delivery import fetch as fetching
from tasks.engine.delivery.looking import look_inside, tell_flaws
from tasks.engine.heard import Heard, NoVideo, answering
from tasks.engine.limits import LONGEST_WAIT, retry_after
from tasks.ledger import job_of
from tasks.media import probe as video
from tasks.media import remux
from tasks.media.origin import read_origin
from tasks.providers._common import said, text_of
from tasks.storage import StoreError
from tasks.transport import Forbidden, HttpStatus, Lost, NotSent, TooLarge

CLIP_BYTES = 2_000_000_000
INLINE_BYTES = 64_000_000  # of an answer that holds the file itself, as text
RECOVERIES = 3  # looks for a clip that the target lost
PRICE_LIST: Basis = "price_list"
FOLLOWS = 3  # documents a job may send us through in one look


async def finish(
    run: RunContext,
    client: ProviderClient,
    attempt: Attempt,
    use: Callable[[], bool] = lambda: True,
    *,
    at_once: bool = False,
) -> Attempt:
    """Ask after the job until it is over or its patience is; one given up on earlier is asked just once.

    ``use`` says whether the shot still needs the clip: when it does not, one look is enough, and a clip that is ready
    is ``late``: it was paid for, and is kept beside the one in use.
    """
    watch = JobWatch(run, client, attempt)
    settings, heard, once = client.settings, watch.heard, attempt.outcome == "overdue"
    wait = 0.0 if at_once else settings.poll_every_s
    while True:
        await watch.pause(wait)
        wait = min(wait * 1.3, max(settings.poll_max_s, settings.poll_every_s)) if wait else settings.poll_every_s
        began = run.clock()
        over = await watch.turn(use)
        if over is not None:
            return over
        if once:
            told = f"job {attempt.job_id} is not done; {heard.last(run.clock())}"
            run.progress.line(f"{attempt.shot_id}: {attempt.route}: {told}")
        if once or not use():
            return attempt
        if heard.is_last(began):
            return await watch.give_up()


async def recover(run: RunContext, attempt: Attempt) -> Attempt | None:
    """Ask a settled job for its clip again, because the target lost it: None when it cannot be had.

    A lost poll, a lost download or a web page in its place is no answer: it is repeated a few times before the shot
    counts as new.
    """
    client = run.client(attempt.provider)
    watch = JobWatch(run, client, attempt)
    for _ in range(RECOVERIES):
        try:
            done = await watch.look()
            if done is not None and done.url:
                clip = await watch.bring(done)
                money, ids = (attempt.charged, attempt.at_risk, attempt.basis), attempt.remote_ids
                ending = Settlement(attempt.outcome, *money, clip=clip, remote_ids=ids)
                return await run.write(run.ledger.settled, attempt, ending)
        except (Failed, Moderated):
            return None
        except (GatewayError, Lost, NotSent, HttpStatus, Forbidden, MediaError) as error:
            run.progress.say(attempt.shot_id, f"{attempt.provider}: {client.hidden(str(error))}")
        await watch.pause(client.settings.poll_every_s)
    return None


class JobWatch:
    """One job that is waited for in one run: how it is asked after, at its ``base``, and what was heard of it."""

    def __init__(self, run: RunContext, client: ProviderClient, attempt: Attempt) -> None:
        self.run, self.client, self.attempt = run, client, attempt
        self.base = client.base_of(run.ledger.record(attempt))
        self.heard = Heard(run.clock() + client.settings.deadline_s)
        self.qa: str | None = None  # what is wrong with the clip; None where nobody looked

    async def pause(self, wait: float) -> None:
        """Wait ``wait`` seconds, or as long as the gateway asks of this job or of all, but to the deadline only.

        Jobs that were held back together do not come back together.
        """
        run, heard, limits = self.run, self.heard, self.client.limits
        until = max(run.clock() + wait * (0.9 + run.roll() / 5), heard.not_before)
        spread = run.roll() * self.client.settings.poll_every_s
        while (rest := min(max(until, limits.hushed_until + spread), heard.until) - run.clock()) > 0:
            await run.sleep(rest)

    async def turn(self, use: Callable[[], bool]) -> Attempt | None:
        """One look at the job, and its clip where it is ready: the attempt when it is over now, else None."""
        run, attempt, heard = self.run, self.attempt, self.heard
        try:
            done = await self.look()
            if done is not None and done.url:
                run.progress.say(attempt.shot_id, f"{attempt.route} downloading")
                clip = await self.bring(done)
                # the job stays accepted until the target has its clip
                return await self._over("clip" if use() else "late", done, clip)
        except (Failed, Moderated) as error:
            return await self._failed(error)
        except (Lost, NotSent, HttpStatus, Forbidden, MediaError) as error:
            heard.trouble = self.client.hidden(str(error))
            if isinstance(error, TooLarge):
                heard.flooded, heard.large = heard.large, True
            if isinstance(error, MediaError):
                heard.rest(run.clock())
            if isinstance(error, NoVideo) and heard.take(error):
                return await self.give_up()
        if heard.trouble:
            run.progress.say(attempt.shot_id, f"{attempt.provider}: {heard.doing(run.clock())}")
        return None

    async def look(self) -> Done | None:
        """One look at the job: its result when it is ready, None while it is not. What it said is in ``heard``."""
        adapter, heard = self.client.adapter, self.heard
        own = request = job_of(self.run.ledger.record(self.attempt)).request
        for _ in range(FOLLOWS):
            reply = await self._asked(request)
            self._heed(reply)
            if request is own:
                reply = answering(reply, self.attempt.job_id, adapter)
            got = adapter.progress(reply)
            if isinstance(got, Done):
                heard.hear("completed" if got.url else "completed, without an address", self.run.clock())
                heard.charge = got.charge
                draft = text_of(reply.data.get("draft_id"))  # by which its gateway may finish it later
                return replace(got, remote_ids={**got.remote_ids, "draft_id": draft}) if draft else got
            if isinstance(got, Pending):
                self._hear(reply, got)
                return None
            request = got.request
        return None

    async def bring(self, done: Done) -> Clip:
        """Download the clip and put it at the target."""
        part = self.run.folder / f"{uuid.uuid4().hex}.mp4"
        inline = done.url[:5].lower() == "data:"
        url = done.url if inline else absolute(done.url, self.base)
        try:
            came = await fetching.fetch(self.client, url, part, CLIP_BYTES)
            clip = await _delivered(self.run, part, self.attempt, came)
            self.qa = await look_inside(self.run, part, self.attempt)
            return clip
        finally:
            part.unlink(missing_ok=True)

    async def give_up(self) -> Attempt:
        """The end of patience: a job that delivered no video, or one that is overdue."""
        run, attempt, heard = self.run, self.attempt, self.heard
        if heard.spoiled:
            why = self.client.hidden(heard.spoiled)
            return await self._failed(Failed(f"its clip is no video: {why}", charge=heard.charge, free=False))
        seconds, last = self.client.settings.deadline_s, heard.last(run.clock())
        late = Unclear(f"job {attempt.job_id} did not finish within {seconds:.0f} s; {last}")
        attempt = await run.write(run.ledger.overdue, attempt, str(late))
        run.budget.lose(attempt.at_risk)
        self.client.limits.note(attempt)
        run.progress.line(f"{attempt.shot_id}: {attempt.route}: {late}; it is asked after again later, money at risk")
        return attempt

    async def _asked(self, request: Request) -> Reply:
        """One answer. After one that was too large the next may hold the file itself: one such at a time has room,
        and only once."""
        client, settings = self.client, self.client.settings
        if not self.heard.large or self.heard.flooded:
            return await client.ask(request, self.base, settings.stall_timeout_s)
        async with self.run.wide:
            return await client.ask(replace(request, most=INLINE_BYTES), self.base, settings.download_timeout_s)

    def _heed(self, reply: Reply) -> None:
        """A Retry-After holds for this job, under a 429 for every job of the provider."""
        wait = retry_after(reply, self.run.wall)
        if wait is None:
            return
        self.heard.not_before = self.run.clock() + min(wait, LONGEST_WAIT)
        if reply.status == 429:
            self.client.limits.hush(wait)

    def _hear(self, reply: Reply, got: Pending) -> None:
        """Keep the job's word; what comes under an HTTP error or on a web page is trouble on the way, no word of it."""
        if got.word.startswith("HTTP "):
            words = said(reply)
            self.heard.trouble = got.word if words == got.word else f"{got.word}: {words}"
            return
        self.heard.hear(got.word, self.run.clock())
        doubt = "" if got.known else ", a word that no document names"
        self.run.progress.say(self.attempt.shot_id, f"{self.attempt.route} {got.word}{doubt}")

    async def _over(self, outcome: Outcome, done: Done, clip: Clip) -> Attempt:
        run, attempt = self.run, self.attempt
        charge, quote = bill_of(run, attempt, done), attempt.expected
        charged, risk, basis = (quote, ZERO, PRICE_LIST) if charge is None else weigh_charge(charge, quote)
        tell_odd(run, attempt, charge)
        ids = {**attempt.remote_ids, **done.remote_ids}
        tell_flaws(run, attempt, self.qa)
        ending = Settlement(outcome, charged, risk, basis, clip, remote_ids=ids, qa=self.qa)
        return await run.settle(attempt, ending)

    async def _failed(self, error: GatewayError) -> Attempt:
        run, attempt = self.run, self.attempt
        documented = run.catalogue.model(attempt.route).failed_is_charged
        charged, risk, basis = charge_of(error, attempt.expected, documented)
        tell_odd(run, attempt, error.charge)
        return await run.settle(attempt, Settlement(error.outcome, charged, risk, basis, error=error))


async def _delivered(run: RunContext, part: Path, attempt: Attempt, came: str) -> Clip:
    """The clip at the target; `NoVideo` where what was downloaded is none."""
    try:
        return await deliver(run, part, attempt, came)
    except MediaError as error:
        digest = await asyncio.to_thread(_hashed, part)
        raise NoVideo(str(error), digest, final=video.is_whole(part)) from error


async def deliver(run: RunContext, part: Path, attempt: Attempt, came: str = "") -> Clip:
    """Probe a local video and put what plays of it at the target, with its poster and, where that is another file,
    what was delivered, under names of this attempt alone. ``came``: the container that it was put together from.

    Raises ``MediaError`` when it is no video, ``TargetLost`` when the target refuses it, ``LocalFault`` when this
    machine cannot keep it.
    """
    stem = clip_stem(attempt.shot_id, attempt.key, attempt.n)
    made = await _examined(run, part, await asyncio.to_thread(_hashed, part), came)
    try:
        return await asyncio.to_thread(_put, run, made, stem)
    finally:
        remux.forget(made)


def _put(run: RunContext, made: remux.Playable, stem: str) -> Clip:
    store, probe, path, poster = run.store, made.probe, f"clips/{stem}.{made.ending}", f"posters/{stem}.jpg"
    try:
        if made.beside is not None:
            store.put(f"clips/{stem}.delivered.{made.beside_ending}", made.beside)
        store.put(path, made.path)
        store.write(poster, made.poster)
    except (StoreError, FileNotFoundError) as error:
        raise TargetLost(str(error)) from error
    facts = (probe.width, probe.height, round(probe.fps, 3), round(probe.seconds, 3))
    size = made.path.stat().st_size
    heard = (probe.channels, probe.sound_rate, probe.timecode)
    origin = read_origin(made.beside or made.path)
    return Clip(path, _hashed(made.path), size, *facts, poster, probe.audio, made.container, *heard, origin)


async def _examined(run: RunContext, part: Path, digest: str, came: str) -> remux.Playable:
    """What plays of the clip. It is its maker's fault only where all of its bytes can be read, before and after."""
    try:
        return await asyncio.get_running_loop().run_in_executor(run.lookers, remux.playable, part, came)
    except MediaError:
        if await asyncio.to_thread(_hashed, part) != digest:
            raise LocalFault(f"this machine cannot go on: {part.parent} does not keep what is written there") from None
        raise


def _hashed(part: Path) -> str:
    with machine.own(part), part.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
