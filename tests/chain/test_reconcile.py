"""The ledger against the gateways' own books: what agrees, what differs, what is found, and that nothing is bought."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.cli.money import costs as costs_of
from flows.cli.money import reconcile
from tests.chain.conftest import Studio, rendered, shots, table_rows
from tests.sandbox.gateways.modelark import ModelArk
from tests.sandbox.protocol import LANDSCAPE, Answer, Wish

ARK = "modelark:dreamina-seedance-2-0-260128"
FAL = "fal:bytedance/seedance-2.0/text-to-video"
LOST = {"do": "lost_after", "gateway": "modelark"}
Told = Mapping[str, Any]


class Desk:
    """A studio, and the command as a user types it."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.studio, self.capsys = studio, capsys
        for name, value in studio.env().items():
            monkeypatch.setenv(name, value)

    async def ask(self, config: Path, *targets: str, **more: Any) -> Told:
        """The answer of ``reconcile --json``, of the studio's target where none is named; no order leaves for it."""
        before = {name: one.orders for name, one in self.studio.box.world.book.accounts.items()}
        self.capsys.readouterr()
        asked = targets or (str(self.studio.target),)
        code = await asyncio.to_thread(reconcile, *asked, config=str(config), json=True, quiet=True, **more)
        told: Told = json.loads(self.capsys.readouterr().out)
        assert told["exit_code"] == code
        assert before == {name: one.orders for name, one in self.studio.box.world.book.accounts.items()}
        assert not held(*asked)
        return told

    def rows(self) -> list[dict[str, Any]]:
        """What reconciled.parquet holds."""
        return table_rows(self.studio.target / "reconciled.parquet")


@pytest.fixture
def desk(studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The command before the sandbox."""
    return Desk(studio, monkeypatch, capsys)


def held(*targets: str) -> list[Path]:
    """Locks that lie there."""
    return [lock for one in targets for lock in Path(one, "lock").iterdir()]


def forget_reply(target: Path) -> None:
    """As if the reply to its first order had never come."""
    for name in ("accepted", "settled"):
        for record in target.glob(f"ledger/*/1-{name}.json"):
            record.unlink()


def jobs(studio: Studio, gateway: str) -> list[Any]:
    return list(studio.box.world.book.accounts[gateway].jobs.values())


def costs(studio: Studio) -> Any:
    return json.loads((studio.target / "costs.json").read_bytes())["totals"]


@pytest.mark.parametrize("route", [ARK, FAL, "minimax:MiniMax-H3", "dashscope:wan3.0-video"])
async def test_what_agrees_is_matched(desk: Desk, route: str) -> None:
    """Every order has its record, nothing differs, the money stays as it is."""
    studio = desk.studio
    config = studio.config(route)
    await studio.render(studio.board(*shots(3), duration=5), config)
    before = costs(studio)
    told = await desk.ask(config)
    assert (told["exit_code"], told["verdicts"]["matched"], told["differences"]) == (0, 3, [])
    assert costs(studio) == before and [row["verdict"] for row in desk.rows()] == ["matched"] * 3
    assert not list(studio.target.glob("ledger/*/*-reconciled.json"))


async def test_an_order_whose_reply_was_lost_is_found_and_collected(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the id that went with it: it gets a receipt beside its settlement, and the next render collects it."""
    studio = desk.studio
    config = studio.config(ARK, render={"on_unclear": "fail"})
    with monkeypatch.context() as blind:
        blind.setattr(ModelArk, "listing", lambda *_: Answer(200, {"total": 0, "items": []}))
        studio.faults(LOST)
        first = await studio.render(studio.board("x"), config)
    assert first.told[0][1:3] == ("unclear", "Unclear")
    studio.faults()
    told = await desk.ask(config)
    assert (told["exit_code"], told["verdicts"]["found"]) == (1, 1) and told["differences"][0]["shot_id"] == "sh010"
    assert list(studio.target.glob("ledger/*/1-found.json"))
    second = await studio.render(studio.board("x"), config)
    assert (second.code, second.told[0][1]) == (0, "clip") and second.orders() == []
    assert second.money() == studio.box.billed("modelark")
    assert (await desk.ask(config))["exit_code"] == 0


@pytest.mark.parametrize("route", [ARK, FAL])
async def test_a_charge_that_differs_is_told_and_taken_over(desk: Desk, route: str) -> None:
    """The books outrank the settled record's money, and nothing else of it: outcome and clip stay."""
    studio, gateway = desk.studio, route.partition(":")[0]
    config = studio.config(route)
    first = await studio.render(studio.board(*shots(2)), config)
    odd = jobs(studio, gateway)[0]
    studio.box.world.book.accounts[gateway].billed += odd.price
    odd.price *= 2
    told = await desk.ask(config)
    assert (told["exit_code"], told["verdicts"]["other amount"], told["verdicts"]["matched"]) == (1, 1, 1)
    assert Decimal(costs(studio)["charged_usd"]) == studio.box.billed(gateway)
    again = await studio.render(studio.board(*shots(2)), config)
    assert (again.code, again.orders(), again.clips()) == (0, [], first.clips())
    assert [one[1] for one in again.told] == ["clip", "clip"] and again.money() == studio.box.billed(gateway)
    assert (await desk.ask(config))["exit_code"] == 0


async def test_a_job_that_nobody_ordered_here_is_told(desk: Desk) -> None:
    """Billed and unknown to us: told with its id and its money, and it is in no ledger."""
    studio = desk.studio
    config = studio.config(FAL)
    await studio.render(studio.board("x"), config)
    wish = Wish("y", FAL.partition(":")[2], 4, LANDSCAPE)
    studio.box.world.accept(studio.box.world.gateways["fal"], wish, 99).done_at = 0.0
    told = await desk.ask(config)
    [one] = told["differences"]
    assert (told["exit_code"], one["verdict"], one["shot_id"]) == (1, "unknown to us", "")
    assert one["job_id"] == jobs(studio, "fal")[1].id and Decimal(one["billed_usd"]) == jobs(studio, "fal")[1].billed
    assert Decimal(costs(studio)["charged_usd"]) == jobs(studio, "fal")[0].billed


async def test_an_order_that_the_books_do_not_have_is_told(desk: Desk) -> None:
    """Ours and not billed: told, and the ledger keeps what it knows."""
    studio = desk.studio
    config = studio.config(FAL)
    await studio.render(studio.board(*shots(2)), config)
    jobs(studio, "fal")[1].deleted = True
    before = costs(studio)
    told = await desk.ask(config)
    assert (told["exit_code"], told["verdicts"]["not billed"]) == (1, 1) and costs(studio) == before


@pytest.mark.parametrize("route", [ARK, FAL])
async def test_a_page_that_repeats_ends_the_asking(desk: Desk, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list whose every page is the first one: each job counts once, and the command ends."""
    studio, gateway = desk.studio, route.partition(":")[0]
    config = studio.config(route)
    await studio.render(studio.board(*shots(3)), config)
    studio.faults(**{gateway: {"repeats_pages": True}})
    told = await desk.ask(config)
    assert (told["exit_code"], told["verdicts"]["matched"], told["differences"]) == (0, 3, [])


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_month_of_targets(desk: Desk, tmp_path: Path) -> None:
    """Forty targets at three gateways, failures among them: the costs are the sandbox's bill, to the cent, and of the
    books only what was planted differs: another sum, an order that is missing, one whose reply was lost, and a job
    that none of the targets ordered."""
    studio = desk.studio
    studio.faults({"do": "failed", "gateway": "fal", "every": 7})
    routes, places = (ARK, FAL, "pixazo"), []
    for n in range(40):
        one = Studio(studio.box, tmp_path / f"film{n}")
        one.folder.mkdir()
        done = await rendered(one.board(f"shot of {n}"), one.target, one.env(), config=one.config(routes[n % 3]))
        places.append(str(one.target))
        assert done.code in (0, 1)
    desk.capsys.readouterr()
    assert await asyncio.to_thread(costs_of, *places, json=True) == 0
    told = json.loads(desk.capsys.readouterr().out)
    for gateway in ("modelark", "fal", "pixazo"):
        charged = sum(Decimal(row["charged_usd"]) for row in told["rows"] if row["provider"] == gateway)
        assert charged == studio.box.billed(gateway)
    assert told["targets"] == 40 and Decimal(told["totals"]["charged_usd"]) == studio.box.billed()
    forget_reply(Path(places[0]))
    billed = [one for one in jobs(studio, "fal") if one.billed]
    billed[0].price += 1
    billed[1].deleted = True
    wish = Wish("y", FAL.partition(":")[2], 4, LANDSCAPE)
    studio.box.world.accept(studio.box.world.gateways["fal"], wish, 99).done_at = 0.0
    found = await desk.ask(studio.config(*routes), *places)
    differs = [(one["verdict"], one["provider"]) for film in found["targets"] for one in film["differences"]]
    assert sorted(differs) == [
        ("found", "modelark"),
        ("not billed", "fal"),
        ("other amount", "fal"),
        ("unknown to us", "fal"),
    ]
    assert found["exit_code"] == 1 and found["errors"] == []


async def test_targets_of_one_account_know_each_other(desk: Desk, tmp_path: Path) -> None:
    """What another one ordered, or may have ordered, is unknown to none; what nobody ordered is told once."""
    films = [Studio(desk.studio.box, tmp_path / name) for name in "abc"]
    for film in films:
        film.folder.mkdir()
        film.faults(*[{"do": "lost_after", "gateway": "fal"}] * (film is films[1]))
        config = film.config(FAL, render={"on_unclear": "fail"})
        await rendered(film.board("x"), film.target, film.env(), config=config)
    films[0].faults()
    targets = [str(film.target) for film in films]
    told = await desk.ask(config, *targets)
    assert [[one["verdict"] for one in film["differences"]] for film in told["targets"]] == [[], ["by time alone"], []]
    wish = Wish("y", FAL.partition(":")[2], 4, LANDSCAPE)
    desk.studio.box.world.accept(desk.studio.box.world.gateways["fal"], wish, 99).created += 7200  # near no other
    jobs(desk.studio, "fal")[-1].done_at = 0.0
    assert await asyncio.to_thread(reconcile, targets[0], targets[2], config=str(config), quiet=True) == 1
    said = desk.capsys.readouterr().out
    assert "1 matched, 2 unknown to us" in said and f"{targets[2]}\n1 matched; 0 settled" in said  # one is the second's
    told = await desk.ask(config, *targets)
    assert [film["verdicts"]["unknown to us"] for film in told["targets"]] == [1, 0, 0]


async def test_a_target_that_is_not_there_keeps_no_other_from_being_compared(desk: Desk) -> None:
    """It is told; where none of them is there, nothing is done."""
    studio = desk.studio
    config = studio.config(FAL)
    await studio.render(studio.board("x"), config)
    there, nowhere = str(studio.target), str(studio.folder / "nowhere")
    told = await desk.ask(config, there, there)
    assert (told["exit_code"], told["target"]) == (0, there)
    (studio.folder / "nowhere" / "lock").mkdir(parents=True)
    told = await desk.ask(config, nowhere, there)
    assert (told["exit_code"], [one["target"] for one in told["targets"]]) == (1, [there])
    assert "nowhere" in told["errors"][0]["message"]
    told = await desk.ask(config, there, there + "/")
    assert [one["target"] for one in told["targets"]] == [there], "one target is compared once, however it is spelled"
    told = await desk.ask(config, nowhere, nowhere + "/")
    assert (told["exit_code"], ["nowhere" in one["message"] for one in told["errors"]]) == (2, [True])


async def test_what_a_list_no_longer_holds_is_not_missing(desk: Desk) -> None:
    """DashScope lists the tasks of 24 hours: of an order of yesterday's first minute nobody can say."""
    studio = desk.studio
    config = studio.config("dashscope:wan3.0-video")
    await studio.render(studio.board("x", duration=5), config)
    jobs(studio, "dashscope")[0].deleted = True
    [settled] = studio.target.glob("ledger/*/1-settled.json")
    day = datetime.now(UTC).date() - timedelta(days=1)
    settled.write_text(json.dumps(json.loads(settled.read_text()) | {"submitted_at": f"{day}T00:00:00.000Z"}))
    told = await desk.ask(config)
    assert (told["exit_code"], told["differences"]) == (0, [])


async def test_a_time_alone_settles_nothing(desk: Desk) -> None:
    """At a gateway that lists no id of ours a record of the time of a lost order is told: it stays at risk."""
    studio = desk.studio
    config = studio.config(FAL, render={"on_unclear": "fail"})
    studio.faults({"do": "lost_after", "gateway": "fal"})
    await studio.render(studio.board("x"), config)
    studio.faults()
    before = costs(studio)
    told = await desk.ask(config)
    assert (told["exit_code"], told["verdicts"]["by time alone"], told["settled"]) == (1, 1, 0)
    assert costs(studio) == before and Decimal(before["at_risk_usd"]) > 0
    assert not list(studio.target.glob("ledger/*/*-found.json"))


async def test_what_was_at_risk_is_settled(desk: Desk) -> None:
    """A job that was given up on and that the books bill: its money is charged, and the job is still collected."""
    studio = desk.studio
    config = studio.config(FAL)
    studio.faults({"do": "stuck", "gateway": "fal"})
    first = await studio.render(studio.board("x"), config, studio.env(fal={"deadline_s": 2}))
    assert first.told[0][1] == "overdue" and Decimal(costs(studio)["at_risk_usd"]) > 0
    studio.faults()
    jobs(studio, "fal")[0].done_at = 0.0  # it came to its end after all
    told = await desk.ask(config)
    assert told["settled"] == 1 and Decimal(costs(studio)["at_risk_usd"]) == 0
    assert Decimal(costs(studio)["charged_usd"]) == studio.box.billed("fal")
    second = await studio.render(studio.board("x"), config)
    assert (second.code, second.told[0][1], second.orders()) == (0, "clip", [])
    assert second.money() == studio.box.billed("fal")


async def test_a_gateway_without_a_list_is_named(desk: Desk) -> None:
    """It is no difference: nobody can look."""
    studio = desk.studio
    config = studio.config("pixazo")
    await studio.render(studio.board("x"), config)
    told = await desk.ask(config)
    assert (told["exit_code"], told["without_records"], told["differences"]) == (0, ["pixazo"], [])


async def test_books_that_cannot_be_read_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the gateway refuses: the reason stands there, the exit code says that nothing was compared."""
    studio = desk.studio
    config = studio.config(FAL)
    await studio.render(studio.board("x"), config)
    monkeypatch.setenv("FAL_API_KEY", "bad")
    told = await desk.ask(config)
    assert (
        told["exit_code"] == 1 and told["unread"][0]["provider"] == "fal" and "bad" not in told["unread"][0]["reason"]
    )


async def test_orders_of_before_the_day_are_left_alone(desk: Desk) -> None:
    """``--since`` a day to come: no record and no order is looked at, and nothing is missing."""
    studio = desk.studio
    config = studio.config(FAL)
    await studio.render(studio.board("x"), config)
    told = await desk.ask(config, since="2999-01-01")
    assert (told["exit_code"], told["differences"]) == (0, [])


def test_a_day_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what would be right."""
    assert reconcile(str(tmp_path), since="yesterday") == 2
    assert "2026-11-01" in capsys.readouterr().err
