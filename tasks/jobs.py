"""A job that was accepted: poll it, bring its clip to the target, settle it, or give it up as overdue.

Only the gateway's own final word ends a job before its deadline: lost polls, HTTP troubles, dropped or expired
downloads are asked again.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from tasks import machine, redact, video
from tasks.errors import Failed, GatewayError, LocalFault, MediaError, Moderated, TargetLost, Unclear
from tasks.models import ZERO, Attempt, Basis, Clip, Done, Pending, Reply
from tasks.money import usd
from tasks.names import clip_stem
from tasks.records import job_of
from tasks.replies import dig, text_of
from tasks.run import Run, absolute, adapter, key_may_go, key_of_provider, secret_of
from tasks.settings import ProviderSettings
from tasks.storage import StoreError
from tasks.transport import Forbidden, HttpStatus, Lost, NotSent, host_of

CLIP_BYTES = 2_000_000_000
BAD_MEDIA = 3  # whole downloads that are no video before the job counts as failed
RECOVERIES = 3  # looks for a clip that the target lost
FOLLOWS = 3  # documents a job may send us through in one look


def charge_of(error: GatewayError, quote: Decimal, documented: object) -> tuple[Decimal, Decimal, Basis]:
    """Charged, at risk and basis of a job that was accepted and gave no clip.

    ``documented`` is the catalogue's word on failed jobs: False, True or ``"unknown"``.
    """
    if error.charge is not None:
        return usd(error.charge), ZERO, "reported"
    if error.free or (error.free is None and documented is False):
        return ZERO, ZERO, "free"
    if error.free is False or documented is True:
        return quote, ZERO, "price_list"
    return ZERO, quote, "unknown"


async def finish(run: Run, attempt: Attempt, use: Callable[[], bool], *, at_once: bool = False) -> Attempt:
    """Ask after the job until it is over or its patience is; one given up on earlier is asked just once.

    ``use`` says whether the shot still needs the clip: when it does not, one look is enough, and the charge of a
    clip that is ready is waste.
    """
    settings, trouble = run.lane(attempt.provider).settings, ""
    once, bad, wait = attempt.outcome == "overdue", 0, settings.poll_every_s
    until = run.clock() + settings.deadline_s
    while True:
        if not at_once:
            await run.sleep(min(wait * (0.9 + run.roll() / 5), max(until - run.clock(), 0.0)))
            wait = min(wait * 1.3, max(settings.poll_max_s, settings.poll_every_s))
        at_once = False
        done = None
        try:
            done = await _look(run, settings, attempt)
            if done is not None and not use():
                return await _over(run, attempt, "late", done)
            if done is not None and done.url:
                run.progress.say(attempt.shot_id, f"{attempt.route} downloading")
                clip = await _bring(run, attempt, settings, done)
                # the job stays accepted until the target has its clip
                return await _over(run, attempt, "clip", done, clip)
        except MediaError as error:
            bad += 1
            if bad >= BAD_MEDIA:
                charge, why = done.charge if done else None, redact.hidden(str(error), secret_of(settings))
                return await _failed(run, attempt, Failed(f"its clip is no video: {why}", charge=charge, free=False))
        except (Failed, Moderated) as error:
            return await _failed(run, attempt, error)
        except (Lost, NotSent, HttpStatus, Forbidden) as error:
            trouble = redact.hidden(str(error), secret_of(settings))
            run.progress.say(attempt.shot_id, f"{attempt.provider}: {trouble}")
        if once or not use():
            return attempt
        if run.clock() >= until:
            return await _overdue(run, attempt, settings, trouble)


async def recover(run: Run, attempt: Attempt) -> Attempt | None:
    """Ask a settled job for its clip again, because the target lost it: None when it cannot be had.

    A lost poll or download is no answer: it is repeated a few times before the shot counts as new.
    """
    settings = run.lane(attempt.provider).settings
    for _ in range(RECOVERIES):
        try:
            done = await _look(run, settings, attempt)
            if done is not None and done.url:
                clip = await _bring(run, attempt, settings, done)
                money = {"charged": attempt.charged, "at_risk": attempt.at_risk, "basis": attempt.basis}
                ids = attempt.remote_ids
                return await run.write(run.ledger.settled, attempt, "clip", clip=clip, remote_ids=ids, **money)
        except (MediaError, Failed, Moderated):
            return None
        except (GatewayError, Lost, NotSent, HttpStatus, Forbidden) as error:
            run.progress.say(attempt.shot_id, f"{attempt.provider}: {error}")
        await run.sleep(settings.poll_every_s)
    return None


async def _look(run: Run, settings: ProviderSettings, attempt: Attempt) -> Done | None:
    """One look at the job: its result when it is ready, None while it is not."""
    module = adapter(attempt.provider)
    own = request = job_of(run.ledger.record(attempt)).request
    base = _base(run, settings, attempt)
    for _ in range(FOLLOWS):
        reply = await run.ask(settings, request, base, settings.stall_timeout_s)
        if request is own:
            _check_answers(reply, attempt, getattr(module, "JOB_ID", ()))
        got = module.progress(reply)
        if isinstance(got, Done):
            return got
        if isinstance(got, Pending):
            doubt = "" if got.known else ", a word that no document names"
            run.progress.say(attempt.shot_id, f"{attempt.route} {got.word}{doubt}")
            return None
        request = got.request
    return None


def _base(run: Run, settings: ProviderSettings, attempt: Attempt) -> str:
    """Where the job lives: the base URL it was ordered at."""
    return str(run.ledger.record(attempt).get("base_url") or settings.base_url)


def _check_answers(reply: Reply, attempt: Attempt, place: Sequence[str]) -> None:
    """`Lost` where the reply is for another job: its clip is not ours, and its failure settles nothing of ours."""
    told = text_of(dig(reply.data, *place)) if place else ""
    if told and told != attempt.job_id:
        raise Lost(f"the reply is for job {told[:80]}, not for {attempt.job_id}")


async def _bring(run: Run, attempt: Attempt, settings: ProviderSettings, done: Done) -> Clip:
    """Download the clip and put it at the target."""
    part = run.folder / f"{uuid.uuid4().hex}.mp4"
    try:
        await run.http.download(
            absolute(done.url, _base(run, settings, attempt)),
            part,
            allowed={host_of(settings.base_url)[1], *settings.allow_hosts},
            max_bytes=CLIP_BYTES,
            stall=settings.stall_timeout_s,
            total=settings.download_timeout_s,
            headers=lambda url: key_of_provider(settings) if key_may_go(settings, url) else {},
        )
        return await deliver(run, part, clip_stem(attempt.shot_id, attempt.key))
    finally:
        part.unlink(missing_ok=True)


async def _over(run: Run, attempt: Attempt, outcome: str, done: Done, clip: Clip | None = None) -> Attempt:
    charged = attempt.quoted if done.charge is None else usd(done.charge)
    basis: Basis = "price_list" if done.charge is None else "reported"
    ids = {**attempt.remote_ids, **done.remote_ids}
    return await run.settle(attempt, outcome, charged=charged, basis=basis, clip=clip, remote_ids=ids)


async def _failed(run: Run, attempt: Attempt, error: GatewayError) -> Attempt:
    documented = run.catalogue.model(attempt.route).failed_is_charged
    charged, risk, basis = charge_of(error, attempt.quoted, documented)
    outcome = "moderated" if isinstance(error, Moderated) else "failed"
    return await run.settle(attempt, outcome, charged=charged, at_risk=risk, basis=basis, error=error)


async def _overdue(run: Run, attempt: Attempt, settings: ProviderSettings, trouble: str) -> Attempt:
    last = f"; last: {trouble}" if trouble else ""
    late = Unclear(f"job {attempt.job_id} did not finish within {settings.deadline_s:.0f} s{last}")
    attempt = await run.write(run.ledger.overdue, attempt, str(late))
    run.purse.lose(attempt.at_risk)
    run.lane(attempt.provider).note(attempt)
    run.progress.line(f"{attempt.shot_id}: {attempt.route}: {late}; it is asked after again later, money at risk")
    return attempt


async def deliver(run: Run, part: Path, stem: str) -> Clip:
    """Probe a local mp4 and put it and its poster at the target. `MediaError`, `TargetLost` or `LocalFault`."""
    digest = await asyncio.to_thread(_hashed, part)
    probe, poster = await _examined(run, part, digest)

    def work() -> Clip:
        store = run.store
        try:
            store.put(f"clips/{stem}.mp4", part)
            store.write(f"posters/{stem}.jpg", poster)
        except (StoreError, FileNotFoundError) as error:
            raise TargetLost(str(error)) from error
        facts = (probe.width, probe.height, round(probe.fps, 3), round(probe.seconds, 3))
        return Clip(f"clips/{stem}.mp4", digest, part.stat().st_size, *facts, poster=f"posters/{stem}.jpg")

    return await asyncio.to_thread(work)


async def _examined(run: Run, part: Path, digest: str) -> tuple[video.Probe, bytes]:
    """What the clip is. It is its maker's fault only where all of its bytes can be read, before and after."""
    try:
        return await asyncio.get_running_loop().run_in_executor(run.lookers, video.examine, part)
    except MediaError:
        if await asyncio.to_thread(_hashed, part) != digest:
            raise LocalFault(f"this machine cannot go on: {part.parent} does not keep what is written there") from None
        raise


def _hashed(part: Path) -> str:
    with machine.own(part), part.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
