"""The whole job on real S3, Azure, SFTP and Google Cloud servers, with its board and pictures on another one."""

import asyncio
import contextlib
import json
import socket
import tempfile
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.commands import answers
from tasks.config import catalogue, settings
from tasks.domain.errors import TargetError
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.session.session import Session
from tasks.storage import probe as target
from tasks.storage.backends import kind_of
from tasks.storage.probe import ALONE
from tasks.storage.store import Store
from tests.chain.wire import Hours, Wire
from tests.flows import Ran
from tests.sandbox import Sandbox
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.servers_stores import Place, azure_server, gcs_server, sftp_server  # noqa: F401 - fixtures
from tests.tasks.pictures import quad, saved

KINDS = ("s3", "azure", "sftp", "gcs")
SIGNS = ("s3", "azure")
BOARD_AT = {"s3": "sftp", "azure": "s3", "sftp": "azure", "gcs": "sftp"}
PAID = """
[defaults]
size = "1280x720"
[chain]
text_to_video = ["aigateway:openai/sora-2-text-to-video-pro"]
image_to_video = ["aivideoapi:sora-2", "aigateway:openai/sora-2-image-to-video-pro"]
allow_retired = true
[render]
budget_usd = 20.0
"""
FREE = (
    '[defaults]\nsize = "320x180"\n[chain]\ntext_to_video = ["animatic:card"]\nimage_to_video = ["animatic:kenburns"]\n'
)
BOARD = b"shot_id,prompt,image,duration\none,A kite,,{s}\ntwo,A boat,img/boat.png,{s}\n"


class Studio:
    """A target on one server and a board on another; ``lines`` is what runs said."""

    def __init__(self, target: S3 | Place, board: S3 | Place, folder: Path, words: str, env: dict[str, str]) -> None:
        there = board.folder()
        self.target, self.board, self.env = target.folder(), f"{there}/board.csv", env
        self.options = {**target.options, kind_of(there).name: board.options}
        self.config, self.hours = folder / "film.toml", Hours()
        self.config.write_text(words)
        self.lines: list[str] = []
        store = Store(there, board.options)
        store.write("board.csv", BOARD.replace(b"{s}", b"4" if words is PAID else b"0.5"))
        store.write("img/boat.png", saved(quad(), "PNG"))

    def store(self) -> Store:
        return Store(self.target, self.options)

    @contextlib.asynccontextmanager
    async def session(self, **wanted: Any) -> AsyncIterator[tuple[Session, Wire]]:
        wire, asked = Wire(self.hours), RunRequest(self.board, self.target, str(self.config), **wanted)
        told = settings.load_settings(self.config, self.env)
        object.__setattr__(told, "target_options", self.options)  # TOML holds no session's temporary paths
        with tempfile.TemporaryDirectory() as folder:
            try:
                yield Session(
                    asked, told, catalogue.load_catalogue(), self.store(), wire, Path(folder),
                    clock=self.hours.clock, sleep=self.hours.sleep, progress=Progress(listen=self.lines.append),
                ), wire  # fmt: skip
            finally:
                await wire.close()

    async def render(self) -> tuple[int, dict[str, dict[str, Any]], Wire]:
        """A whole run: exit code, manifest rows by shot, and what was asked of gateways."""
        async with self.session() as (running, wire):
            await running.check(fetch=True)
            async with running.open():
                await asyncio.gather(*(running.shot(p.shot.shot_id) for p in running.plan.shots if p.renders))
                await running.show()
            assert not running.unwritten
            return running.exit_code(), self.rows(), wire

    def rows(self) -> dict[str, dict[str, Any]]:
        shots = json.loads(self.store().read("manifest.json"))["shots"]
        return {row["shot_id"]: row for row in shots}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def servers(kind: str, request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The server of the target and that of the board."""
    return request.getfixturevalue(kind), request.getfixturevalue(BOARD_AT[kind])


async def test_gateways(kind: str, servers: tuple[Any, Any], tmp_path: Path) -> None:
    """A paid run leaves clips and sums at the target, a plan changes nothing there, and a second run orders nothing.

    A route that takes pictures by URL only is used where the target signs, and passed over where it cannot.
    """
    with Sandbox(job_seconds=0.0) as box:
        studio = Studio(*servers, tmp_path, PAID, box.env())
        code, rows, _ = await studio.render()
        assert (code, [row["status"] for row in rows.values()]) == (0, ["rendered"] * 2)
        assert rows["two"]["provider"] == ("aivideoapi" if kind in SIGNS else "aigateway")
        bought, before = box.billed(), studio.store().names()
        assert Decimal(json.loads(studio.store().read("costs.json"))["totals"]["charged_usd"]) == bought > 0
        async with studio.session() as (running, _):
            plan = await running.check(fetch=False)
        assert [shot.action for shot in plan.shots] == ["keep"] * 2
        assert studio.store().names() == before
        code, rows, wire = await studio.render()
        assert (code, [row["status"] for row in rows.values()], wire.calls) == (0, ["reused"] * 2, [])
        assert box.billed() == bought
    store = studio.store()
    assert store.names("lock") == []
    assert len(store.names("clips")) == len(store.names("posters")) == 2
    assert {"report.html", "timeline.otio", "reel.mp4", "manifest.parquet"} <= set(store.names())
    for row in rows.values():
        assert len(store.read(row["clip"])) == row["bytes"]


async def test_built_in_renderer(servers: tuple[Any, Any], tmp_path: Path) -> None:
    """A free run draws every shot and leaves the same tables; a second one draws nothing again."""
    studio = Studio(*servers, tmp_path, FREE, {})
    code, rows, _ = await studio.render()
    assert (code, [row["status"] for row in rows.values()]) == (0, ["rendered"] * 2)
    made = studio.store().names("ledger")
    code, rows, _ = await studio.render()
    assert (code, [row["status"] for row in rows.values()]) == (0, ["reused"] * 2)
    assert studio.store().names("ledger") == made


async def test_what_a_target_cannot_do_is_said(kind: str, servers: tuple[Any, Any], tmp_path: Path) -> None:
    """No exclusive create is said before the first order, no signing with the shot whose route needs it."""
    with Sandbox(job_seconds=0.0) as box:
        studio = Studio(*servers, tmp_path, PAID, box.env())
        async with studio.session() as (running, _):
            plan = await running.check(fetch=False)
            await running.check(fetch=True)
            async with running.open():
                assert (ALONE in studio.lines) == (kind == "gcs")  # only a trial finds that its emulator overwrites
                assert box.log() == []
        unsigned = "passed over: aivideoapi:sora-2: takes images by URL only, and this target cannot sign one"
        assert (unsigned in plan.shots[1].warnings) == (kind not in SIGNS)
        for said in (" ".join(plan.warnings), answers.headline(running)):
            assert ("cannot sign addresses" in said) == (kind == "gcs")


async def test_rescue(kind: str, servers: tuple[Any, Any], tmp_path: Path) -> None:
    """Jobs that a run paid for and left are told by ``status`` and collected by ``rescue``, which buys nothing."""
    with Sandbox(faults=[{"do": "late", "seconds": 1.0}]) as box:
        studio = Studio(*servers, tmp_path, PAID, box.env(deadline_s=0.3))
        code, rows, _ = await studio.render()
        assert (code, [row["status"] for row in rows.values()]) == (1, ["failed"] * 2)
        for account in box.world.book.accounts.values():
            for job in account.jobs.values():
                job.done_at = 0.0  # the hours of the first run were not real ones
        billed = box.billed()
        async with studio.session() as (running, wire):
            jobs = len((await answers.status(running))["uncollected"])
            assert jobs == (3 if kind in SIGNS else 2)  # of two routes for the picture, where both are usable
            answer = await answers.rescue(running)
        assert (answer["exit_code"], answer["collected"], answer["shots"]["rendered"]) == (0, jobs, 2)
        assert [call for call in wire.calls if call.order] == []
        assert box.billed() == billed


async def test_a_target_of_no_use_orders_nothing(s3: S3, sftp: Place, tmp_path: Path) -> None:
    """A bucket that is not there stops the run before any order, and says so in one line."""
    with Sandbox(job_seconds=0.0) as box:
        studio = Studio(s3, sftp, tmp_path, PAID, box.env())
        studio.target = "s3://no-such-bucket/film"
        with pytest.raises(TargetError, match=r"^the target cannot be written: .*bucket"):
            await studio.render()
        assert box.log() == []


def test_exit_2(typed: Any, tmp_path: Path) -> None:
    """A target that is not reached is exit 2 and one line, for a render and for a plan; nothing was written."""
    (tmp_path / "board.csv").write_bytes(BOARD.replace(b"img/boat.png", b"").replace(b"{s}", b"1"))
    for command in ("render", "plan"):
        ran: Ran = typed(command, tmp_path / "board.csv", "--to", "sftp://127.0.0.1:1/films", "--json")
        assert ran.code == 2
        [fault] = json.loads(ran.out)["errors"]
        assert fault["message"].startswith("the target sftp://127.0.0.1:1/films cannot be used: cannot be opened: Conn")


@pytest.mark.parametrize("command", ["status", "rescue", "report"])
def test_a_target_that_says_nothing(command: str, typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that need no board leave a silent target when the time is over, too."""
    monkeypatch.setattr(target.look_at_target, "__defaults__", (0.5,))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = f'endpoint_url = "http://127.0.0.1:{silent.getsockname()[1]}", key = "k", secret = "s"'
        (tmp_path / "film.toml").write_text(f"{FREE}[target]\noptions = {{{options}}}\n")
        ran: Ran = typed(command, "s3://films/a", "--config", tmp_path / "film.toml", "--json")
    assert ran.code == 2
    [fault] = json.loads(ran.out)["errors"]
    assert fault["message"] == "the target s3://films/a cannot be used: no answer within 0.5 seconds"
