"""A clip is looked at once; what is wrong with it is told, and ordered again once where the config says so."""

import csv
import json
import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.chain.conftest import BOUGHT, PRICE, Outcome, Studio
from tests.flows import Cli, column, manifest, write_board
from tests.sandbox import Sandbox

BLACK = {"do": "black", "times": 1}
LOOKS = "tasks.media.looks"
FAL = "fal:bytedance/seedance-2.0/text-to-video"
TALL, WIDE, LARGE = "480x854", "854x480", "1280x720"
# id, size, sound asked for, pictures a second and sound, and what is wrong
MIXED = (
    ("sh010", WIDE, "", "24", ""),
    ("sh020", TALL, "", "30", "black"),
    ("sh030", LARGE, "", "8", "frozen"),
    ("sh040", WIDE, "yes", "25 sound", ""),
    ("sh050", TALL, "", "24", "strobing"),
    ("sh060", WIDE, "", "30", "cut inside"),
    ("sh070", LARGE, "", "12", ""),
    ("sh080", TALL, "", "25", "bars"),
    ("sh090", WIDE, "yes", "24", "silent"),
    ("sh100", TALL, "", "60", ""),
)


def settled(studio: Studio) -> list[dict[str, Any]]:
    """The settled records, in the order of the attempts."""
    found = [json.loads(path.read_bytes()) for path in (studio.target / "ledger").glob("*/*-settled.json")]
    return sorted(found, key=lambda one: one["n"])


def check_sums(run: Outcome) -> None:
    """Charged money is in use, alternate or wasted, in totals and rows alike, to the cent."""
    totals = run.costs["totals"]
    assert sum(Decimal(totals[name]) for name in BOUGHT) == Decimal(totals["charged_usd"]) == run.money()
    assert sum(row["charged_usd"] for row in run.rows.values()) == run.money()


def planted(rows: Sequence[tuple[str, ...]]) -> list[dict[str, Any]]:
    """The script under which each shot's clip is as told."""
    films = [{"do": "filmed", "shape": film, "prompt": shot} for shot, _, _, film, _ in rows]
    return films + [{"do": flaw, "prompt": shot} for shot, *_, flaw in rows if flaw not in ("", "silent")]


def listed(rows: Sequence[tuple[str, ...]]) -> list[dict[str, Any]]:
    return [
        {"shot_id": shot, "prompt": f"a kite, {shot}", "duration": 4, "size": size, "audio": sound}
        for shot, size, sound, *_ in rows
    ]


@pytest.mark.parametrize("flaw", ["black", "frozen"])
async def test_a_flaw_is_told_and_kept(studio: Studio, flaw: str) -> None:
    """The clip is in use all the same: marked in the record, manifest, takes and attempts, told in a line, exit 0."""
    studio.box.faults([{"do": flaw, "times": 1}])
    board, config = studio.board("x", "y"), studio.config("pixazo", render={"concurrency": 1})
    run = await studio.render(board, config)
    assert (run.code, [row["qa"] for row in run.rows.values()]) == (0, [flaw, ""])
    assert sorted(record["qa"] for record in settled(studio)) == ["", flaw]
    assert sorted(one["qa"] for one in run.attempts) == ["", flaw]
    assert any(f"take 1 from pixazo:sora-2-pro is marked: {flaw}" in line for line in run.lines)
    again = await studio.render(board, config)
    assert (again.code, again.calls) == (0, [])


async def test_without_a_look_nothing_is_said(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """``look = false``: the records have no such key, the tables are empty there, and no module that looks is read."""
    for name in [one for one in sys.modules if one.startswith(LOOKS)]:
        monkeypatch.delitem(sys.modules, name)
    studio.box.faults([BLACK])
    run = await studio.render(studio.board("x"), studio.config("pixazo", quality={"look": False}))
    assert (run.code, run.row["qa"], ["qa" in one for one in settled(studio)]) == (0, "", [False])
    assert not [one for one in sys.modules if one.startswith(LOOKS)]


async def test_ordered_again_at_the_same_route(studio: Studio) -> None:
    """``again``: one more order there, in use when it is good; the other's money stands as alternate."""
    studio.box.faults([BLACK])
    board, config = studio.board("x"), studio.config("pixazo", "aimlapi", quality={"on_bad": "again"})
    run = await studio.render(board, config)
    assert (run.code, [one.gateway for one in run.orders()]) == (0, ["pixazo", "pixazo"])
    assert (run.row["qa"], run.row["take"], run.row["takes"]) == ("", 2, 2)
    assert (run.row["in_use_usd"], run.row["alternates_usd"]) == (PRICE["pixazo"], PRICE["pixazo"])
    check_sums(run)
    second = await studio.render(board, config)
    assert (second.code, second.calls, second.row["sha256"]) == (0, [], run.row["sha256"])


async def test_ordered_at_the_next_route(studio: Studio) -> None:
    """``next``: one more order at the gateway behind."""
    studio.box.faults([BLACK])
    config = studio.config("pixazo", "aimlapi", quality={"on_bad": "next"})
    run = await studio.render(studio.board("x"), config)
    assert (run.code, [one.gateway for one in run.orders()]) == (0, ["pixazo", "aimlapi"])
    assert (run.row["provider"], run.row["qa"]) == ("aimlapi", "")
    check_sums(run)


async def test_the_last_route_has_no_next(studio: Studio) -> None:
    """``next`` with one route keeps the marked clip, now and later, and the plan asks for nothing."""
    studio.box.faults([BLACK])
    board, config = studio.board("x"), studio.config("pixazo", quality={"on_bad": "next"})
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"]) == (0, 1, "black")
    plan = await studio.plan(board, config)
    assert (plan.shots[0].action, plan.quoted) == ("keep", 0)


async def test_once_a_shot_over_all_runs(studio: Studio) -> None:
    """Bad again: the newest is in use, nothing more is ordered, in this run or a later one."""
    studio.box.faults([{"do": "black"}])
    board, config = studio.board("x"), studio.config("pixazo", quality={"on_bad": "again"})
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"], run.row["take"]) == (0, 2, "black", 2)
    second = await studio.render(board, config)
    assert (second.code, second.calls) == (0, [])


async def test_a_policy_that_comes_later_holds_for_what_is_there(studio: Studio) -> None:
    """A marked clip of an earlier run: the plan says why it would order one more, and for how much."""
    studio.box.faults([BLACK])
    board = studio.board("x")
    await studio.render(board, studio.config("pixazo"))
    config = studio.config("pixazo", quality={"on_bad": "again"})
    [shot] = (await studio.plan(board, config)).shots
    assert (shot.action, shot.quoted) == ("rerender", PRICE["pixazo"])
    assert "take 1 is marked: black; one more is ordered" in shot.warnings
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"]) == (0, 1, "")


async def test_the_budget_holds_it(studio: Studio) -> None:
    """Where one more does not fit the marked clip stays, told, exit 0; nothing is ordered."""
    studio.box.faults([BLACK])
    limits = {"budget_usd": float(PRICE["pixazo"])}
    config = studio.config("pixazo", render=limits, quality={"on_bad": "again"})
    run = await studio.render(studio.board("x"), config)
    assert (run.code, len(run.orders()), run.row["status"], run.row["qa"]) == (0, 1, "rendered", "black")
    assert any("not ordered again" in line for line in run.lines)


async def test_a_marked_clip_counts_as_wasted_money_of_the_run(studio: Studio) -> None:
    """``max_wasted_usd`` stops submits after marked clips too, though each stays in use."""
    studio.box.faults([{"do": "frozen"}])
    limits = {"max_wasted_usd": float(PRICE["pixazo"]), "concurrency": 1}
    run = await studio.render(studio.board("x", "y"), studio.config("pixazo", render=limits))
    assert (run.code, len(run.orders())) == (3, 1)
    assert [row["status"] for row in run.rows.values()] == ["rendered", "skipped"]
    check_sums(run)


async def test_a_choice_ends_it(studio: Studio) -> None:
    """Several takes of which one is marked: one more comes, and the marked one is an alternate."""
    studio.box.faults([BLACK])
    board, config = studio.board({"prompt": "x", "takes": 2}), studio.config("pixazo", quality={"on_bad": "again"})
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"], run.row["takes"]) == (0, 3, "", 3)
    check_sums(run)


async def test_only_what_is_planted_is_marked(studio: Studio) -> None:
    """Clips of several sizes and rates: the marks, and the rows of refunds.csv, are those of the planted flaws."""
    rows = [
        ("sh010", LARGE, "", "24", ""),
        ("sh050", "720x1280", "", "12", "strobing"),
        ("sh080", LARGE, "", "30", "bars"),
    ]
    studio.box.faults(planted(rows))
    run = await studio.render(studio.board(*listed(rows)), studio.config("pixazo"))
    assert (run.code, {shot: row["qa"] for shot, row in run.rows.items()}) == (0, {one[0]: one[-1] for one in rows})
    with (studio.target / "refunds.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["shot_id"]: row["wrong"] for row in csv.DictReader(file)} == {"sh050": "strobing", "sh080": "bars"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_only_what_is_planted_is_marked_by_the_command(cli: Cli, tmp_path: Path) -> None:
    """A board of mixed sizes, rates and sound, by the command: manifest, report and refunds.csv tell the planted flaws
    and no other."""
    board, target = write_board(tmp_path / "board.csv", listed(MIXED)), tmp_path / "target"
    config, wrong = tmp_path / "fal.toml", {one[0]: one[-1] for one in MIXED if one[-1]}
    config.write_text(f'[chain]\ntext_to_video = ["{FAL}"]\n')
    with Sandbox(planted(MIXED), job_seconds=0.0) as box:
        ran = cli("render", board, "--to", target, "--config", config, "--no-reel", **box.env())
    assert ran.code == 0, ran
    assert column(target, "qa") == {one[0]: one[-1] for one in MIXED}
    with (target / "refunds.csv").open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert {row["shot_id"]: row["wrong"] for row in told} == wrong
    assert sum(Decimal(row["charged_usd"]) for row in told) == sum(
        Decimal(row["charged_usd"]) for shot, row in manifest(target).items() if shot in wrong
    )
    report = (target / "report.html").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"Looks wrong: ([a-z ,]+)", report))) == sorted(wrong.values())
