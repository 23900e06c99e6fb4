"""What plan and render say of the columns of a board."""

from pathlib import Path

import pytest

from tasks.commands import answers
from tasks.config import catalogue
from tasks.config.settings import load_settings
from tasks.domain.request import RunRequest
from tasks.domain.shot import Told, Unread
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.transport.client import Http


async def test_the_plan_names_what_nothing_reads(tmp_path: Path) -> None:
    """`plan` lists every header that nothing reads with what it looks like, and says what was taken for what."""
    (tmp_path / "board.csv").write_text("Shot,Description,Duration (s),end_imge,Camera\n1A,A heron,4,z.png,pan\n")
    http = Http()
    wanted = RunRequest(str(tmp_path / "board.csv"), "memory://told")
    session = Session(wanted, load_settings(None, {}), catalogue.load_catalogue(), Store(wanted.to), http, tmp_path)
    plan = await session.check(fetch=False)
    await http.close()
    told = answers.plan_answer(session, 0)
    assert told["unread"] == [{"header": "end_imge", "like": "last_image"}, {"header": "Camera", "like": ""}]
    assert plan.warnings[:2] == (
        "read: prompt from 'Description', length from 'Duration (s)'",
        "nothing reads 'end_imge' (like last_image), 'Camera': carried to the manifest as further columns",
    )


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (Told(), ()),
        (Told(notes=("a",)), ("a",)),
        (
            Told(tuple(Unread(f"h{n}", "") for n in range(22))),
            (f"nothing reads {', '.join(repr(f'h{n}') for n in range(20))} and 2 more: carried to the manifest as "
             "further columns",),
        ),
    ],
)  # fmt: skip
def test_lines(told: Told, lines: tuple[str, ...]) -> None:
    """All unread headers stand in one line, the first twenty by name."""
    assert told.lines == lines
