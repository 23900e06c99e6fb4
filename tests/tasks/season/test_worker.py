"""What a part of a season leaves to its season, and what it tells it, at a target of its own."""

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import Stopped, TargetError
from tasks.domain.request import RunRequest
from tasks.domain.verdict import Kind, Verdict
from tasks.ledger import write_verdict
from tasks.season.parts import SeasonPart
from tasks.season.worker import PartReport, PartRole, part_session, read_report
from tasks.session.holding import may_submit
from tasks.session.role import WholeRun
from tasks.session.session import Session, start_session
from tasks.storage.lock import Lock
from tasks.storage.store import Store

BOARD = "shot_id,prompt,size,duration\nsh010,a boat,64x48,1\nsh020,a tower,64x48,1\n"


@pytest.fixture
async def part(tmp_path: Path) -> AsyncIterator[Session]:
    """A part over the first of two shots; its season holds the target's lock."""
    board = tmp_path / "board.csv"
    board.write_text(BOARD)
    async with start_session(RunRequest(str(board), str(tmp_path / "film"), only=("sh010",))) as plain:
        season = Lock(plain.store, "season")
        season.take()
        told = SeasonPart(name="part-1-001", attempt="me", run_id="season", token=season.token, lease=60, ways=1)
        yield part_session(plain, PartRole(told, ("sh010",), plain.store, plain.progress.line))


@contextlib.contextmanager
def creations(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The names of the objects that are created exclusively while it lasts."""
    made: list[str] = []
    create = Store.create

    def noted(store: Store, path: str, data: bytes) -> bool:
        made.append(path)
        return create(store, path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "create", noted)
        yield made


async def test_a_part_leaves_the_trial_of_the_target_to_its_season(
    part: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts that tried the target beside each other would clear away each other's proofs."""
    await part.check(fetch=True)
    with creations(monkeypatch) as made:
        async with part.open():
            pass
    assert [name for name in made if "proof" in name] == []
    assert made == ["lock/part-1-001/1.json"]


async def test_a_part_writes_clips_and_tells_its_season_how_it_ended(part: Session) -> None:
    """Neither tables nor views are a part's: it leaves its clip, the ledger, and a word for the season."""
    role = part.role
    assert isinstance(role, PartRole)
    assert role.season_gone() == ""  # as before a part begins: its season was seen
    await part.check(fetch=True)
    async with part.open():
        await part.shot("sh010")
        await part.show()
        assert json.loads(part.store.read("lock/part-1-001/1.json"))["token"] == "me"
    there = {name.partition("/")[0] for name in part.store.names()}
    assert there == {"clips", "ledger", "lock", "posters"}
    told = json.loads(part.store.read("lock/part-1-001/told.json"))
    assert told == {"attempt": "me", "ended": {}, "refused": "", "lost_usd": "0"}


async def test_a_part_that_cannot_start_says_why(part: Session) -> None:
    """The season reads the reason, and the money that was lost, and does not try the part again."""
    role = part.role
    assert isinstance(role, PartRole)
    assert read_report(part.store, role.part) is None
    await role.report((), Decimal("0.40"), "the board has faults")
    assert read_report(part.store, role.part) == PartReport({}, "the board has faults", Decimal("0.40"))


async def test_a_part_orders_nothing_while_its_season_is_silent(part: Session) -> None:
    """Its own lock is not enough: the season's heartbeat has to be seen as well."""
    async with part.held():
        with pytest.raises(Stopped, match="season's heartbeat"):
            may_submit(part)
        role = part.role
        assert isinstance(role, PartRole)
        assert role.season_gone() == ""
        may_submit(part)


async def test_a_part_reads_the_seasons_copy_of_the_board(part: Session) -> None:
    """Whatever the file holds by now; a copy that is gone or another board's is told."""
    role = part.role
    assert isinstance(role, PartRole)
    assert await part.read_board() == BOARD.encode()
    name = hashlib.sha256(b"as read").hexdigest()
    role.part = role.part.model_copy(update={"board": name})
    with pytest.raises(TargetError, match="cannot be read"):
        await part.read_board()
    part.store.write(f"lock/board-{name}", b"as read")
    assert await part.read_board() == b"as read"
    part.store.write(f"lock/board-{name}", b"another")
    with pytest.raises(TargetError, match="is not what the season read"):
        await part.read_board()


async def test_a_share_is_what_the_season_says_today(part: Session) -> None:
    """Before its order was seen a part knows the budget of its request alone."""
    role = part.role
    assert isinstance(role, PartRole)
    assert part.budget_usd is None
    role.order = {"usd": "1.50", "of_usd": "1.20", "lost_usd": "0.25"}
    assert part.budget_usd == Decimal("1.20")
    assert role.lost_before(()) == Decimal("0.25")
    assert WholeRun().budget_usd(Decimal(3), ()) == Decimal(3)


async def test_a_part_counts_with_the_verdicts_that_its_season_read(part: Session) -> None:
    """Whatever is said while it runs is for the next run; a season that says nothing of them leaves all."""
    role = part.role
    assert isinstance(role, PartRole)
    key = "a" * 16 + "-1"
    kinds: tuple[Kind, ...] = ("select", "reject")
    for kind in kinds:
        write_verdict(part.store, key, Verdict(0, 1, "ab" * 32, kind))
    part.hear_verdicts()
    assert [one.kind for one in part.verdicts[key]] == ["select", "reject"]
    for said, heard in (({key: 1}, ["select"]), ({}, [])):
        assert role._replaced({"parts": {role.part.name: {"attempt": "me"}}, "verdicts": said}) == ""
        part.hear_verdicts()
        assert [one.kind for one in part.verdicts.get(key, ())] == heard
    assert WholeRun().said is None
