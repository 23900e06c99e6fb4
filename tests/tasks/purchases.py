"""Shots, attempts and whole targets made up for the tests of the money and the tables."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tasks.domain.result import STATUSES, Attempt, Clip, ShotResult
from tasks.domain.shot import Shot, Size
from tasks.domain.takes import Shelf

MONEY = ("quoted_usd", "charged_usd", "wasted_usd", "at_risk_usd", "in_use_usd", "alternates_usd")
PROVIDERS = (("pixazo", "sora-2-pro"), ("aimlapi", "openai/sora-2"), ("animatic", "kenburns"))


def shot(shot_id: str = "sh010", **values: Any) -> Shot:
    plain = {"row": 2, "scene": "A", "prompt": "a cat", "mode": "text_to_video", "fit": "cover"}
    return Shot(shot_id, **{**plain, "seconds": Decimal(8), "size": Size(1280, 720), **values})


def clip(**values: Any) -> Clip:
    plain = {"path": "clips/sh010-aaaaaaaa.mp4", "sha256": "ab" * 32, "bytes": 1000, "width": 1280}
    return Clip(**{**plain, "height": 720, "fps": 24.0, "seconds": 8.0, "poster": "posters/a.jpg", **values})


def attempt(key: str = "aaaaaaaaaaaaaaaa-1", n: int = 1, **values: Any) -> Attempt:
    plain = {"shot_id": "sh010", "fingerprint": "aa" * 32, "run_id": "run-1", "provider": "pixazo"}
    plain |= {"model": "sora-2-pro", "outcome": "clip", "seconds": Decimal(8), "size": "1280x720"}
    plain |= {"quoted": Decimal("0.80"), "submitted_at": f"2026-11-20T10:00:{n:02d}Z"}
    return Attempt(key, n, **{**plain, **values})


def result(status: str = "rendered", **values: Any) -> ShotResult:
    plain = {"shot": shot(), "fingerprint": "aa" * 32, "key": "aaaaaaaaaaaaaaaa-1"}
    return ShotResult(**{**plain, "status": status, **values})


def bought(n: int = 1, charged: str = "0.80", **values: Any) -> Attempt:
    """An attempt that delivered a clip and was charged for."""
    return attempt(n=n, charged=Decimal(charged), basis="reported", clip=clip(), **values)


def shelf_of(attempts: Iterable[Attempt]) -> Shelf:
    """A target at which every clip of these attempts lies."""
    shelf = Shelf()
    for one in attempts:
        if one.clip is not None:
            shelf.add(one.clip)
    return shelf


micro_dollars = st.integers(0, 5_000_000).map(lambda micro: Decimal(micro).scaleb(-6))
texts = st.text("=+-@\t\r\n\0\"',; aé😀\u2028", max_size=6)


@st.composite
def attempts_of(draw: st.DrawFn, key: str) -> list[Attempt]:
    made = []
    for n in range(1, draw(st.integers(0, 3)) + 1):
        provider, model = draw(st.sampled_from(PROVIDERS))
        outcome = draw(st.sampled_from(["clip", "late", "failed", "refused", "unclear", "pending", "overdue"]))
        money = draw(micro_dollars)
        settled = outcome in ("clip", "late", "failed", "refused")
        facts = {"provider": provider, "model": model, "outcome": outcome, "quoted": draw(micro_dollars)}
        facts |= {"charged" if settled else "at_risk": money, "run_id": draw(st.sampled_from(["run-1", "run-2"]))}
        if outcome in ("clip", "late"):
            seconds = draw(st.sampled_from([4.0, 7.96, 8.0]))
            facts["clip"] = clip(seconds=seconds, sha256=f"{key}{n}", path=f"clips/{key}-{n}.mp4")
        made.append(attempt(key, n, error=draw(texts), **facts))
    return made


@st.composite
def targets(draw: st.DrawFn) -> tuple[list[ShotResult], list[Attempt]]:
    """Results in board order, and a history in which some keys stand in no row."""
    results: list[ShotResult] = []
    history: list[Attempt] = []
    for i in range(draw(st.integers(0, 4))):
        key = f"{i:016x}-1"
        made = draw(attempts_of(key))
        history += made
        results.append(draw(_result_of(i, key, made)))
    for i in range(draw(st.integers(0, 2))):
        history += draw(attempts_of(f"{i + 100:016x}-1"))
    return results, draw(st.permutations(history))


@st.composite
def _result_of(draw: st.DrawFn, i: int, key: str, made: list[Attempt]) -> ShotResult:
    usable = [one for one in made if one.clip]
    maker = draw(st.sampled_from([None, *usable]))
    status = draw(st.sampled_from(STATUSES[:3] if maker else STATUSES[3:]))
    asked = shot(f"sh{i}", scene=draw(st.sampled_from(["", "A", "B"])), prompt=draw(texts), extras={"note": "-1"})
    delivered = maker.clip if maker else None
    if not draw(st.booleans()):
        return result(status, shot=asked, key=key, clip=delivered, made_by=maker)
    kept: dict[str, Any] = {"shot_id": f"sh{i}", "status": status, "scene": draw(texts), "mode": "remix"}
    if delivered:
        kept |= {"clip": delivered.path, "sha256": delivered.sha256, "duration_s": delivered.seconds}
    return result("skipped", shot=asked, key=key, kept=kept)
