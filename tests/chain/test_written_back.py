"""What became of the shots is written into boards wherever they lie: folders, buckets, SFTP; whole or not at all."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tasks.commands.write_back import write_into
from tasks.config import settings
from tasks.domain.errors import StoryreelError
from tasks.storage import Store
from tests.chain.test_targets_of_0_1 import KEYS, Film
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.servers_stores import Place, sftp_server  # noqa: F401 - a fixture
from tests.tasks.workbooks import workbook

BOARD = "shot_id;prompt;duration\r\ns0;a kite;4\r\ns1;a boat;4\r\n"
FILLED = [
    "shot_id;prompt;duration;storyreel status;storyreel clip;storyreel take;storyreel usd;storyreel note",
    "s0;a kite;4;rendered;clips/s0-60ed4a05.mp4;",
]


@pytest.fixture
def film(tmp_path: Path) -> Film:
    return Film("finished", tmp_path)


def with_options(film: Film, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Lets the config say what a store's library is to be told; gives what the store itself takes."""
    lines = [f"[target.options.{kind}]", *(f"{key} = {json.dumps(value)}" for key, value in options.items())]
    film.config.write_text("\n".join([film.config.read_text(), *lines]) + "\n", encoding="utf-8")
    return dict(settings.load_settings(film.config, KEYS).target_options)


async def fill(film: Film, board: str, *, in_place: bool) -> str:
    async with film.session() as running:
        return await write_into(running, board, in_place=in_place)


async def check_written(film: Film, store: Store, folder: str) -> None:
    """A copy beside the board, which stays; then the board itself, which is read as it was."""
    store.write("board.csv", BOARD.encode())
    assert await fill(film, f"{folder}/board.csv", in_place=False) == f"{folder}/board.storyreel.csv"
    copy = store.read("board.storyreel.csv")
    assert [line[: len(text)] for line, text in zip(copy.decode().split("\r\n"), FILLED, strict=False)] == FILLED
    assert store.read("board.csv") == BOARD.encode()
    assert await fill(film, f"{folder}/board.csv", in_place=True) == f"{folder}/board.csv"
    assert store.read("board.csv") == copy
    book = workbook([["shot_id", "prompt"], ["s0", "a kite"]])
    store.write("book.xlsx", book)
    await fill(film, f"{folder}/book.xlsx", in_place=True)
    assert store.read("book.xlsx") != book
    assert sorted(store.names("")) == ["board.csv", "board.storyreel.csv", "book.xlsx"]


async def test_a_board_in_a_bucket(film: Film, s3: S3) -> None:
    """An object is replaced by one write."""
    folder = s3.folder()
    await check_written(film, Store(folder, with_options(film, "s3", s3.options)), folder)


async def test_a_board_over_sftp(film: Film, sftp: Place) -> None:
    """A file is written beside the old one and takes its place; nothing else is left there."""
    folder = f"{sftp.root}/{film.folder.name}"
    await check_written(film, Store(folder, with_options(film, "sftp", sftp.options)), folder)


async def test_a_board_in_a_folder(film: Film) -> None:
    """The same on this machine; the file keeps its rights."""
    folder = film.folder / "boards"
    await check_written(film, Store(str(folder)), str(folder))
    (folder / "board.csv").chmod(0o640)
    await fill(film, str(folder / "board.csv"), in_place=True)
    assert stat.S_IMODE((folder / "board.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("address", "told"),
    [("http://127.0.0.1:9/board.csv", "address of the web cannot be written"), ("s3://none/board.csv", "board.csv")],
)
async def test_a_place_that_takes_none(film: Film, address: str, told: str, s3: S3) -> None:
    """An address of the web, and a bucket that is not there, are told."""
    with_options(film, "s3", s3.options)
    with pytest.raises(StoryreelError, match=told):
        await fill(film, address, in_place=True)
