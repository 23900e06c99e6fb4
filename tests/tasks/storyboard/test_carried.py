"""A target that an earlier edition wrote: what it carried is carried still, told, and read once the config says so."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.config import catalogue
from tasks.config.settings import ColumnRules, load_settings
from tasks.domain.request import RunRequest
from tasks.domain.shot import Before
from tasks.session import restore
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.tasks.boards import board as new_board
from tests.tasks.boards import read_after

SETTINGS = load_settings(None, {})
CARRIED = {"Duration (s)", "Camera"}


@pytest.mark.parametrize(
    ("header", "row", "carried", "field", "expected"),
    [
        ("shot_id,Duration (s),prompt", "s,4,a", {"Duration (s)"}, "seconds", 8),
        ("shot_id,Duration (s),prompt", "s,4,a", {"notes"}, "seconds", 4),
        ("shot_id,start_image,prompt", "s,a.png,a", {"start_image"}, "image", ""),
        ("shot_id,description,video_prompt", "s,d,v", {"video_prompt"}, "prompt", "d"),
        ("shot_id,description,video_prompt", "s,d,v", {"camera"}, "prompt", "v"),
        ("shot_id,Start Time,End Time,prompt", "s,0:01,0:05,a", {"Start Time", "End Time"}, "seconds", 8),
        ("shot_id,Ref,prompt", "s,Shot Board/Panel 1,a", {"notes"}, "image", "/films/board/Shot Board/Panel 1"),
        ("shot_id,Ref,prompt", "s,panel 1,a", {"notes"}, "image", ""),
        ("shot_id,Seconds,prompt", "s,4,a", {"Seconds"}, "seconds", 4),
        ("shot,id,prompt", "CU,s,a", {"id"}, "shot_id", "CU"),
        ("shot,id,prompt", "CU,s,a", {"shot"}, "shot_id", "s"),
    ],
)
def test_what_was_carried_is_carried(header, row, carried, field, expected) -> None:
    """A header that only today's words understand stays a further column at a target that carries it."""
    shot = read_after(f"{header}\n{row}\n", Before(frozenset(carried), {"s": 8.0})).shots[0]
    assert getattr(shot, field) == expected


def test_the_config_has_it_read() -> None:
    """`[columns]` naming the header reads it, at any target."""
    before = Before(frozenset(CARRIED), {"s": 8.0})
    [shot] = read_after("shot_id,Duration (s),prompt\ns,4,a\n", before, columns={"duration": "Duration (s)"}).shots
    assert shot.seconds == 4


@pytest.mark.parametrize(
    ("rows", "before", "unit", "expected", "told"),
    [
        ("a,0.0,8.0,x", {"a": 0.375}, "", "0.375", 'read as frame numbers.*\\[columns\\] unit = "seconds"'),
        ("a,0.0,8.0,x", {"a": 0.375}, "seconds", "8", ""),
        ("a,0.0,8.0,x", {"b": 0.375}, "", "8", ""),
        ("a,0.0,8.0,x", {}, "", "8", ""),
        ("a,101,196,x", {"a": 4.0}, "", "4", ""),
        ("a,0,24,x", {"a": 24.0}, "", "24", "read as seconds"),
    ],
)
def test_pairs_as_they_were_read(rows, before, unit, expected, told) -> None:
    """A pair keeps the unit in which an earlier run of the target read it, and says so, until the config names one."""
    import re

    settings = {"column_rules": ColumnRules(unit=unit)}
    found = read_after(f"shot_id,start,end,prompt\n{rows}\n", Before(frozenset(), before), **settings)
    assert found.shots[0].seconds == Decimal(expected)
    notes = [note for note in found.told.notes if "earlier run" in note]
    assert bool(notes) == bool(told)
    assert not told or re.search(told, notes[0])


def test_rows_of_a_manifest() -> None:
    """The further columns are those that are none of ours, by the names that the board has for them."""
    rows = [{"shot_id": "a", "requested_s": 4.5, "prompt": "x", "Camera": "pan", "board_duration_s": "4"}]
    before = restore.before_of(rows)
    assert before.extras >= {"Camera", "duration_s"}
    assert before.seconds == {"a": 4.5}
    assert restore.before_of([]) == Before()


BOARD = "shot_id,prompt,Duration (s)\na,A heron,4\nb,A boat,3\nc,A rope,8\n"


@pytest.fixture
async def sessions(tmp_path: Path):
    """Makes sessions over the board and one target, free of charge or at a gateway's prices."""
    (tmp_path / "board.csv").write_text(BOARD)
    (tmp_path / "scratch").mkdir()
    http = Http()

    def begin(**columns: str) -> Session:
        wanted = RunRequest(str(tmp_path / "board.csv"), str(tmp_path / "target"))
        settings = replace(SETTINGS, columns=columns)
        return Session(wanted, settings, catalogue.load_catalogue(), Store(wanted.to), http, tmp_path / "scratch")

    yield begin
    await http.close()


async def test_a_target_goes_on_as_it_was(sessions, tmp_path) -> None:
    """At a target whose manifest carries the column nothing is new; what it would be read as is told with its price."""
    old = sessions(prompt="prompt", duration="shot_id")
    old.settings = replace(old.settings, columns={}, column_rules=ColumnRules(ignore=("Duration (s)",)))
    await old.check(fetch=True)
    async with old.open():
        pass
    now = sessions()
    plan = await now.check(fetch=False)
    assert [shot.shot.seconds for shot in plan.shots] == [8, 8, 8]
    [line] = [line for line in plan.warnings if line.startswith("would be read")]
    assert "'Duration (s)' as duration, for 2 shots (a, b), 0.00 USD" in line
    assert '[columns] duration = "Duration (s)"' in line
    named = await sessions(duration="Duration (s)").check(fetch=False)
    assert [shot.shot.seconds for shot in named.shots] == [4, 3, 8]
    assert not any(line.startswith("would be read") for line in named.warnings)


def test_a_new_target_reads_it() -> None:
    """Where nothing was carried the column is read, and the plan says from which header."""
    found = new_board(BOARD)
    assert [shot.seconds for shot in found.shots] == [4, 3, 8]
    assert "length from 'Duration (s)'" in "\n".join(found.told.lines)
