"""Parts of files at every kind of store, and never through a link that leads out."""

import os
import uuid
from pathlib import Path

import pytest

from tasks.storage.ranges import file_size, read_part
from tasks.storage.store import Store
from tests.servers import s3_server  # noqa: F401 - a fixture
from tests.servers_stores import azure_server, gcs_server, sftp_server  # noqa: F401 - fixtures

DATA = bytes(range(256)) * 40


@pytest.fixture(params=["local", "memory", "s3", "azure", "gcs", "sftp"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return Store(str(tmp_path / "target"))
    if request.param == "memory":
        return Store(f"memory://{uuid.uuid4().hex}")
    place = request.getfixturevalue(request.param)
    return Store(place.folder(), place.options)


def test_parts_at_every_store(store: Store) -> None:
    """The size is told, and any part is read, of a name with signs too; a folder and what is not there are no file."""
    store.write("clips/a b&[1].mp4", DATA)
    assert file_size(store, "clips/a b&[1].mp4") == len(DATA)
    for start, stop in ((0, 1), (7, 300), (10_000, 10_240)):
        assert read_part(store, "clips/a b&[1].mp4", start, stop) == DATA[start:stop]
    for missing in ("clips/nothing.mp4", "clips"):
        with pytest.raises(FileNotFoundError):
            file_size(store, missing)


@pytest.mark.parametrize("kind", ["file", "folder", "round", "pipe"])
def test_no_link_leads_out(tmp_path: Path, kind: str) -> None:
    """A link to a file elsewhere, a folder that is a link, a link to itself and a pipe are no files of the target."""
    (tmp_path / "secret.mp4").write_bytes(DATA)
    (tmp_path / "target").mkdir()
    path = tmp_path / "target/clips"
    if kind == "folder":
        path.symlink_to(tmp_path)
    else:
        path.mkdir()
    links = {"file": tmp_path / "secret.mp4", "round": path / "secret.mp4"}
    if kind in links:
        (path / "secret.mp4").symlink_to(links[kind])
    if kind == "pipe":
        os.mkfifo(path / "secret.mp4")
    with pytest.raises(FileNotFoundError):
        file_size(Store(str(tmp_path / "target")), "clips/secret.mp4")


def test_a_link_inside_is_followed(tmp_path: Path) -> None:
    """A link that stays in the folder is a file, and the folder itself may be reached by one."""
    (tmp_path / "film").mkdir()
    (tmp_path / "film/a.mp4").write_bytes(DATA)
    (tmp_path / "film/b.mp4").symlink_to("a.mp4")
    (tmp_path / "target").symlink_to(tmp_path / "film")
    assert file_size(Store(str(tmp_path / "target")), "b.mp4") == len(DATA)


def test_no_link_leads_out_over_sftp(request: pytest.FixtureRequest) -> None:
    """The same on another machine, whose own links are asked for."""
    place = request.getfixturevalue("sftp")
    url = place.folder()
    store = Store(url, place.options)
    store.write("clips/a.mp4", DATA)
    here = Path("/" + url.partition("://")[2].partition("/")[2])
    (here.parent / "secret.mp4").write_bytes(DATA)
    (here / "clips/out.mp4").symlink_to(here.parent / "secret.mp4")
    assert file_size(store, "clips/a.mp4") == len(DATA)
    with pytest.raises(FileNotFoundError):
        file_size(store, "clips/out.mp4")
