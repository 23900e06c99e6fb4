"""The files that a board names, read and checked before anything is decided: what cannot be had is said, what is not
wanted is not read, and no board reaches further than it may."""

from dataclasses import replace

import pytest

from tasks.config import catalogue
from tasks.config.settings import ImageSettings, load_settings
from tasks.domain.errors import BoardError
from tasks.domain.request import RunRequest
from tasks.session.preflight import read_files
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.storyboard.source import read_board
from tasks.transport.client import Http
from tests.tasks.clips import good
from tests.tasks.loopback import Loopback, reply
from tests.tasks.pictures import quad, saved

PNG = saved(quad(), "PNG")
SETTINGS = load_settings(None, {})
GOOD = "sh010,A boat,a.png,,64x48,1"
MISSING = "sh020,A tower,missing.png,,64x48,1"
PAGE = "sh030,A dog,page.png,,64x48,1"


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def begin(tmp_path, http):
    """A session over a board, given as its rows, that lies beside two pictures and a page."""
    folder = tmp_path / "board"
    folder.mkdir()
    for name, data in {"a.png": PNG, "b.png": PNG, "page.png": b"<html>", "a.mp4": good()}.items():
        (folder / name).write_bytes(data)

    def session(*rows, board="", only=(), rerender=(), **images):
        text = "\n".join(["shot_id,prompt,image,source,size,duration", *rows, ""])
        (folder / "board.csv").write_text(text)
        (tmp_path / "scratch").mkdir(exist_ok=True)
        wanted = RunRequest(board or str(folder / "board.csv"), str(tmp_path / "target"), only=only, rerender=rerender)
        settings = replace(SETTINGS, images=ImageSettings(**images))
        target = Store(wanted.to)
        return Session(wanted, settings, catalogue.load_catalogue(), target, http, tmp_path / "scratch")

    return session


async def faults_of(session, *, fetch=True):
    """The faults of a check as ``shot_id, column, message``."""
    with pytest.raises(BoardError) as caught:
        await session.check(fetch=fetch)
    return [(fault.shot_id, fault.column, fault.message) for fault in caught.value.faults]


# --- what a run makes ready meanwhile


async def test_a_run_makes_ready_while_its_files_are_fetched(begin):
    """Whoever needs time before the first order hears of it once there is a plan: before anything remote is asked
    for, and before pictures are decoded."""
    asked = []
    async with Loopback({"/b.png": reply(PNG)}) as server:
        session = begin(GOOD, f"sh020,A tower,{server.url('/b.png')},,64x48,1", allow_hosts=(server.place,))
        session.ahead = lambda: asked.append((len(server.paths), dict(session.media.sizes)))
        await session.check(fetch=True)
        assert server.paths == ["/b.png"] and session.media.sizes
    assert asked[0] == (0, {})


@pytest.mark.parametrize("row", [MISSING, "sh050,A cow,,gone.mp4,64x48,1", "sh060,,,,,1"])
async def test_a_board_with_faults_makes_nothing_ready(begin, row):
    """What can be seen without a look into files stops a run before it has begun anything."""
    session, asked = begin(GOOD, row), []
    session.ahead = lambda: asked.append(1)
    assert await faults_of(session)
    assert asked == []


# --- the files of a board


@pytest.mark.parametrize("fetch", [True, False])
async def test_every_fault_at_once(begin, fetch):
    """Missing files and files that are no pictures are faults of their rows, all of them at once."""
    rows = [GOOD, MISSING, PAGE, "sh040,A cat,,page.png,64x48,1", "sh050,A cow,,gone.mp4,64x48,1"]
    faults = await faults_of(begin(*rows), fetch=fetch)
    assert [fault[:2] for fault in faults] == [
        ("sh020", "image"), ("sh030", "image"), ("sh040", "source"), ("sh050", "source"),
    ]  # fmt: skip
    assert faults[0][2] == faults[3][2] == "is not there"
    assert "HTML" in faults[1][2]


@pytest.mark.parametrize(("only", "named"), [((), {"sh020", "sh030"}), (("sh010",), set()), (("sh030",), {"sh030"})])
async def test_files_of_selected_rows(begin, only, named):
    """Files are faults only where their row is selected."""
    session = begin(GOOD, MISSING, PAGE, only=only)
    if named:
        assert {fault[0] for fault in await faults_of(session)} == named
    else:
        await session.check(fetch=True)


async def test_one_fault_a_row(begin):
    """Two rows with one bad file are two faults, for each is to be mended."""
    faults = await faults_of(begin(MISSING, MISSING.replace("sh020", "sh025")))
    assert [fault[0] for fault in faults] == ["sh020", "sh025"]


async def test_no_fault_nothing_written(begin, tmp_path):
    """A check decodes pictures and source clips, makes the frames, and writes nothing at the target."""
    session = begin(GOOD, "sh020,A tower,,a.mp4,64x48,1")
    plan = await session.check(fetch=True)
    assert [shot.action for shot in plan.shots] == ["new", "new"]
    assert set(session.snapshot.digests) == {str(tmp_path / "board/a.png"), str(tmp_path / "board/a.mp4")}
    assert not (tmp_path / "target").exists()


async def test_remote_files(begin):
    """A render fetches each remote file once; a plan reads none and says which it takes on trust."""
    async with Loopback({"/a.png": reply(PNG), "/b.png": reply(b"<html>")}) as server:
        good_one, bad_one = (
            f"sh0{n}0,A boat,{server.url(path)},,64x48,1" for n, path in ((1, "/a.png"), (2, "/b.png"))
        )
        session = begin(good_one, bad_one, good_one.replace("sh010", "sh030"), allow_hosts=(server.place,))
        plan = await session.check(fetch=False)
        assert plan.trusted == (server.url("/a.png"), server.url("/b.png"))
        assert not server.seen
        assert [fault[0] for fault in await faults_of(session)] == ["sh020"]
        assert sorted(server.paths) == ["/a.png", "/b.png"]
        assert session.snapshot.sizes == {server.url("/a.png"): (64, 48)}


async def test_remote_files_of_other_rows(begin):
    """The remote files of rows that are not selected are not fetched."""
    async with Loopback({"/a.png": reply(PNG)}) as server:
        remote = f"sh020,A boat,{server.url('/b.png')},,64x48,1"
        session = begin(remote.replace("sh020", "sh010").replace("b.png", "a.png"), remote, only=("sh010",))
        session.media.settings = replace(session.settings, images=ImageSettings(allow_hosts=(server.place,)))
        await session.check(fetch=True)
        assert server.paths == ["/a.png"]


@pytest.mark.parametrize(("rerender", "fetched"), [((), 0), (("sh010",), 1), (("all",), 1)])
async def test_known_remote_file(begin, monkeypatch, rerender, fetched):
    """A URL that the ledger knows keeps its digest and is not asked again, until ``--rerender`` names its shot."""
    async with Loopback({"/a.png": reply(PNG)}) as server:
        url = server.url("/a.png")
        session = begin(f"sh010,A boat,{url},,64x48,1", rerender=rerender, allow_hosts=(server.place,))
        session.board = await read_board(session.request.board, session.settings, session.http)
        session.snapshot = replace(session.snapshot, pins={url: ("0" * 64,)})
        session.snapshot, found = await read_files(session, fetch=True)
        assert found == []
        assert len(server.seen) == fetched
        assert list(session.snapshot.digests) == [url] * fetched


@pytest.mark.parametrize("scheme", ["file", "local"])
@pytest.mark.parametrize("board", ["", "file://{}/board/board.csv"])
async def test_a_plan_reads_files_of_this_machine_however_they_are_named(begin, tmp_path, scheme, board):
    """An address of a local file is no remote one: what is missing is told by a plan too, and nothing is on trust."""
    there, gone = (f"{scheme}://{tmp_path}/board/{name}.png" for name in ("a", "A"))
    rows = [f"sh010,A boat,{there},,64x48,1", "sh020,A cow,b.png,,64x48,1", f"sh030,A dog,{gone},,64x48,1"]
    [fault] = await faults_of(begin(*rows, board=board.format(tmp_path)), fetch=False)
    assert fault[:2] == ("sh030", "image") and fault[2].startswith("is not there; its case is another")
    plan = await begin(*rows[:2], board=board.format(tmp_path)).check(fetch=False)
    assert plan.trusted == () and len(plan.shots) == 2


# --- how far a board may reach


@pytest.mark.parametrize("name", ["/etc/hostname", "file:///etc/hostname", "local:///etc/hostname", "memory://x/a.png"])
async def test_board_from_a_url_stays_in_its_folder(begin, http, tmp_path, name):
    """A board from a URL cannot name files of this machine or of another store; their bytes are not looked at."""
    Store("memory://x").write("a.png", PNG)
    for fetch in (True, False):
        async with Loopback({"/board.csv": reply(f"shot_id,prompt,image\nsh010,A boat,{name}\n".encode())}) as server:
            session = begin(board=server.url("/board.csv"))
            session.media.file = None  # nobody asks for it
            [fault] = await faults_of(session, fetch=fetch)
    assert fault == ("sh010", "image", "lies outside the board's own folder ([images] allow_paths names exceptions)")


async def test_board_from_a_url_with_an_allowed_path(begin, tmp_path):
    """What ``allow_paths`` names may be used by any board, and what lies beside the board as well."""
    Store(f"memory:/{tmp_path}/b").write("a.png", PNG)
    rows = (
        f"shot_id,prompt,image,size,duration\nsh010,A boat,{tmp_path}/board/a.png,64x48,1\nsh020,A cow,a.png,64x48,1\n"
    )
    Store(f"memory:/{tmp_path}/b").write("board.csv", rows.encode())
    url = f"memory:/{tmp_path}/b/board.csv"
    assert [fault[0] for fault in await faults_of(begin(board=url))] == ["sh010"]
    plan = await begin(board=url, allow_paths=(f"{tmp_path}/board",)).check(fetch=True)
    assert len(plan.shots) == 2


async def test_local_board_reaches_everywhere(begin, tmp_path):
    """A board on this machine is its user's own: it may name any path."""
    Store(f"memory:/{tmp_path}/b").write("a.png", PNG)
    (tmp_path / "c.png").write_bytes(PNG)
    rows = [f"sh010,A boat,{tmp_path}/c.png,,64x48,1", f"sh020,A cow,memory:/{tmp_path}/b/a.png,,64x48,1"]
    for board in ("", f"file://{tmp_path}/board/board.csv"):
        assert len((await begin(*rows, "sh030,A dog,../c.png,,64x48,1", board=board).check(fetch=True)).shots) == 3


CHOSEN = "is an address that a board may not choose by itself ([images] allow_paths names exceptions)"


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("sftp://inside.example/a.png", (), True),
        ("SSH://inside.example/a.png", (), True),
        ("ftp://inside.example/a.png", (), True),
        ("github://somebody:thing@main/a.png", (), True),
        ("reference://a.png", (), True),
        ("zip://a.png::memory://x/a.zip", (), True),
        ("simplecache::memory://x/a.png", (), True),
        ("memory://x/a::b.png", (), True),
        ("http::https://host.example/a.png", (), True),
        ("sftp://inside.example/b/a.png", ("sftp://inside.example/a",), True),
        ("sftp://inside.example/a/../b/a.png", ("sftp://inside.example/a",), True),
        ("ftp://inside.example/a/b.png", ("ftp://inside.example/a",), False),
        ("memory://x/a.png", (), False),
        ("s3://bucket/a.png", (), False),
        ("abfs://films/a.png", (), False),
        ("gs://films/a.png", (), False),
        ("a.png", (), False),
    ],
)
async def test_addresses_that_a_local_board_chooses(begin, name, allowed, refused):
    """A board on this machine may have come from anybody: no machine is talked to because a cell says so."""
    session = begin(f"sh010,A boat,{name},,64x48,1", allow_paths=allowed)
    asked = []
    digest = session.media.digest

    async def noted(reference):
        asked.append(reference)
        return await digest("board/a.png" if "://" in reference else reference)

    session.media.digest = noted
    faults = [f"{fault.message}" for fault in (await tried(session))]
    assert (CHOSEN in faults) == refused
    assert bool(asked) != refused


async def tried(session):
    session.board = await read_board(session.request.board, session.settings, session.http)
    session.snapshot, found = await read_files(session, fetch=True)
    return found


@pytest.mark.parametrize(
    "scheme", ["data:image/png;base64,iVBORw0KGgo=", "javascript:alert(1)", "//host.example/a.png"]
)
async def test_what_is_no_address(begin, http, scheme):
    """A data URI, a script or an address without a scheme is a path, and there is none such: nothing is asked."""
    for board in ("", "remote"):
        async with Loopback({"/b.csv": reply(f'shot_id,prompt,image\nsh010,A boat,"{scheme}"\n'.encode())}) as server:
            session = begin(f'sh010,A boat,"{scheme}",,64x48,1', board=board and server.url("/b.csv"))
            [fault] = await faults_of(session)
            assert server.paths == ["/b.csv"] * bool(board)
    assert fault[:2] == ("sh010", "image")


async def test_confined_board_of_this_machine(begin, tmp_path):
    """A board of an inbox or a deployment names what lies beside it, and nothing else of this machine."""
    (tmp_path / "c.png").write_bytes(PNG)
    rows = ["sh010,A boat,a.png,,64x48,1", "sh020,A cow,../c.png,,64x48,1", f"sh030,A dog,{tmp_path}/c.png,,64x48,1"]
    rows.append("sh040,A cat,memory://x/a.png,,64x48,1")
    session = begin(*rows)
    session.request = replace(session.request, confined=True)
    outside = "lies outside the board's own folder ([images] allow_paths names exceptions)"
    assert await faults_of(session) == [(f"sh0{n}0", "image", outside) for n in (2, 3, 4)]
