"""Which views are made, and by whom."""

from pathlib import Path

import pytest

from tasks.domain.progress import Progress
from tasks.domain.request import VIEWS, ViewSelection, select_views
from tasks.domain.takes import Shelf
from tasks.manifest import TableHead, build_tables
from tasks.storage import Store
from tasks.views.publish import BUILDERS, ViewPublisher
from tests.tasks.purchases import result


def test_every_view_is_made_by_somebody() -> None:
    """The table of views and that of their builders name the same; the report, which tells of the others, is last."""
    assert set(BUILDERS) == set(VIEWS)
    assert list(BUILDERS)[-1] == "report"


@pytest.mark.parametrize("names", [(), ("report",), ("timeline", "edl", "fcpxml", "xml"), ("edl", "report"), ("xlsx",)])
async def test_what_is_chosen_is_made_and_no_more(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Each chosen view lies at the target under the file that the table names, beside the tables alone."""
    store = Store(str(tmp_path / "film"))
    head = TableHead("run-1", "b.csv", store.url)
    tables = build_tables([result("skipped")], [], Shelf(), head)
    for name, data in tables.items():
        store.write(name, data)
    progress, scratch = Progress(), tmp_path / "scratch"
    scratch.mkdir()
    assert await ViewPublisher(store, scratch, progress).make(select_views(names)) == []
    assert set(store.names()) - set(tables) == {VIEWS[name].file for name in names}


async def test_what_fails_is_told_and_the_rest_is_made(tmp_path: Path) -> None:
    """A report without its attempts is named with the reason; the timeline is there all the same."""
    store = Store(str(tmp_path / "film"))
    head = TableHead("run-1", "b.csv", store.url)
    store.write("manifest.json", build_tables([result("skipped")], [], Shelf(), head)["manifest.json"])
    problems = await ViewPublisher(store, tmp_path, Progress()).make(ViewSelection(reel=False))
    assert len(problems) == 1 and problems[0].startswith("report.html was not made: ")
    assert store.exists("timeline.otio") and not store.exists("report.html")
