"""What a provider has room for, under a clock that only its own sleeps move."""

import time
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.config.settings import ProviderSettings
from tasks.domain.model import Model, Route
from tasks.domain.order import Reply
from tasks.domain.result import Attempt, Clip
from tasks.engine.limits import EXHAUSTED, LONGEST_WAIT, LOSING_STREAK, PAUSE, ProviderLimits, backoff, retry_after

WALL = 1445412480.0  # Wed, 21 Oct 2015 07:28:00 GMT
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
LATER = "Wed, 21 Oct 2015 07:28:30 GMT"
CLIP = Clip("clips/a.mp4", "0" * 64, 1, 16, 16, 24.0, 1.0)


def route(name="sora"):
    return Route(Model("pixazo", name, ("text_to_video",), "a page", "2026-11-21"))


@dataclass
class Time:
    """Seconds that pass only while somebody sleeps."""

    now: float = 1000.0
    naps: list[float] = field(default_factory=list)

    def clock(self):
        return self.now

    async def sleep(self, seconds):
        assert seconds > 0, "a sleep that is none spins for ever"
        assert len(self.naps) < 10_000, "nothing comes of all this sleeping"
        self.naps.append(seconds)
        self.now += seconds


def lane_of(time_=None, **values):
    time_ = time_ or Time()
    return ProviderLimits(ProviderSettings("pixazo", "https://a.example", **values), time_.clock, time_.sleep), time_


def attempt(outcome="failed", charged=0, at_risk=0, clip=None, model="sora"):
    money = {"charged": Decimal(charged), "at_risk": Decimal(at_risk)}
    return Attempt(
        *("k-1", 1, "sh010", "f", "run", "pixazo", model, outcome, Decimal(8), "1280x720", Decimal(1)),
        clip=clip,
        **money,
    )


# --- what a reply asks for


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 3 "}, 3.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "86400"}, 86400.0),
        ({"retry-after": "9" * 400}, 1e9),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "."}, None),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "32 Oct 2015"}, None),
        ({"retry-after": "1 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after": LATER}, 40.0),
        ({"retry-after": LATER, "date": DATE}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 09:28:30 +0200", "date": DATE}, 30.0),
        ({"retry-after": LATER, "date": "yesterday"}, 40.0),
        ({"retry-after": LATER, "date": ""}, 40.0),
        ({"retry-after": DATE, "date": LATER}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "3", "date": LATER}, 3.0),
    ],
)
def test_retry_after(headers, wanted):
    """Seconds or a date, measured against the reply's own date where it has one, else by our clock; else nothing."""
    assert retry_after(Reply(429, b"", headers), lambda: WALL - 10) == wanted


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("date", [LATER.removesuffix(" GMT"), LATER.replace("GMT", "-0000")])
def test_date_without_zone(monkeypatch, zone, date):
    """A date that names no zone is UTC, wherever this machine stands."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        found = retry_after(Reply(429, b"", {"retry-after": date}), lambda: WALL)
    time.tzset()
    assert found == 30.0


@given(st.text(max_size=40) | st.text("0123456789.:,+- GMTOctWed", max_size=40), st.text(max_size=40))
@example("Mon, 1", "0 Jan 1 0:0 +9999999")
@settings(max_examples=300, deadline=None)
def test_any_header(text, date):
    """Whatever stands in the headers, it is a wait of no negative and no endless length, or none."""
    found = retry_after(Reply(429, b"", {"retry-after": text, "date": date}), lambda: WALL)
    assert found is None or 0 <= found < 1e12


@given(st.integers(1, 100), st.floats(0, 1))
@settings(deadline=None)
def test_backoff(tries, roll):
    """Doubling from one second to thirty, with up to a half on top."""
    plain = min(2 ** (tries - 1), 30)
    assert plain <= backoff(tries, lambda: roll) <= 1.5 * plain
    assert backoff(tries, lambda: 0.0) == plain


# --- waiting


async def test_cooldown_holds_for_everybody():
    """A Retry-After of 3 s is never asked sooner, and not much later, by no shot of the provider."""
    limits, clock = lane_of()
    limits.cool(3)
    assert limits.out(route()) == limits.out(route("other")) == ""
    await limits.ready()
    assert 1003 <= clock.now < 1003.5
    await limits.ready()
    assert clock.now < 1003.5


async def test_shorter_cooldown_changes_nothing():
    """The longest wait that was asked for counts."""
    limits, clock = lane_of()
    limits.cool(9)
    limits.cool(1)
    await limits.ready()
    assert clock.now >= 1009


@pytest.mark.parametrize(("seconds", "out"), [(LONGEST_WAIT, False), (LONGEST_WAIT + 1, True), (86400.0, True)])
async def test_long_wait(seconds, out):
    """A wait above two minutes puts the provider out at once, until it is over; a shorter one is waited for."""
    limits, clock = lane_of()
    limits.cool(seconds)
    assert bool(limits.out(route())) == out
    assert not out or f"{seconds:.0f} s" in limits.out(route())
    await limits.ready()
    assert clock.now == (1000 if out else 1000 + seconds)
    clock.now = 1000 + seconds
    assert limits.out(route()) == ""


@pytest.mark.parametrize("what", ["locked", "paused"])
async def test_waiting_ends_when_the_provider_is_out(what):
    """A shot that waits for its turn learns within a second that its provider is out, and counts as no submit."""
    limits, clock = lane_of(submits_per_minute=1)
    await limits.ready()
    until = clock.now + 10

    async def sleep(seconds):
        await Time.sleep(clock, seconds)
        if clock.now >= until:
            limits.cool(500) if what == "paused" else setattr(limits, "locked", "no credit")

    limits.sleep = sleep
    await limits.ready()
    assert until <= clock.now <= until + 1
    assert len(limits.sent) == 1
    assert limits.out(route())


@given(
    st.sampled_from([0.5, 1, 1.5, 2, 3, 7]),
    st.lists(st.floats(0, 90), min_size=1, max_size=25),
    st.floats(0, 1e6),
)
@settings(max_examples=150, deadline=None)
async def test_submits_per_minute(rate, gaps, start):
    """In no 60 s do more than so many submits leave, and none waits longer than that takes."""
    clock = Time(start)
    limits, _ = lane_of(clock, submits_per_minute=rate)
    sent, span = [], max(60, 60 / rate)
    for gap in gaps:
        clock.now += gap
        before = clock.now
        await limits.ready()
        sent.append(clock.now)
        assert clock.now - before <= span + 1e-6
    most = max(1, int(rate))
    assert all(b - a >= span - 1e-6 for a, b in zip(sent, sent[most:], strict=False))


async def test_as_many_as_allowed_leave_at_once():
    """A minute's submits are not spread: they leave as they come."""
    limits, clock = lane_of(submits_per_minute=60)
    for _ in range(60):
        await limits.ready()
    assert clock.now == 1000
    await limits.ready()
    assert clock.now == 1060


async def test_places():
    """Never more shots than ``max_in_flight`` hold a place."""
    limits, _ = lane_of(max_in_flight=2)
    async with limits.places, limits.places:
        assert limits.places.locked()
    assert not limits.places.locked()


# --- being out


def test_losing_streak():
    """Five attempts in a row that cost money and gave no clip take the route out, and no other route."""
    limits, clock = lane_of()
    for n in range(LOSING_STREAK):
        assert limits.out(route()) == ""
        limits.note(attempt(charged=n % 2, at_risk=1 - n % 2))
    assert "5 paid orders in a row" in limits.out(route())
    assert limits.out(route("other")) == ""
    clock.now += 1e6
    assert limits.out(route())


@pytest.mark.parametrize(
    ("between", "out"),
    [
        (attempt("clip", charged=1, clip=CLIP), False),
        (attempt("late", charged=1), False),
        (attempt("clip", charged=1, clip=CLIP, model="other"), True),
        (attempt("busy"), True),
        (attempt("refused"), True),
        (attempt("failed"), True),
        (attempt("failed", charged=1, model="other"), True),
    ],
    ids=["clip", "late clip", "clip elsewhere", "busy", "refused", "failed free", "loss elsewhere"],
)
def test_what_ends_a_streak(between, out):
    """Only a clip of this very route ends its losing streak; what cost nothing neither ends nor feeds it."""
    limits, _ = lane_of()
    for one in [*[attempt(charged=1)] * (LOSING_STREAK - 1), between]:
        limits.note(one)
    assert limits.out(route()) == ""
    limits.note(attempt(at_risk=1))
    assert bool(limits.out(route())) == out


def test_locked():
    """A refused key takes every route of the provider out for good, with the reason."""
    limits, clock = lane_of()
    limits.locked = "401: no such key"
    clock.now += 1e6
    for name in ("sora", "other"):
        assert limits.out(route(name)) == "pixazo is out for this run: 401: no such key"


def test_gone():
    """A model that is gone takes its own route out and no other."""
    limits, _ = lane_of()
    limits.gone["pixazo:sora"] = "retired"
    assert limits.out(route()) == "pixazo:sora is out for this run: retired"
    assert limits.out(route("other")) == ""


def test_exhausted():
    """After three shots in a row that it was too busy for a provider is left alone for two minutes."""
    limits, clock = lane_of()
    for _ in range(EXHAUSTED):
        assert limits.out(route()) == ""
        limits.too_busy()
    assert limits.out(route()) == limits.out(route("other")) == "pixazo was too busy for 3 shots in a row"
    clock.now += PAUSE - 0.5
    assert limits.out(route())
    clock.now += 0.5
    assert limits.out(route()) == ""


async def test_last_route():
    """A shot without another route still asks a provider that was too busy, but never one that asked for a pause."""
    limits, clock = lane_of()
    for _ in range(EXHAUSTED):
        limits.too_busy()
    assert limits.out(route(), last=True) == ""
    await limits.ready()
    assert not limits.sent
    await limits.ready(last=True)
    assert (len(limits.sent), clock.now) == (1, 1000)
    limits.cool(LONGEST_WAIT + 1)
    assert limits.out(route(), last=True)
    await limits.ready(last=True)
    assert len(limits.sent) == 1


@pytest.mark.parametrize("seconds", [3, 500])
def test_quiet(seconds):
    """Whether a Retry-After is running can be asked right before an order leaves."""
    limits, clock = lane_of()
    assert not limits.quiet()
    limits.cool(seconds)
    clock.now += seconds - 0.5
    assert limits.quiet()
    clock.now += 0.5
    assert not limits.quiet()


@pytest.mark.parametrize(("asked", "held"), [([3], 3), ([9, 1], 9), ([86400], 120), ([120], 120), ([0], 0)])
def test_hush(asked, held):
    """A 429 on a poll holds the provider's polls, the longest one counts, two minutes at most; orders leave as ever."""
    limits, clock = lane_of()
    for seconds in asked:
        limits.hush(seconds)
    assert limits.hushed_until == clock.now + held
    assert not limits.quiet() and not limits.out(route())


def test_half_open():
    """After the pause one more such shot is enough for the next one; an answer makes it three again."""
    limits, clock = lane_of()
    for _ in range(EXHAUSTED):
        limits.too_busy()
    clock.now += PAUSE
    limits.note(attempt("busy"))
    limits.too_busy()
    assert limits.out(route())
    clock.now += PAUSE
    limits.note(attempt("clip", charged=1, clip=CLIP))
    for _ in range(EXHAUSTED - 1):
        limits.too_busy()
    assert limits.out(route()) == ""
    limits.too_busy()
    assert limits.out(route())


@pytest.mark.parametrize("outcome", ["clip", "refused", "failed", "unclear", "moderated"])
def test_what_ends_a_busy_row(outcome):
    """Any answer but ``busy`` says that the provider has time again."""
    limits, _ = lane_of()
    for one in [outcome, "busy", "busy"]:
        limits.too_busy()
        limits.note(attempt(one))
    assert limits.out(route()) == ""
