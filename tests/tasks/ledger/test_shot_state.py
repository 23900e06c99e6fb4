import itertools
from pathlib import Path

import pytest

from tasks.domain.errors import Stopped
from tasks.domain.plan import Action, ShotPlan
from tasks.domain.result import ShotResult, Status
from tasks.domain.takes import Shelf, lost_clips
from tasks.ledger.shot_state import Ended, exit_code, fresh, is_refused, result_of, unclear_routes
from tasks.session import restore
from tests.tasks.desk import OPENED, PIXAZO, PRO, VIDEO, Desk, config
from tests.tasks.purchases import attempt, result, shot


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(config(tmp_path, OPENED))


def row(desk: Desk, plan: ShotPlan, ended: Ended | None = None) -> ShotResult:
    """The row of a shot as the ledger of this run tells it, read again from the store."""
    run_id = desk.ledger.run_id
    desk.run(run_id)
    return result_of(plan, desk.ledger.page(plan.key), run_id, shelf=desk.shelf, ended=ended)


@pytest.mark.parametrize(
    ("bought_in", "settled_in", "status"),
    [("run-1", "run-1", "reused"), ("run-1", "run-2", "rendered"), ("run-2", "run-2", "rendered")],
)
def test_a_clip_that_came_in_this_run_is_rendered(desk: Desk, bought_in: str, settled_in: str, status: str) -> None:
    """Rendered is what came in this run, a job of an earlier one that it collected too; else reused."""
    desk.run(bought_in)
    job = desk.job(desk.one())
    desk.run(settled_in)
    made = desk.settle(job)
    desk.run("run-2")
    told = row(desk, desk.one())
    assert (told.status, told.clip, told.made_by, told.error_class, told.error) == (status, made.clip, made, "", "")
    assert fresh(made, "run-2") is (status == "rendered")


def test_a_job_bought_in_this_run_and_collected_by_another_is_rendered_in_both() -> None:
    """The run that bought and the run that collected may both say rendered; a third says reused."""
    late = attempt(run_id="run-1", settled_by="run-2")
    assert [fresh(late, run) for run in ("run-1", "run-2", "run-3")] == [True, True, False]


@pytest.mark.parametrize("ended", [None, Ended("failed", "Failed", "no"), Ended("skipped", "Budget", "too dear")])
@pytest.mark.parametrize("own", [True, False])
def test_a_drawing_before_a_gateway_is_a_stand_in(desk: Desk, own: bool, ended: Ended | None) -> None:
    """The built-in clip is a stand-in while a usable gateway comes before it, and says what ended the shot."""
    plan = desk.one()
    desk.drawn(plan)
    if own:
        desk.clip(plan)
    told = row(desk, plan, ended)
    assert told.status == ("rendered" if own else "stand_in")
    assert told.clip is not None
    expected = ended.error_class if ended else "NoRoute"
    assert told.error_class == ("" if own else expected)


def test_a_drawing_is_the_clip_of_its_own_where_the_chain_is_the_built_in_renderer(desk: Desk, tmp_path: Path) -> None:
    """Without a usable gateway before it the drawing counts as rendered."""
    desk.settings = config(tmp_path, OPENED, keys=[])
    plan = desk.one()
    desk.drawn(plan)
    assert row(desk, plan).status == "rendered"


def test_a_drawing_takes_nothing_from_a_bought_clip(desk: Desk) -> None:
    """A drawing has a file of its own, so that the bought clip stays in use beside it."""
    plan = desk.one()
    bought = desk.clip(plan)
    stand_in = desk.drawn(plan)
    assert bought.clip and stand_in.clip and bought.clip.path != stand_in.clip.path
    told = row(desk, plan)
    assert (told.status, told.clip) == ("rendered", bought.clip)
    assert lost_clips(told.attempts, desk.shelf) == []


def test_a_late_job_is_newer_only_after_a_wish(desk: Desk) -> None:
    """What came late lies beside the newer clip, unless somebody asked for another before it came."""
    plan = desk.one()
    slow = desk.overdue(plan)
    newer = desk.clip(plan, VIDEO)
    late = desk.settle(slow, "late")
    assert row(desk, plan).made_by == newer and late.clip is not None and desk.shelf.holds(late.clip)


def test_a_job_that_came_after_a_wish_answers_it(desk: Desk) -> None:
    """The newest clip is one that came after the last wish, whatever the number of its order."""
    plan = desk.one()
    slow = desk.overdue(plan)
    desk.clip(plan, VIDEO)
    desk.ledger.want(plan.key)
    came = desk.settle(slow)
    told = row(desk, plan)
    assert (told.made_by, told.clip) == (came, came.clip)
    assert desk.ledger.page(plan.key).open_wish is None


def test_a_drawing_replaced_by_a_late_clip_is_gone(desk: Desk) -> None:
    """A late clip replaces the stand-in that was drawn meanwhile."""
    plan = desk.one()
    slow = desk.overdue(plan)
    desk.drawn(plan)
    desk.run("run-2")
    came = desk.settle(slow)
    assert (row(desk, plan).status, row(desk, plan).made_by) == ("rendered", came)


def acted(desk: Desk, plan: ShotPlan, word: str, route: str = "") -> None:
    """One order that stands as the word says."""
    if word in ("pending", "overdue"):
        {"pending": desk.job, "overdue": desk.overdue}[word](plan, route)
    elif word == "clip":
        desk.clip(plan, route)
    else:
        desk.settle(desk.order(plan, route), word)


LEFT: dict[str, tuple[Status, str]] = {
    "failed": ("failed", "Failed"),
    "refused": ("failed", "Refused"),
    "moderated": ("refused", "Moderated"),
    "unclear": ("failed", "Unclear"),
    "pending": ("skipped", "Interrupted"),
    "overdue": ("failed", "Unclear"),
}


@pytest.mark.parametrize("word", LEFT)
def test_a_stand_in_says_how_the_last_gateway_left_the_shot(desk: Desk, word: str) -> None:
    """The drawing that ended the chain is no error: the class is that of the gateway before it."""
    acted(desk, desk.one(), word)
    desk.drawn(desk.one())
    told = row(desk, desk.one())
    assert (told.status, told.error_class) == ("stand_in", LEFT[word][1])
    assert told.error


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_without_its_board_a_stand_in_is_told_by_the_ledger(desk: Desk, own: bool, written: bool) -> None:
    """A rescue after a kill knows no chain: the record says whether the drawing only stood in."""
    acted(desk, desk.one(), "failed")
    rows = [{"shot_id": "sh010", "scene": "", "prompt": "a cat", "mode": "text_to_video", "requested_s": "8"}]
    rows[0] |= {"status": "skipped", "clip": "", "fingerprint": desk.one().fingerprint}
    desk.drawn(desk.one())
    if own:
        desk.clip(desk.one())
    desk.run("run-2")
    (told,) = restore.results_of_plans(
        restore.plans_of_rows(rows if written else [], desk.ledger), desk.ledger, desk.shelf, "run-2"
    )
    assert told.status == ("reused" if own else "stand_in")


@pytest.mark.parametrize("earlier", ["", *LEFT])
@pytest.mark.parametrize("last", LEFT)
def test_a_row_that_this_run_leaves_alone_stands_as_its_last_attempt(desk: Desk, earlier: str, last: str) -> None:
    """Without a clip the last attempt tells status and class, whatever went before it."""
    plan = desk.one(only=["sh010"])
    if earlier:
        acted(desk, plan, earlier)
    acted(desk, plan, last)
    alone = desk.plan(shot("other", prompt="x"), shot(), only=["other"]).shots[1]
    told = row(desk, alone)
    assert (told.status, told.error_class) == LEFT[last]
    assert told.clip is None and told.made_by is None
    assert len(told.attempts) == 1 + bool(earlier)


@pytest.mark.parametrize("last", ["", *(word for word in LEFT if word != "moderated")])
def test_an_open_shot_is_skipped_until_this_run_has_ended_it(desk: Desk, last: str) -> None:
    """The manifest written before the first order tells every shot to be rendered as skipped, Interrupted."""
    if last:
        acted(desk, desk.one(), last)
    told = row(desk, desk.one())
    assert (told.status, told.error_class) == ("skipped", "Interrupted")
    assert told.error


def test_a_refused_shot_stays_refused_until_it_is_named(desk: Desk) -> None:
    """Content policy is kept without a call; a wish opens the shot again, another refusal closes it."""
    acted(desk, desk.one(), "moderated")
    key = desk.one().key
    assert row(desk, desk.one()).status == "refused"
    desk.ledger.want(key)
    assert not is_refused(desk.ledger.page(key))
    assert row(desk, desk.one()).status == "skipped"
    acted(desk, desk.one(), "moderated")
    assert is_refused(desk.ledger.page(key))
    assert desk.ledger.page(key).open_wish is None
    assert row(desk, desk.one()).status == "refused"


def test_policy_at_one_route_and_another_end_after_it_is_not_refused(desk: Desk) -> None:
    """With on_moderated = next the route after it decides: a shot that failed there is failed."""
    acted(desk, desk.one(), "moderated")
    acted(desk, desk.one(), "failed", VIDEO)
    assert not is_refused(desk.ledger.page(desk.one().key))


def test_a_bought_clip_that_the_target_lost_is_a_matter_of_the_target(desk: Desk) -> None:
    """A row whose clip is gone and that this run leaves alone says failed, Target."""
    desk.clip(desk.one())
    desk.shelf.sizes.clear()
    alone = desk.plan(shot("other", prompt="x"), shot(), only=["other"]).shots[1]
    told = row(desk, alone)
    assert (told.status, told.error_class, told.error) == ("failed", "Target", "its clip is gone from the target")


ENDS = [Ended("failed", "NoRoute", "none"), Ended("skipped", "Budget", "too dear"), Ended("refused", "Moderated", "no")]
BEHIND = {"": "NoRoute", "clip": "Target", "failed": "Failed", "pending": "Interrupted"}
WORDS = ("clip", "stand-in", "failed", "pending")
STATES = [words for count in range(4) for words in itertools.product(WORDS, repeat=count)]


@pytest.mark.parametrize("words", STATES, ids=" ".join)
def test_every_combination_has_one_status(desk: Desk, words: tuple[str, ...]) -> None:
    """The files that lie there tell: own, stand-in with its reason, or none and then what ended the run."""
    plan = desk.one()
    for word in words:
        desk.drawn(plan) if word == "stand-in" else acted(desk, plan, word)
    page = desk.ledger.page(plan.key)
    delivered = [word for word in words if word in ("clip", "stand-in")]
    for shelf, ended in itertools.product([desk.shelf, Shelf()], [None, *ENDS]):
        told = result_of(plan, page, "run-1", shelf=shelf, ended=ended)
        file = min(delivered, default="") if shelf is desk.shelf else ""
        why = ended or Ended("skipped", "Interrupted", "")
        behind = ended.error_class if ended else BEHIND[next((w for w in words[::-1] if w != "stand-in"), "")]
        expected = {"clip": ("rendered", ""), "stand-in": ("stand_in", behind)}
        assert (told.status, told.error_class) == expected.get(file, (why.status, why.error_class))
        assert told.clip == (told.made_by.clip if told.made_by else None)
        assert bool(told.clip) is bool(file)
        assert [a.n for a in told.attempts] == list(range(1, len(words) + 1))


UNMET: dict[str, tuple[str, str]] = {
    # what came of the wish: in the run that saw it, and in the next one
    "": ("Interrupted", "Interrupted"),
    "failed": ("Failed", "Failed"),
    "refused": ("Refused", "Refused"),
    "unclear": ("Unclear", "Unclear"),
    "pending": ("Interrupted", "Interrupted"),
    "overdue": ("Unclear", "Unclear"),
    "moderated": ("Moderated", ""),
    "clip": ("", ""),
}


@pytest.mark.parametrize("word", UNMET)
def test_a_wish_that_is_not_met_is_told(desk: Desk, word: str) -> None:
    """The row stands by its old clip, and tells what ended the wish: as long as it is open, a refusal once."""
    old = desk.clip(desk.one())
    desk.run("run-2")
    desk.ledger.want(desk.one().key)
    if word:
        acted(desk, desk.one(), word)
    for run_id, error_class in zip(("run-2", "run-3"), UNMET[word], strict=True):
        desk.run(run_id)
        plan = desk.one()._replace(action="keep", offers=())  # as `status` looks at it
        told = row(desk, plan)
        assert (told.error_class, bool(told.error)) == (error_class, bool(error_class))
        assert (told.made_by == old) is (word != "clip")
        assert exit_code([told], None) == (1 if error_class else 0)


def test_what_ended_this_run_is_what_ended_the_wish(desk: Desk) -> None:
    """A wish that the budget stopped says so, and the exit code with it."""
    desk.clip(desk.one())
    desk.run("run-2")
    desk.ledger.want(desk.one().key)
    told = row(desk, desk.one(), Ended("skipped", "Budget", "too dear"))
    assert (told.status, told.error_class, exit_code([told], None)) == ("reused", "Budget", 3)


@pytest.mark.parametrize("word", ["pending", "overdue", "unclear", "failed", "refused", "moderated", "clip", "intent"])
def test_a_route_in_doubt_is_out_until_the_shot_is_named(desk: Desk, word: str) -> None:
    """Routes that may have accepted an order stay out over runs; a wish lets them in, a later doubt out again."""
    plan = desk.one()
    doubtful = word in ("pending", "overdue", "unclear", "intent")
    acted(desk, plan, "failed", VIDEO)
    desk.order(plan, PRO) if word == "intent" else acted(desk, plan, word, PRO)
    desk.run("run-2")
    assert unclear_routes(desk.ledger.page(plan.key)) == ({PRO} if doubtful else set())
    desk.ledger.want(plan.key)
    desk.run("run-3")
    assert unclear_routes(desk.ledger.page(plan.key)) == set()
    acted(desk, plan, "unclear", PIXAZO)
    desk.ledger.want(plan.key)  # the same wish is still open, so it is not renewed
    assert unclear_routes(desk.ledger.page(plan.key)) == {PIXAZO}


@pytest.mark.parametrize(
    ("statuses", "error_class", "stopped", "code"),
    [
        (["rendered", "reused"], "", None, 0),
        ([], "", None, 0),
        (["rendered", "stand_in"], "", None, 1),
        (["refused"], "Moderated", None, 1),
        (["failed"], "NoRoute", None, 1),
        (["failed"], "Target", Stopped("Target", "full"), 1),
        (["skipped"], "Budget", Stopped("Budget", "out"), 3),
        (["failed", "skipped"], "Budget", None, 3),
        (["skipped"], "Budget", Stopped("Interrupted", "ctrl-c"), 130),
        (["rendered"], "", Stopped("Interrupted", "ctrl-c"), 130),
        (["reused"], "Failed", None, 1),
        (["reused", "rendered"], "Moderated", None, 1),
        (["reused"], "Budget", None, 3),
    ],
)
def test_exit_code(statuses: list[Status], error_class: str, stopped: Stopped | None, code: int) -> None:
    """130 before 3 before 1 before 0, over the rows that were selected."""
    told = [error_class if status != "rendered" or len(statuses) == 1 else "" for status in statuses]
    rows = [result(status, error_class=word) for status, word in zip(statuses, told, strict=True)]
    assert exit_code(rows, stopped) == code


@pytest.mark.parametrize("action", ["new", "keep", "rerender"])
def test_a_plan_without_offers_or_with_a_kept_stand_in(action: Action) -> None:
    """Whether drawings only stand in is read from the offers, and from the last row where nothing was offered."""
    plan = ShotPlan(shot(), False, "", "", {}, action)
    assert not plan.stand_ins
    assert ShotPlan(shot(), False, "", "", {}, action, kept={"status": "stand_in"}).stand_ins
    assert not ShotPlan(shot(), False, "", "", {}, action, kept={"status": "reused"}).stand_ins
