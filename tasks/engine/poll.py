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

from tasks.config import ProviderSettings, secret_of
from tasks.domain import machine, redaction
from tasks.domain.errors import Failed, GatewayError, LocalFault, MediaError, Moderated, Outcome, TargetLost, Unclear
from tasks.domain.identity import clip_stem
from tasks.domain.job import Done, Pending
from tasks.domain.money import ZERO
from tasks.domain.order import Reply, Request
from tasks.domain.result import Attempt, Basis, Clip, Settlement
from tasks.engine import fetch as fetching
from tasks.engine.charges import billed, charge_of, reported, tell_odd
from tasks.engine.context import RunContext, absolute
from tasks.engine.heard import Heard, NoVideo, answering
from tasks.engine.limits import LONGEST_WAIT, ProviderLimits, retry_after
from tasks.ledger import job_of
from tasks.media import probe as video
from tasks.media import remux
from tasks.providers import adapter
from tasks.providers._common import said
from tasks.storage import StoreError
from tasks.transport import Forbidden, HttpStatus, Lost, NotSent, TooLarge

CLIP_BYTES = 2_000_000_000
INLINE_BYTES = 64_000_000  # of an answer that holds the file itself, as text
RECOVERIES = 3  # looks for a clip that the target lost
PRICE_LIST: Basis = "price_list"
FOLLOWS = 3  # documents a job may send us through in one look


async def finish(run: RunContext, attempt: Attempt, use: Callable[[], bool], *, at_once: bool = False) -> Attempt:
    """Ask after the job until it is over or its patience is; one given up on earlier is asked just once.

    ``use`` says whether the shot still needs the clip: when it does not, one look is enough, and a clip that is ready
    is ``late``: it was paid for, and is kept beside the one in use.
    """
    limits = run.limits(attempt.provider)
    settings, once = limits.settings, attempt.outcome == "overdue"
    heard = Heard(run.clock() + settings.deadline_s)
    wait = 0.0 if at_once else settings.poll_every_s
    while True:
        await _pause(run, limits, heard, wait)
        wait = min(wait * 1.3, max(settings.poll_max_s, settings.poll_every_s)) if wait else settings.poll_every_s
        began = run.clock()
        over = await _turn(run, settings, attempt, use, heard)
        if over is not None:
            return over
        if once:
            told = f"job {attempt.job_id} is not done; {heard.last(run.clock())}"
            run.progress.line(f"{attempt.shot_id}: {attempt.route}: {told}")
        if once or not use():
            return attempt
        if heard.is_last(began):
            return await _given_up(run, attempt, settings, heard)


async def _pause(run: RunContext, limits: ProviderLimits, heard: Heard, wait: float) -> None:
    """Wait for the next look: so long, or as long as the gateway asks of this job or of all, but to the deadline only.

    Jobs that were held back together do not come back together.
    """
    until = max(run.clock() + wait * (0.9 + run.roll() / 5), heard.not_before)
    spread = run.roll() * limits.settings.poll_every_s
    while (rest := min(max(until, limits.hushed_until + spread), heard.until) - run.clock()) > 0:
        await run.sleep(rest)


async def _turn(
    run: RunContext, settings: ProviderSettings, attempt: Attempt, use: Callable[[], bool], heard: Heard
) -> Attempt | None:
    """One look at the job, and its clip where it is ready: the attempt when it is over now, else None."""
    try:
        done = await _look(run, settings, attempt, heard)
        if done is not None and done.url:
            run.progress.say(attempt.shot_id, f"{attempt.route} downloading")
            clip = await _bring(run, attempt, settings, done)
            # the job stays accepted until the target has its clip
            return await _over(run, attempt, "clip" if use() else "late", done, clip)
    except (Failed, Moderated) as error:
        return await _failed(run, attempt, error)
    except (Lost, NotSent, HttpStatus, Forbidden, MediaError) as error:
        heard.trouble = redaction.hidden(str(error), secret_of(settings))
        if isinstance(error, TooLarge):
            heard.flooded, heard.large = heard.large, True
        if isinstance(error, MediaError):
            heard.rest(run.clock())
        if isinstance(error, NoVideo) and heard.take(error):
            return await _given_up(run, attempt, settings, heard)
    if heard.trouble:
        run.progress.say(attempt.shot_id, f"{attempt.provider}: {heard.doing(run.clock())}")
    return None


async def recover(run: RunContext, attempt: Attempt) -> Attempt | None:
    """Ask a settled job for its clip again, because the target lost it: None when it cannot be had.

    A lost poll, a lost download or a web page in its place is no answer: it is repeated a few times before the shot
    counts as new.
    """
    limits = run.limits(attempt.provider)
    heard = Heard(run.clock() + limits.settings.deadline_s)
    for _ in range(RECOVERIES):
        try:
            done = await _look(run, limits.settings, attempt, heard)
            if done is not None and done.url:
                clip = await _bring(run, attempt, limits.settings, done)
                money, ids = (attempt.charged, attempt.at_risk, attempt.basis), attempt.remote_ids
                ending = Settlement(attempt.outcome, *money, clip=clip, remote_ids=ids)
                return await run.write(run.ledger.settled, attempt, ending)
        except (Failed, Moderated):
            return None
        except (GatewayError, Lost, NotSent, HttpStatus, Forbidden, MediaError) as error:
            told = redaction.hidden(str(error), secret_of(limits.settings))
            run.progress.say(attempt.shot_id, f"{attempt.provider}: {told}")
        await _pause(run, limits, heard, limits.settings.poll_every_s)
    return None


async def _look(run: RunContext, settings: ProviderSettings, attempt: Attempt, heard: Heard) -> Done | None:
    """One look at the job: its result when it is ready, None while it is not. What was said of it is in ``heard``."""
    module = adapter(settings.protocol)
    own = request = job_of(run.ledger.record(attempt)).request
    base = _base(run, settings, attempt)
    for _ in range(FOLLOWS):
        reply = await _asked(run, settings, request, base, heard)
        _heed(run, attempt, reply, heard)
        if request is own:
            reply = answering(reply, attempt.job_id, module)
        got = module.progress(reply)
        if isinstance(got, Done):
            heard.hear("completed" if got.url else "completed, without an address", run.clock())
            heard.charge = got.charge
            return got
        if isinstance(got, Pending):
            _hear(run, attempt, reply, got, heard)
            return None
        request = got.request
    return None


def _heed(run: RunContext, attempt: Attempt, reply: Reply, heard: Heard) -> None:
    """A Retry-After holds for this job, under a 429 for every job of the provider."""
    wait = retry_after(reply, run.wall)
    if wait is None:
        return
    heard.not_before = run.clock() + min(wait, LONGEST_WAIT)
    if reply.status == 429:
        run.limits(attempt.provider).hush(wait)


def _hear(run: RunContext, attempt: Attempt, reply: Reply, got: Pending, heard: Heard) -> None:
    """Keep the job's word; what comes under an HTTP error or on a web page is trouble on the way, no word of it."""
    if got.word.startswith("HTTP "):
        words = said(reply)
        heard.trouble = got.word if words == got.word else f"{got.word}: {words}"
        return
    heard.hear(got.word, run.clock())
    doubt = "" if got.known else ", a word that no document names"
    run.progress.say(attempt.shot_id, f"{attempt.route} {got.word}{doubt}")


def _base(run: RunContext, settings: ProviderSettings, attempt: Attempt) -> str:
    """Where the job lives: the base URL it was ordered at."""
    return str(run.ledger.record(attempt).get("base_url") or settings.base_url)


async def _asked(run: RunContext, settings: ProviderSettings, request: Request, base: str, heard: Heard) -> Reply:
    """One answer. After one that was too large the next may hold the file itself: one such at a time has room, once."""
    if not heard.large or heard.flooded:
        return await run.ask(settings, request, base, settings.stall_timeout_s)
    async with run.wide:
        return await run.ask(settings, replace(request, most=INLINE_BYTES), base, settings.download_timeout_s)


async def _bring(run: RunContext, attempt: Attempt, settings: ProviderSettings, done: Done) -> Clip:
    """Download the clip and put it at the target."""
    part = run.folder / f"{uuid.uuid4().hex}.mp4"
    inline = done.url[:5].lower() == "data:"
    url = done.url if inline else absolute(done.url, _base(run, settings, attempt))
    try:
        came = await fetching.fetch(run, settings, url, part, CLIP_BYTES)
        return await _delivered(run, part, attempt, came)
    finally:
        part.unlink(missing_ok=True)


async def _delivered(run: RunContext, part: Path, attempt: Attempt, came: str) -> Clip:
    """The clip at the target; `NoVideo` where what was downloaded is none."""
    try:
        return await deliver(run, part, attempt, came)
    except MediaError as error:
        digest = await asyncio.to_thread(_hashed, part)
        raise NoVideo(str(error), digest, final=video.is_whole(part)) from error


async def _over(run: RunContext, attempt: Attempt, outcome: Outcome, done: Done, clip: Clip | None = None) -> Attempt:
    charge, quote = billed(run, attempt, done), attempt.expected
    charged, risk, basis = (quote, ZERO, PRICE_LIST) if charge is None else reported(charge, quote)
    tell_odd(run, attempt, charge)
    ids = {**attempt.remote_ids, **done.remote_ids}
    return await run.settle(attempt, Settlement(outcome, charged, risk, basis, clip, remote_ids=ids))


async def _failed(run: RunContext, attempt: Attempt, error: GatewayError) -> Attempt:
    documented = run.catalogue.model(attempt.route).failed_is_charged
    charged, risk, basis = charge_of(error, attempt.expected, documented)
    tell_odd(run, attempt, error.charge)
    return await run.settle(attempt, Settlement(error.outcome, charged, risk, basis, error=error))


async def _given_up(run: RunContext, attempt: Attempt, settings: ProviderSettings, heard: Heard) -> Attempt:
    """The end of patience: a job that delivered no video, or one that is overdue."""
    if heard.spoiled:
        why = redaction.hidden(heard.spoiled, secret_of(settings))
        return await _failed(run, attempt, Failed(f"its clip is no video: {why}", charge=heard.charge, free=False))
    last = heard.last(run.clock())
    late = Unclear(f"job {attempt.job_id} did not finish within {settings.deadline_s:.0f} s; {last}")
    attempt = await run.write(run.ledger.overdue, attempt, str(late))
    run.budget.lose(attempt.at_risk)
    run.limits(attempt.provider).note(attempt)
    run.progress.line(f"{attempt.shot_id}: {attempt.route}: {late}; it is asked after again later, money at risk")
    return attempt


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
    return Clip(path, _hashed(made.path), size, *facts, poster, probe.audio, made.container)


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
