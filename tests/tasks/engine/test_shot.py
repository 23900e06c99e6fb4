from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.config import catalogue
from tasks.domain.errors import Failed, GatewayError, Moderated
from tasks.domain.result import Basis
from tasks.engine.charges import charge_of
from tasks.engine.places import Next, after
from tasks.engine.shot import sent_prompt
from tests.tasks.desk import CARD, PIXAZO
from tests.tasks.purchases import attempt, shot

# outcome: what follows with on_unclear, on_moderated = (next, stop), (next, next), (fail, stop), (fail, next)
TABLE: dict[str, tuple[Next, Next, Next, Next]] = {
    "clip": ("done", "done", "done", "done"),
    "busy": ("next", "next", "next", "next"),
    "refused": ("next", "next", "next", "next"),
    "locked": ("next", "next", "next", "next"),
    "unclear": ("next", "next", "stop", "stop"),
    "overdue": ("next", "next", "stop", "stop"),
    "moderated": ("stop", "next", "stop", "next"),
}


@pytest.mark.parametrize("tries", [1, 2])
@pytest.mark.parametrize("word", TABLE)
def test_what_follows_an_attempt(word: str, tries: int) -> None:
    """The outcome decides, and the config where it may; nothing that may have been accepted is sent again."""
    asked = [(unclear, moderated) for unclear in ("next", "fail") for moderated in ("stop", "next")]
    steps = [after(attempt(outcome=word, basis="free"), tries, on_unclear=u, on_moderated=m) for u, m in asked]
    assert tuple(steps) == TABLE[word]


@pytest.mark.parametrize(
    ("basis", "provider", "tries", "step"),
    [
        ("free", "pixazo", 1, "again"),
        ("free", "pixazo", 2, "next"),
        ("free", "pixazo", 3, "next"),
        ("price_list", "pixazo", 1, "next"),
        ("reported", "pixazo", 1, "next"),
        ("unknown", "pixazo", 1, "next"),
        ("free", "animatic", 1, "next"),
    ],
)
def test_a_failed_job_is_ordered_once_more_where_failing_is_free(
    basis: Basis, provider: str, tries: int, step: Next
) -> None:
    """Once more at the same gateway, and only where the failure cost nothing; a drawing that failed never."""
    failed = attempt(outcome="failed", basis=basis, provider=provider)
    for unclear in ("next", "fail"):
        for moderated in ("stop", "next"):
            assert after(failed, tries, on_unclear=unclear, on_moderated=moderated) == step


QUOTE = Decimal("0.80")
CHARGES: list[tuple[str | None, bool | None, object, tuple[str, str, Basis]]] = [
    # what the reply reports, whether it says free, what is documented: charged, at risk, basis
    (None, None, False, ("0", "0", "free")),
    (None, None, True, ("0.80", "0", "price_list")),
    (None, None, "unknown", ("0", "0.80", "unknown")),
    (None, True, False, ("0", "0", "free")),
    (None, True, True, ("0", "0", "free")),
    (None, True, "unknown", ("0", "0", "free")),
    (None, False, False, ("0.80", "0", "price_list")),
    (None, False, True, ("0.80", "0", "price_list")),
    (None, False, "unknown", ("0.80", "0", "price_list")),
    ("0.3333335", None, False, ("0.333334", "0", "reported")),
    ("0.25", True, "unknown", ("0.25", "0", "reported")),
    ("0", False, True, ("0", "0", "reported")),
    ("9", None, "unknown", ("9", "0", "reported")),
]


@pytest.mark.parametrize("error", [Failed, Moderated])
@pytest.mark.parametrize(("told", "free", "documented", "money"), CHARGES)
def test_what_a_job_without_a_clip_costs(
    error: type[GatewayError], told: str | None, free: bool | None, documented: object, money: tuple[str, str, Basis]
) -> None:
    """A reported charge counts, then the reply's own word, then the documents; unknown is at risk, never both."""
    ended = error("no", charge=Decimal(told) if told is not None else None, free=free)
    charged, risk, basis = charge_of(ended, QUOTE, documented)
    assert (charged, risk, basis) == (Decimal(money[0]), Decimal(money[1]), money[2])
    assert not (charged and risk)


@pytest.mark.parametrize("route", sorted(catalogue.load_catalogue().models))
def test_what_every_model_of_the_catalogue_says_of_failed_jobs_can_be_booked(route: str) -> None:
    """Each entry's word leads to money in one column at most."""
    charged, risk, basis = charge_of(Failed("no"), QUOTE, catalogue.load_catalogue().model(route).failed_is_charged)
    assert (charged + risk, basis) in [(Decimal(0), "free"), (QUOTE, "price_list"), (QUOTE, "unknown")]


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize("route", [PIXAZO, CARD])
@pytest.mark.parametrize("negative", ["", "rain, crowds"])
def test_sent_prompt(route: str, takes: bool, negative: str) -> None:
    """A negative prompt is folded in as `Avoid: ...` only for a model that takes none."""
    model = replace(catalogue.load_catalogue().model(route), negative_prompt=takes)
    folded = "a cat Avoid: rain, crowds" if negative and not takes else "a cat"
    assert sent_prompt(shot(negative_prompt=negative), model) == folded
