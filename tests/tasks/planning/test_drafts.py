"""Chosen drafts in a plan: finished at their gateway by their id while that is valid, else by what the config says."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.config.settings import load_settings
from tasks.domain.job import Job
from tasks.domain.model import Route
from tasks.domain.order import Order, Request
from tasks.domain.plan import ShotPlan
from tasks.domain.result import Clip, Settlement
from tasks.domain.shot import Size
from tasks.domain.verdict import Verdict
from tasks.ledger.records import LedgerKey
from tests.tasks.desk import Desk
from tests.tasks.purchases import shot

DRAFT, FINAL = "fal:bytedance/seedance-2.5/text-to-video#draft", "fal:bytedance/seedance-2.5/draft/complete"
PLAIN = "fal:bytedance/seedance-2.5/text-to-video"
CONFIG = f"""
[chain]
text_to_video = ["{PLAIN}"]
[chain.draft]
text_to_video = ["{DRAFT}"]
[provider.fal]
"""
FOUR = shot(seconds=Decimal(4))


def desk(folder: Path, today: date, render: str = "") -> Desk:
    (folder / "drafts.toml").write_text(f"{CONFIG}\n[render]\n{render}")
    return Desk(load_settings(folder / "drafts.toml", {"FAL_API_KEY": "key"}), today=today)


def drafted(at: Desk, ids: dict[str, str]) -> ShotPlan:
    """The plan of a shot after its draft came on 2026-11-20 and was chosen."""
    plan = at.one(FOUR)
    model = load_catalogue().model(DRAFT)
    asked = LedgerKey(plan.key, plan.fingerprint, plan.parts, take={"grade": "draft"})
    sent = Order(FOUR, Route(model), Decimal(4), Size(854, 480), "a cat")
    made = at.ledger.accepted(at.ledger.intent(asked, sent, Decimal("0.88")), Job("job", Request("GET", "/jobs/1")))
    clip = Clip("clips/a.mp4", "ab" * 32, 1000, 854, 480, 24.0, 4.0)
    at.shelf.add(clip)
    at.ledger.settled(made, Settlement("clip", charged=Decimal("0.88"), clip=clip, remote_ids=ids))
    at.ledger.judge({plan.key: (Verdict(1, 1, "ab" * 32, "select"),)})
    return at.one(FOUR)


@pytest.mark.parametrize(
    ("today", "render", "ids", "routes"),
    [
        (date(2026, 11, 26), "", {"draft_id": "d"}, [FINAL]),
        (date(2026, 11, 26), "redraft = true", {"draft_id": "d"}, [FINAL, PLAIN]),
        (date(2026, 11, 27), "redraft = true", {"draft_id": "d"}, [PLAIN]),
        (date(2026, 11, 27), "", {"draft_id": "d"}, []),
        (date(2026, 11, 26), "", {}, [PLAIN]),
    ],
)
def test_how_a_chosen_draft_is_finished(
    tmp_path: Path, today: date, render: str, ids: dict[str, Any], routes: list[str]
) -> None:
    """By its id within its days; afterwards plainly where the config says so, else the shot is left out and told."""
    at = desk(tmp_path, today, render)
    plan = drafted(at, ids)
    assert [one.route.name for one in plan.offers] == routes and at.faults == []
    assert (plan.left_out is not None) is (routes == [])
    if routes[:1] == [FINAL]:
        assert plan.quoted == Decimal("4.16016") and any("until 2026-11-27" in line for line in plan.warnings)
    if not routes:
        assert "redraft" in plan.left_out.reason  # type: ignore[union-attr]  # it is left out


@pytest.mark.parametrize(("render", "told"), [("", True), ("draft = true", False)])
def test_a_shot_whose_drafts_were_all_rejected_is_told(tmp_path: Path, render: str, told: bool) -> None:
    """It has no clip, and only a run for drafts orders another: any other plan names it, and what would order one."""
    at = desk(tmp_path, date(2026, 11, 26), render)
    plan = drafted(at, {})
    at.ledger.judge({plan.key: (Verdict(1, 1, "ab" * 32, "reject"),)})
    found = at.plan(FOUR)
    line = f"1 shot has none but rejected drafts: {FOUR.shot_id}; --draft orders another, --no-draft a final"
    assert ((line in found.warnings), (found.shots[0].action == "keep")) == (told, told)


def test_what_finishes_drafts_is_no_route_by_itself(tmp_path: Path) -> None:
    """Named in a chain it is passed over with its reason."""
    at = desk(tmp_path, date(2026, 11, 26))
    plan = at.one(FOUR._replace(route=FINAL))
    assert plan.offers == () and any("finishes drafts" in reason for reason in plan.passed_over)
