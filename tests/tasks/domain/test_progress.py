"""What a run is doing, counted."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.progress import STALE, Progress
from tasks.domain.result import STATUSES

IDS = [f"sh{n:03d}" for n in range(8)]
SAY = st.tuples(st.just("say"), st.sampled_from(IDS), st.sampled_from(["ordered", "running"]))
END = st.tuples(st.just("end"), st.sampled_from(IDS), st.sampled_from(STATUSES))


@given(st.lists(SAY | END, max_size=40), st.integers(0, 3))
@settings(deadline=None)
def test_counts(events, idle):
    """Whatever happens in whatever order, each shot counts once: the four counts add up to the total."""
    progress = Progress(total=len(IDS) + idle)
    for act, shot_id, word in events:
        getattr(progress, act)(shot_id, word)
        counts = progress.counts()
        assert sum(counts.values()) == progress.total
        assert min(counts.values()) >= 0


@given(st.lists(st.sampled_from(STATUSES), max_size=20))
@settings(deadline=None)
def test_which_count(statuses):
    """Done are the shots with a clip of their own, failed all others that are over."""
    progress = Progress(total=len(statuses) + 1)
    for n, status in enumerate(statuses):
        progress.say(str(n), "ordered")
        progress.end(str(n), status)
    good = sum(status in ("rendered", "reused") for status in statuses)
    assert progress.counts() == {"done": good, "running": 0, "waiting": 1, "failed": len(statuses) - good}


def test_flight():
    """The first word puts a shot in flight, since then; later ones say what happens to it; its end takes it out."""
    now = iter([5.0, 6.0])
    progress = Progress(total=2, clock=lambda: next(now))
    progress.say("sh010", "ordered")
    progress.say("sh010", "running")
    assert (progress.flights["sh010"].since, progress.flights["sh010"].says) == (5.0, "running")
    assert progress.counts() == {"done": 0, "running": 1, "waiting": 1, "failed": 0}
    progress.end("sh010", "rendered")
    assert progress.flights == {}


@pytest.mark.parametrize(
    ("now", "told"),
    [(6.0, "running"), (6.0 + STALE - 0.1, "running"), (16.0, "running (10 s ago)"), (98.7, "running (93 s ago)")],
)
def test_age(now, told):
    """A word that nothing followed for a while is shown with its age, which counts from the last word alone."""
    times = iter([5.0, 6.0])
    progress = Progress(total=1, clock=lambda: next(times))
    progress.say("sh010", "ordered")
    progress.say("sh010", "running")
    assert progress.flights["sh010"].told(now) == told


def test_word_after_the_end():
    """A late receipt of a shot that is over does not put it in flight again."""
    progress = Progress(total=1)
    progress.end("sh010", "skipped")
    progress.say("sh010", "accepted")
    assert progress.counts() == {"done": 0, "running": 0, "waiting": 0, "failed": 1}


def test_line():
    """Lines go to whoever listens, and to nobody otherwise."""
    heard = []
    Progress().line("unheard")
    Progress(listen=heard.append).line("heard")
    assert heard == ["heard"]


def test_that_a_fall_and_a_job_taken_up_are_told():
    """A shot says how it came to its route as long as it is in flight; what its old jobs may cost waits until its end.
    Neither goes to the record, which has the error itself."""
    heard, kept = [], []
    progress = Progress(total=1, clock=lambda: 0.0, listen=heard.append, record=kept.append)
    progress.take_up("sh030", "job 7 at fal:x", Decimal("1.21"))
    assert progress.taken_up == {"sh030": [Decimal("1.21")]}
    progress.fall("sh030", "aigateway busy, went to pixazo", tell=True)
    progress.say("sh030", "pixazo:sora-2-pro ordered")
    assert progress.flights["sh030"].told(0.0) == "pixazo:sora-2-pro ordered; aigateway busy, went to pixazo"
    progress.fall("sh030", "pixazo is out, went to fal", tell=False)
    progress.end("sh030", "rendered")
    assert progress.taken_up == {}
    assert heard == ["sh030: takes up job 7 at fal:x; 1.21 USD wait there", "sh030: aigateway busy, went to pixazo"]
    assert kept == []
