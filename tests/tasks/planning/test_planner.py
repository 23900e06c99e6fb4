from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.money import ZERO
from tasks.domain.plan import ShotPlan
from tasks.domain.shot import Shot, Size
from tasks.ledger.shot_state import exit_code, result_of
from tasks.manifest.rows import row_keys
from tests.tasks.desk import CARD, CHAIN, KEYS, OPENED, PIXAZO, PRO, REMIX, VIDEO, Desk, config, digest
from tests.tasks.purchases import shot

History = Callable[[Desk, ShotPlan], Any]
URL = "https://pictures.example/boat.png"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(config(tmp_path, OPENED))


def lost(desk: Desk, made: Any) -> Any:
    desk.shelf.sizes.clear()


def cut(desk: Desk, made: Any) -> Any:
    desk.shelf.sizes[made.clip.path] -= 1


def wished(desk: Desk, plan: ShotPlan) -> Any:
    desk.ledger.want(plan.key)


HISTORIES: dict[str, tuple[History, str, bool, str]] = {
    # what happened: action, whether a job is asked first, quoted_usd
    "never seen": (lambda d, p: None, "new", False, "0.80"),
    "failed": (lambda d, p: d.settle(d.job(p), "failed"), "new", False, "0.80"),
    "refused by the gateway": (lambda d, p: d.settle(d.order(p), "refused"), "new", False, "0.80"),
    "reply lost": (lambda d, p: d.order(p), "new", False, "0"),
    "content policy": (lambda d, p: d.settle(d.order(p), "moderated"), "keep", False, "0"),
    "content policy, then named": (
        lambda d, p: (d.settle(d.order(p), "moderated"), wished(d, p)), "rerender", False, "0.80",
    ),
    "content policy twice": (
        lambda d, p: (d.settle(d.order(p), "moderated"), wished(d, p), d.settle(d.order(p), "moderated")),
        "keep", False, "0",
    ),
    "own clip": (lambda d, p: d.clip(p), "keep", False, "0"),
    "own clip, wish open": (lambda d, p: (d.clip(p), wished(d, p)), "rerender", False, "0.80"),
    "own clip, wish open and its job bought": (
        lambda d, p: (d.clip(p), wished(d, p), d.job(p)), "rerender", True, "0",
    ),
    "own clip, wish fulfilled": (lambda d, p: (d.clip(p), wished(d, p), d.clip(p)), "keep", False, "0"),
    "own clip, older job open": (lambda d, p: (d.overdue(p), d.clip(p, VIDEO)), "keep", True, "0"),
    "stand-in": (lambda d, p: d.drawn(p), "rerender", False, "0.80"),
    "stand-in, then own clip": (lambda d, p: (d.drawn(p), d.clip(p)), "keep", False, "0"),
    "own clip, then a stand-in": (lambda d, p: (d.clip(p), d.drawn(p)), "keep", False, "0"),
    "own clip cut": (lambda d, p: cut(d, d.clip(p)), "new", True, "0"),
    "job open": (lambda d, p: d.job(p), "new", True, "0"),
    "job given up on": (lambda d, p: d.overdue(p), "new", True, "0"),
    "clip file gone": (lambda d, p: lost(d, d.clip(p)), "new", True, "0"),
    "clip file gone, wish open": (lambda d, p: (lost(d, d.clip(p)), wished(d, p)), "rerender", False, "0.80"),
    "drawn clip file gone": (lambda d, p: lost(d, d.drawn(p)), "new", False, "0.80"),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_action(desk: Desk, name: str) -> None:
    """What happened to a shot decides what is to be done, whether a job is asked first, and the price."""
    act, action, collects, quoted = HISTORIES[name]
    act(desk, desk.one())
    desk.run("run-2")
    plan = desk.one()
    assert (plan.action, plan.changed, plan.collects, plan.quoted) == (action, (), collects, Decimal(quoted))
    assert plan.renders is (action != "keep" or collects)
    assert desk.faults == []


@pytest.mark.parametrize("name", HISTORIES)
def test_action_of_a_named_shot(desk: Desk, name: str) -> None:
    """--rerender always renders, and pays again unless a job that is not settled answers it."""
    act, *_ = HISTORIES[name]
    act(desk, desk.one())
    open_job = "job" in name or "wish open and its job" in name
    plan = desk.one(rerender=["sh010"])
    assert (plan.action, plan.changed) == ("rerender", ())
    assert (plan.collects, plan.quoted) == ((True, Decimal(0)) if open_job else (False, Decimal("0.80")))


@pytest.mark.parametrize("status", ["failed", "skipped", "rendered", "reused", "stand_in", "refused"])
def test_a_changed_shot_is_new_only_where_it_never_had_an_answer(desk: Desk, status: str) -> None:
    """A changed row is `new` after failed and skipped, else `rerender`."""
    before = desk.one()
    desk.clip(before)
    desk.rows = [{"shot_id": "sh010", "status": status, "fingerprint": before.fingerprint}]
    plan = desk.one(shot(prompt="a dog"))
    fresh = status in ("failed", "skipped")
    assert (plan.action, plan.changed) == (("new", ()) if fresh else ("rerender", ("prompt",)))


ASKED = {"image": "boat.png", "mode": "image_to_video", "route": PIXAZO}
CHANGES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "prompt": ({"prompt": "a dog"}, ("prompt",)),
    "negative prompt": ({"negative_prompt": "rain"}, ("negative_prompt",)),
    "picture": ({"image": "ship.png"}, ("image",)),
    "fit": ({"fit": "blur"}, ("fit",)),
    "no picture": ({"image": "", "mode": "text_to_video"}, ("mode", "image")),
    "duration": ({"seconds": Decimal(4)}, ("duration",)),
    "size": ({"size": Size(720, 1280)}, ("size",)),
    "seed": ({"seed": 0}, ("seed",)),
    "audio": ({"audio": False}, ("audio",)),
    "route": ({"route": "aimlapi:openai/sora-2-i2v"}, ("route",)),
    "two": ({"prompt": "a dog", "seed": 7}, ("prompt", "seed")),
    "same seconds in other words": ({"seconds": Decimal("8.0")}, ()),
    "scene, row and extras": ({"scene": "Z", "row": 9, "extras": {"note": "x"}}, ()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_columns_are_named(desk: Desk, name: str) -> None:
    """A row that asks for something else is rendered again and says which columns changed; others are kept."""
    cells, changed = CHANGES[name]
    desk.digests = {"boat.png": digest("boat"), "ship.png": digest("ship")}
    first = desk.plan(shot(**ASKED))
    desk.clip(first.shots[0])
    desk.close(first)
    plan = desk.one(shot(**{**ASKED, **cells}))
    assert (plan.action, plan.changed) == ("rerender" if changed else "keep", changed)


def test_a_picture_with_other_bytes_is_a_change(desk: Desk) -> None:
    """A local file is known by its content: the same name with other bytes is `image` changed, a copy is not."""
    desk.digests = {"boat.png": digest("boat"), "copy.png": digest("boat")}
    first = desk.plan(shot(**ASKED))
    desk.clip(first.shots[0])
    desk.close(first)
    assert desk.one(shot(**{**ASKED, "image": "copy.png"})).action == "keep"
    desk.digests = {"boat.png": digest("boat, painted over")}
    assert desk.one(shot(**ASKED)).changed == ("image",)


def test_a_wish_that_a_stand_in_answered_stays_open(desk: Desk) -> None:
    """A stand-in does not satisfy --rerender."""
    desk.clip(desk.one())
    wished(desk, desk.one())
    desk.drawn(desk.one())
    assert desk.one().action == "rerender"


def test_stand_in_only_where_a_gateway_comes_before(tmp_path: Path) -> None:
    """The built-in renderer's clip is the shot's own where no usable route stands before it in the chain."""
    desk = Desk(config(tmp_path, f'text_to_video = ["{CARD}"]'))
    desk.drawn(desk.one())
    assert desk.one().action == "keep"
    desk.settings = config(tmp_path, OPENED)
    plan = desk.one()
    assert plan.action == "rerender"
    assert "what it has is a stand-in by the built-in renderer" in plan.warnings
    desk.settings = config(tmp_path, OPENED, keys=[])
    assert desk.one().action == "keep"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(config(tmp_path_factory.mktemp("rendered"), OPENED))
    plan = desk.plan(*(shot(f"sh{i}", prompt=text) for i, text in enumerate("aaabbc")))
    for one in plan.shots:
        desk.clip(one)
    desk.close(plan)
    return desk


@given(st.permutations(["a", "a", "a", "b", "b", "c"]), st.integers(0, 6), st.text("xyz", min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_moved_renamed_and_removed_rows_buy_nothing(rendered: Desk, order: list[str], count: int, name: str) -> None:
    """Rows that were rendered once are kept under any order, any ids, and in any part of the board."""
    plan = rendered.plan(*(shot(f"{name}{i}", prompt=text) for i, text in enumerate(order[:count])))
    assert [p.action for p in plan.shots] == ["keep"] * count
    assert plan.quoted == plan.worst == ZERO


def test_k_counts_the_rows_of_a_fingerprint(desk: Desk) -> None:
    """Equal rows have keys of their own, counted in board order; an inserted one buys exactly one clip, its own."""
    first = desk.plan(shot("a"), shot("b", prompt="x"), shot("c"))
    assert [p.key[16:] for p in first.shots] == ["-1", "-1", "-2"]
    assert first.shots[0].key[:16] == first.shots[2].key[:16] == first.shots[0].fingerprint[:16]
    for one in first.shots:
        desk.clip(one)
    desk.close(first)
    again = desk.plan(shot("new"), shot("a"), shot("b", prompt="x"), shot("c"))
    assert [p.action for p in again.shots] == ["new", "keep", "keep", "keep"]
    assert [p.key for p in again.shots[1:]] == [p.key for p in first.shots]
    assert again.quoted == Decimal("0.80")


def test_row_keys_are_counted_as_the_manifest_has_them() -> None:
    """The keys of the last manifest: k by fingerprint in its order, none for a row without a
    fingerprint; as the column says where there is one."""
    rows = [
        {"shot_id": name, "fingerprint": print_ * 64} for name, print_ in zip("abcd", ["f", "e", "f", ""], strict=True)
    ]
    counted = {"a": "f" * 16 + "-1", "b": "e" * 16 + "-1", "c": "f" * 16 + "-2"}
    assert row_keys(rows) == counted
    told = {"a": "f" * 16 + "-7", "c": "a" * 16 + "-3"}  # the latter is no key of its fingerprint
    assert row_keys([{**row, "key": told.get(row["shot_id"], "")} for row in rows]) == counted | {"a": "f" * 16 + "-7"}


def test_only_keeps_the_last_rows_of_the_others(desk: Desk) -> None:
    """With --only the other rows stand as they were written, changed or not; what never ran is not rendered."""
    first = desk.plan(shot("a"), shot("b", prompt="x"))
    for one in first.shots:
        desk.clip(one)
    desk.close(first)
    plan = desk.plan(shot("a"), shot("b", prompt="changed"), shot("c", prompt="z"), only=["a"])
    a, b, c = plan.shots
    assert (a.selected, b.selected, c.selected) == (True, False, False)
    assert (b.kept, b.key, b.fingerprint) == (desk.rows[1], first.shots[1].key, first.shots[1].fingerprint)
    assert (c.kept, c.renders, c.quoted, c.worst) == (None, False, ZERO, ZERO)
    assert [plan.count(action) for action in ("new", "keep", "rerender")] == [0, 1, 0]


def test_money_is_the_sum_over_shots(desk: Desk, tmp_path: Path) -> None:
    """quoted adds the first routes, worst all routes of each chain; kept shots and unselected ones add nothing."""
    desk.settings = config(tmp_path)
    desk.clip(desk.one())
    plan = desk.plan(shot(), shot("b", prompt="x"), shot("c", prompt="y", seconds=Decimal(9)), shot("d", prompt="z"),
                     only=["sh010", "b", "c"])  # fmt: skip
    assert [p.quoted for p in plan.shots] == [ZERO, Decimal("0.80"), Decimal("1.20"), ZERO]
    assert [p.worst for p in plan.shots] == [ZERO, Decimal("1.80"), Decimal("2.70"), ZERO]
    assert (plan.quoted, plan.worst) == (Decimal("2.00"), Decimal("4.50"))


def remix(source: str = "a", **cells: Any) -> Shot:
    return shot("r", mode="remix", source_shot=source, prompt="at night", **cells)


def test_a_remix_is_planned_after_its_source_wherever_it_stands(desk: Desk) -> None:
    """A remix may stand above its source, and over several steps; board order is kept in the plan."""
    two = shot("s", mode="remix", source_shot="r", prompt="in rain")
    plan = desk.plan(two, remix(), shot("a"))
    assert [p.shot.shot_id for p in plan.shots] == ["s", "r", "a"]
    assert plan.shots[1].parts["source"] == plan.shots[2].fingerprint
    assert plan.shots[0].parts["source"] == plan.shots[1].fingerprint
    assert desk.faults == []


@pytest.mark.parametrize("act", [lambda d, p: None, lambda d, p: d.clip(p, PIXAZO), lambda d, p: d.job(p, PRO)])
@pytest.mark.parametrize(("route", "usable"), [("", True), (PRO, True), (VIDEO, False), (CARD, False)])
@pytest.mark.parametrize("only", [(), ("r",)])
def test_a_remix_is_usable_by_the_first_route_of_its_source(
    desk: Desk, act: History, route: str, usable: bool, only: tuple[str, ...]
) -> None:
    """AIgateway remixes only its own clips: the source's first route decides, whatever happened in earlier runs."""
    first = desk.plan(shot("a", route=route))
    act(desk, first.shots[0])
    desk.close(first)
    plan = desk.plan(shot("a", route=route), remix(), only=only).shots[1]
    assert [o.route.name for o in plan.offers] == ([REMIX] if usable else [])
    assert plan.passed_over == (() if usable else (f"{REMIX}: remixes only clips of its own: pin a to aigateway",))


FIELD = "no document names the field of a source that AIgateway did not make: it is sent as video_url"


@pytest.mark.parametrize(
    ("source", "usable"),
    [
        ("https://media.example/a.mp4", True),
        ("http://media.example/a.mp4", False),
        ("http://10.0.0.7:8080/a.mp4", True),
        ("http://10.0.0.7/a.mp4", False),
        ("s3://bucket/a.mp4", False),
        ("/clips/a.mp4", False),
    ],
)
def test_a_source_goes_by_its_address_and_the_plan_tells_the_doubt(tmp_path: Path, source: str, usable: bool) -> None:
    """https, or http at a host that ``[images] allow_hosts`` names; AIgateway's field for it is a guess, and told."""
    desk = Desk(config(tmp_path, rest='[images]\nallow_hosts = ["10.0.0.7:8080"]\n'), digests={source: digest("a")})
    plan = desk.one(shot("r", mode="remix", source=source))
    assert [o.route.name for o in plan.offers] == [REMIX] * usable
    assert any(FIELD in line for line in plan.warnings) == usable


def test_a_source_of_its_own_is_in_no_doubt(desk: Desk) -> None:
    """A clip that AIgateway made goes by its id, and nothing is warned of."""
    plan = desk.plan(shot("a"), remix()).shots[1]
    assert plan.offers and not any(FIELD in line for line in plan.warnings)


@pytest.mark.parametrize(
    ("act", "fine"),
    [
        (lambda d, p: None, False),
        (lambda d, p: d.settle(d.job(p), "failed"), False),
        (lambda d, p: d.drawn(p), False),
        (lambda d, p: d.clip(p), True),
        (lambda d, p: lost(d, d.clip(p)), False),
    ],
)
@pytest.mark.parametrize("written", [True, False])
def test_an_unselected_source_needs_a_clip_of_its_own(desk: Desk, act: History, fine: bool, written: bool) -> None:
    """A selected remix whose unselected source has no clip of its own is a fault, known from manifest or ledger."""
    first = desk.plan(shot("a"))
    act(desk, first.shots[0])
    if written:
        desk.close(first)
    desk.plan(shot("a"), remix(), only=["r"])
    said = "is not selected and has no clip: add it to --only"
    assert desk.faults == ([] if fine else [f"row 2, r, source 'a': {said}"])


def test_a_remix_of_an_unselected_changed_row_is_one_of_the_clip_that_is_there(desk: Desk) -> None:
    """--only on a remix starts from the last row of its source; once that is rendered again, so is the remix."""
    first = desk.plan(shot("a"), remix())
    for one in first.shots:
        desk.clip(one)
    desk.close(first)
    changed = shot("a", prompt="a dog")
    alone = desk.plan(changed, remix(), only=["r"])
    assert [p.action for p in alone.shots] == ["keep", "keep"]
    both = desk.plan(changed, remix())
    assert [(p.action, p.changed) for p in both.shots] == [("rerender", ("prompt",)), ("rerender", ("source",))]


def test_a_route_that_cannot_be_used_is_a_fault_with_every_reason(tmp_path: Path) -> None:
    """No usable route: each is named with its reason, the missing variable too; kept shots need none."""
    desk = Desk(config(tmp_path, keys=["PIXAZO_API_KEY"]))
    desk.one(shot(seconds=Decimal(13)))
    assert desk.faults == ["row 2, sh010, route: no key for 2 gateways: set AIGATEWAY_API_KEY or AIVIDEOAPI_API_KEY"]
    desk.plan(shot(mode="image_to_video", image="boat.png"))
    assert desk.faults == [
        f"row 2, sh010, route: [chain] of {desk.settings.path.name} has no route for image_to_video: add one, as in "
        'image_to_video = ["animatic:kenburns"]'
    ]
    rich = Desk(config(tmp_path))
    rich.clip(rich.one())
    rich.settings = config(tmp_path, keys=[])
    assert rich.one().action == "keep"
    assert rich.faults == []
    rich.plan(shot(), shot("b", prompt="x"), only=["sh010"])
    assert rich.faults == []


OTHER = '[provider.aigateway]\nbase_url = "https://other.example"\n'
NAMED = OTHER + 'key_hosts = ["api.aigateway.sh"]\n'
HOST = "its host api.aigateway.sh:443 is not the config's: name it in [provider.aigateway] key_hosts"


@pytest.mark.parametrize("kind", ["job", "overdue"])
@pytest.mark.parametrize(
    ("rest", "keys", "reason"),
    [
        ("", list(KEYS), ""),
        ("", ["AIVIDEOAPI_API_KEY"], "AIGATEWAY_API_KEY is not set"),
        (OTHER, list(KEYS), HOST),
        (NAMED, list(KEYS), ""),
    ],
)
def test_a_job_that_cannot_be_asked_after_stops_the_start(
    desk: Desk, tmp_path: Path, rest: str, keys: list[str], reason: str, kind: str
) -> None:
    """Nothing is started while a bought job cannot be asked after, naming host or variable; --rerender goes past."""
    getattr(desk, kind)(desk.one())
    desk.settings = config(tmp_path, rest=rest, keys=keys)
    plan = desk.one()
    said = (
        f"job job-1 bought at {PRO} cannot be asked after: {reason}; or name the shot in --rerender and risk its money"
    )
    assert desk.faults == ([f"row 2, sh010: {said}"] if reason else [])
    assert plan.collects is (not reason)
    desk.plan(shot(), shot("b", prompt="x"), only=["b"])
    assert desk.faults == []
    named = desk.one(rerender=["sh010"])
    assert desk.faults == []
    assert named.quoted == (named.offers[0].quote if reason else ZERO)


def test_a_named_shot_past_its_job_still_needs_a_route(desk: Desk, tmp_path: Path) -> None:
    """--rerender past a job of a gateway without a key is a fault where no other route is left."""
    desk.job(desk.one())
    desk.settings = config(tmp_path, keys=[])
    desk.one(rerender=["sh010"])
    assert len(desk.faults) == 1
    assert "no key for 2 gateways" in desk.faults[0]


def test_a_lost_clip_is_quoted_where_its_job_cannot_be_asked(desk: Desk, tmp_path: Path) -> None:
    """A clip that is gone is free only while its gateway can be asked for it again."""
    lost(desk, desk.clip(desk.one()))
    desk.settings = config(tmp_path, keys=["AIVIDEOAPI_API_KEY"])
    plan = desk.one()
    assert (plan.action, plan.collects, plan.quoted) == ("new", False, Decimal("1.00"))
    assert desk.faults == []


def test_warnings_say_what_is_sent_instead(desk: Desk, tmp_path: Path) -> None:
    """The plan tells snapped seconds and sizes, `Avoid:`, doubtful prices, earlier jobs, and routes passed over."""
    desk.settings = config(tmp_path, CHAIN_PIXAZO, keys=["AIGATEWAY_API_KEY"])
    asked = shot(seconds=Decimal("5.5"), size=Size(640, 360), negative_prompt="rain", warnings=("row says",))
    desk.job(desk.one(asked))
    doubt = desk.one(asked).offers[0].route.model.low_confidence
    assert desk.one(asked).warnings == (
        "row says",
        f"5.5 s becomes 8 s at {PRO}",
        f"640x360 becomes 1280x720 at {PRO}",
        f"{PRO} takes no negative prompt: sent as 'Avoid: ...'",
        f"the price of {PRO} is doubtful: {doubt}",
        "a job bought earlier is asked first",
        f"passed over: {PIXAZO}: PIXAZO_API_KEY is not set",
    )
    desk.clip(desk.one(asked))
    desk.settle(desk.ledger.page(desk.one(asked).key).attempts()[0], "failed")
    assert desk.one(asked).warnings == ()


CHAIN_PIXAZO = f'text_to_video = ["{PIXAZO}", "{PRO}"]\nallow_retired = true'


def test_lifecycle_is_told_once_a_route(desk: Desk) -> None:
    """However many shots take a retired route, the plan says it once, in the chain's order."""
    plan = desk.plan(*(shot(f"s{i}", prompt=str(i), seconds=Decimal(4 + i)) for i in range(4)))
    assert plan.warnings == (f"first route ({PRO}) was retired on 2026-09-24, use openrouter:bytedance/seedance-2.0",)


def pictured(name: str = "sh010", **cells: Any) -> Shot:
    return shot(name, mode="image_to_video", image=URL, route=PIXAZO, **cells)


def test_a_known_url_keeps_its_first_digest(desk: Desk) -> None:
    """A URL that was ordered from is not asked again: other bytes there change nothing, for any shot."""
    desk.digests = {URL: digest("one")}
    desk.clip(desk.one(pictured()))
    desk.digests = {URL: digest("two")}
    plan = desk.plan(pictured(), pictured("b", prompt="x"))
    assert [p.action for p in plan.shots] == ["keep", "new"]
    assert [p.parts["image"] for p in plan.shots] == [digest("one")] * 2


def test_each_shot_keeps_the_digest_that_it_was_last_ordered_with(desk: Desk) -> None:
    """After one shot took new bytes by --rerender, it keeps these and another shot its own; a new one the first."""
    a, b = pictured("a"), pictured("b", prompt="x")
    desk.digests = {URL: digest("one")}
    for one in desk.plan(a, b).shots:
        desk.clip(one)
    desk.digests = {URL: digest("two")}
    desk.clip(desk.plan(a, b, rerender=["a"]).shots[0])
    desk.digests = {}
    plan = desk.plan(a, b, pictured("c", prompt="y"))
    assert [p.action for p in plan.shots] == ["keep", "keep", "new"]
    assert [p.parts["image"] for p in plan.shots] == [digest("two"), digest("one"), digest("one")]


def test_a_url_that_went_back_keeps_the_newest_order(desk: Desk) -> None:
    """Bytes one, two, then one again by --rerender: the shot stays with its last order, and its job is asked."""
    for text in ("one", "two"):
        desk.digests = {URL: digest(text)}
        desk.clip(desk.one(pictured(), rerender=["sh010"]))
    desk.digests = {URL: digest("one")}
    again = desk.one(pictured(), rerender=["sh010"])
    wished(desk, again)
    desk.job(again)
    desk.run("run-2")
    plan = desk.one(pictured())
    assert (plan.key, plan.action, plan.collects) == (again.key, "rerender", True)


@pytest.mark.parametrize("kind", ["job", "overdue"])
def test_a_named_shot_with_a_job_is_not_bought_anew_because_its_url_changed(desk: Desk, kind: str) -> None:
    """An unsettled job is collected first and satisfies --rerender, whatever the URL serves by now."""
    desk.digests = {URL: digest("one")}
    first = desk.one(pictured())
    getattr(desk, kind)(first)
    desk.digests = {URL: digest("two")}
    plan = desk.one(pictured(), rerender=["sh010"])
    assert (plan.key, plan.collects, plan.quoted) == (first.key, True, ZERO)


def test_a_picture_nobody_read_leaves_the_fingerprint_open(desk: Desk) -> None:
    """Without a digest there is no key: the shot counts as new and nothing of the ledger is taken for it."""
    plan = desk.plan(pictured(), remix("sh010"))
    assert [(p.fingerprint, p.key, p.action) for p in plan.shots] == [("", "", "new")] * 2


def test_the_same_board_plans_alike_after_every_reload(desk: Desk) -> None:
    """A plan is a function of target, board and config: twice the same, and it writes nothing."""
    board = (shot("a"), shot("b", prompt="x"), remix())
    desk.clip(desk.plan(*board).shots[0])
    names = desk.store.names()
    before = desk.plan(*board)
    desk.run("run-2")
    assert desk.plan(*board) == before
    assert desk.store.names() == names


def test_a_row_keeps_its_key_when_it_is_looked_at_alone(tmp_path: Path) -> None:
    """Two rows ask for the same with one picture under two addresses: a part of a season that fetches only the second
    one knows it under the key that the whole board gives it."""
    desk = Desk(config(tmp_path, f'image_to_video = ["{CARD}"]'))
    rows = [shot(f"sh0{n}0", mode="image_to_video", image=f"https://a.example/{n}.png") for n in (1, 2)]
    desk.digests = {row.image: digest("picture") for row in rows}
    whole = desk.plan(*rows)
    desk.close(whole)
    desk.digests.pop(rows[0].image)
    alone = desk.plan(*rows, only=["sh020"])
    assert [plan.key[-2:] for plan in whole.shots] == ["-1", "-2"]
    assert [plan.key for plan in alone.shots] == [plan.key for plan in whole.shots]


def test_a_plan_that_keeps_everything_warns_of_nothing(desk: Desk) -> None:
    """What becomes of routes is told where a shot would go by them, and not where every clip is there."""
    assert desk.plan(shot()).warnings
    desk.clip(desk.one())
    kept = desk.plan(shot())
    assert (kept.shots[0].action, kept.warnings) == ("keep", ())


def row_of(desk: Desk, plan: ShotPlan) -> tuple[str, str, str]:
    """Status, class and reason of the shot's row as a run over it leaves it."""
    row = result_of(plan, desk.ledger.page(plan.key), desk.ledger.run_id, shelf=desk.shelf)
    return row.status, row.error_class, row.error


def test_a_shot_without_a_usable_route_can_be_left_out(tmp_path: Path) -> None:
    """A fault by default. With the flag it is told, costs nothing and is `skipped`, `NoRoute`; the others go on."""
    desk = Desk(config(tmp_path, CHAIN, keys=["AIVIDEOAPI_API_KEY"]))
    board = shot("a"), shot("b", route=PRO), shot("c", prompt="c")
    desk.plan(*board)
    assert desk.faults == ["row 2, b, route 'aigateway:openai/sora-2-text-to-video-pro': "
                           "no key for the gateway: set AIGATEWAY_API_KEY"]  # fmt: skip
    plan = desk.plan(*board, skip=True)
    assert (desk.faults, [one.renders for one in plan.shots]) == ([], [True, False, True])
    why = "no key for the gateway: set AIGATEWAY_API_KEY"
    assert plan.left_out == {why: ["b"]}
    assert f"left out: {why}" in plan.shots[1].warnings
    assert plan.summary.startswith("3 new, 0 rerender, 0 keep, 1 of them left out: ")
    assert (plan.shots[1].quoted, plan.shots[1].worst) == (ZERO, ZERO)
    assert row_of(desk, plan.shots[1]) == ("skipped", "NoRoute", why)


def test_what_starts_from_a_shot_that_is_left_out_is_left_out_as_well(tmp_path: Path) -> None:
    """A remix of it is `skipped`, `Source`, and costs nothing; not where its source has a clip of an earlier run."""
    both = Desk(config(tmp_path, f'{CHAIN}\n[chain.other]\nremix = ["{CARD.replace("card", "caption")}"]'))
    board = shot("a", route=PRO), shot("b", mode="remix", source_shot="a", route="other")
    first = both.plan(*board)
    both.settings = config(tmp_path, f'{CHAIN}\n[chain.other]\nremix = ["animatic:caption"]', keys=[])
    plan = both.plan(*board, skip=True)
    assert both.faults == []
    assert row_of(both, plan.shots[1]) == ("skipped", "Source", "a is left out and has no clip")
    both.clip(first.shots[0])
    plan = both.plan(*board, rerender=["a"], skip=True)
    assert [one.left_out is not None for one in plan.shots] == [True, False]


def test_a_shot_that_is_left_out_keeps_its_clip_and_is_told(tmp_path: Path) -> None:
    """Named in --rerender without a route: the clip stays in use, the row says what was not done, exit 1."""
    desk = Desk(config(tmp_path, CHAIN))
    desk.clip(desk.one())
    desk.settings = config(tmp_path, CHAIN, keys=[])
    desk.run("run-2")
    plan = desk.one(rerender=["sh010"], skip=True)
    status, error_class, error = row_of(desk, plan)
    assert (status, error_class) == ("reused", "NoRoute")
    assert error == "no key for 2 gateways: set AIGATEWAY_API_KEY or AIVIDEOAPI_API_KEY"
    row = result_of(plan, desk.ledger.page(plan.key), "run-2", shelf=desk.shelf)
    assert exit_code([row], None) == 1


def test_a_job_that_can_be_asked_after_is_never_left_out(tmp_path: Path) -> None:
    """What was bought is collected, with routes for more or without."""
    desk = Desk(config(tmp_path, CHAIN))
    desk.job(desk.one(), PRO)
    desk.settings = config(tmp_path, f'text_to_video = ["{PIXAZO}"]\nallow_retired = true', keys=["AIGATEWAY_API_KEY"])
    plan = desk.one(skip=True)
    assert (plan.offers, plan.left_out, plan.renders) == ((), None, True)


ALIKE = {
    "prompt": ["a boat", "a kite"],
    "negative_prompt": ["", "rain"],
    "seconds": [Decimal(4), Decimal(8)],
    "size": [Size(1280, 720), Size(720, 1280)],
    "audio": [None, True],
    "route": ["", CARD, "nowhere:at-all"],
    "takes": [None, 2],
    "warnings": [(), ("its size is taken from its ratio",)],
    "seed": [None, 7],
}


@settings(max_examples=60)
@given(rows=st.lists(st.fixed_dictionaries({name: st.sampled_from(of) for name, of in ALIKE.items()}), min_size=2))
def test_a_row_is_planned_in_a_crowd_as_it_is_alone(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    """What rows that ask alike have in common is worked out once, and is what each would come to by itself."""
    desk = Desk(config(tmp_path_factory.mktemp("crowd"), OPENED))
    shots = [shot(shot_id=f"s{n}", row=n + 2, **cells) for n, cells in enumerate(rows)]
    crowd = desk.plan(*shots).shots
    faults, found = sorted(desk.faults), list[str]()
    for one, among in zip(shots, crowd, strict=True):
        alone = desk.one(one)
        assert among._replace(key=alone.key) == alone
        found += desk.faults
    assert faults == sorted(found)
