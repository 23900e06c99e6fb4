"""The sounds of a board: checked before a start, kept at the target, told in its captions."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.config import catalogue
from tasks.config.settings import load_settings
from tasks.domain.errors import BoardError, Fault
from tasks.domain.request import RunRequest, select_views
from tasks.manifest import load_sounds
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.tasks.sounds import tone, write_sound

SETTINGS = load_settings(None, {})
Begin = Callable[..., Session]
BOARD = "shot_id,prompt,duration,dialogue,dialogue_de,voice,music\n"


@pytest.fixture
async def begin(tmp_path: Path) -> AsyncIterator[Begin]:
    """Makes sessions over one target for boards of these rows; voice and music lie beside the board."""
    write_sound(tmp_path / "Voice 1.wav", tone(440, 1.5))
    write_sound(tmp_path / "m.mp3", tone(220, 3.0, 44_100), 44_100, codec="mp3")
    (tmp_path / "scratch").mkdir()
    http = Http()

    def make(*rows: str, header: str = BOARD, **wanted: Any) -> Session:
        (tmp_path / "board.csv").write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
        asked = RunRequest(
            str(tmp_path / "board.csv"), str(tmp_path / "film"), views=select_views(["captions"]), **wanted
        )
        return Session(asked, SETTINGS, catalogue.load_catalogue(), Store(asked.to), http, tmp_path / "scratch")

    yield make
    await http.close()


async def faults(session: Session) -> list[Fault]:
    with pytest.raises(BoardError) as caught:
        await session.check(fetch=True)
    return caught.value.faults


async def run(session: Session) -> dict[str, bytes]:
    """A run that makes the views and no clip: every file at the target by its path."""
    await session.check(fetch=True)
    async with session.open():
        await session.show()
    return {name: session.store.read(name) for name in session.store.names()}


FIRST, SECOND = 'a,A heron,4,"ANNA: Hi\nBEN: Ho",ANNA: Hallo,Voice 1.wav,m.mp3', "b,A boat,2,,,,-"


@pytest.mark.parametrize("column", ["voice", "music", "sfx"])
async def test_a_file_that_is_not_there(begin: Begin, column: str) -> None:
    """It is a fault in the form of a picture's, with the near name; nothing was written."""
    session = begin("a,x,voice 1.wav", header=f"shot_id,prompt,{column}\n")
    [fault] = await faults(session)
    assert (fault.row, fault.shot_id, fault.column) == (2, "a", column)
    assert fault.message.startswith("is not there; ") and "'Voice 1.wav'" in fault.message
    assert not session.store.names()


async def test_a_file_that_is_no_sound(begin: Begin, tmp_path: Path) -> None:
    """A page that is called a sound is told before anything starts."""
    (tmp_path / "page.wav").write_text("<html>")
    [fault] = await faults(begin("a,x,page.wav", header="shot_id,prompt,voice\n"))
    assert fault.column == "voice" and "no sound" in fault.message


async def test_only_selected_rows_need_their_sounds(begin: Begin) -> None:
    """What a row that is left alone names is not looked for."""
    rows = ("a,x,gone.wav", "b,y,Voice 1.wav")
    plan = await begin(*rows, header="shot_id,prompt,voice\n", only=("b",)).check(fetch=False)
    assert len(plan.shots) == 2


async def test_sounds_are_kept_by_their_digest(begin: Begin, tmp_path: Path) -> None:
    """Each file lies at the target byte for byte, and the sheet says which shot it is heard with."""
    there = await run(begin(FIRST, SECOND))
    voice = (tmp_path / "Voice 1.wav").read_bytes()
    name = f"sound/{hashlib.sha256(voice).hexdigest()[:12]}.wav"
    assert there[name] == voice
    sheet = load_sounds(there["sound/rows.json"])
    assert sheet["a"].files["voice"].path == name and abs(float(sheet["a"].files["voice"].seconds) - 1.5) < 0.01
    assert sheet["b"].ends_music and sheet["a"].dialogue == {"": "ANNA: Hi\nBEN: Ho", "de": "ANNA: Hallo"}


async def test_captions_are_made_for_each_language(begin: Begin) -> None:
    """A pair of files for the board's own words, and one for each further language."""
    there = await run(begin(FIRST, SECOND))
    assert {name for name in there if name.startswith("captions")} == {
        *("captions.srt", "captions.vtt", "captions.de.srt", "captions.de.vtt")
    }
    assert b"00:00:00,000 --> 00:00:02,000\nANNA: Hi" in there["captions.srt"]
    assert b"00:00:00.000 --> 00:00:04.000\n<v ANNA>Hallo" in there["captions.de.vtt"]


async def test_words_can_go(begin: Begin) -> None:
    """Captions of words that the board has no longer are empty."""
    await run(begin(FIRST, SECOND))
    there = await run(begin("a,A heron,4,,,,", SECOND))
    assert there["captions.srt"] == b""


async def test_a_board_without_sound_leaves_no_trace(begin: Begin) -> None:
    """Neither sheet nor captions."""
    there = await run(begin("a,A heron", header="shot_id,prompt\n"))
    assert not [name for name in there if name.startswith(("captions", "sound"))]


async def test_rows_that_are_left_alone_keep_theirs(begin: Begin) -> None:
    """With --only the sheet's other rows stay as they were."""
    await run(begin(FIRST, SECOND))
    there = await run(begin("a,A heron,4,ANNA: Other,,,", "b,A boat,2,BEN: New,,,", only=("b",)))
    assert b"ANNA: Hi" in there["captions.srt"] and b"BEN: New" in there["captions.srt"]


async def test_nothing_at_the_target_is_overwritten(begin: Begin, tmp_path: Path) -> None:
    """Where another file has the name of a sound it stays, and the sound is told as missing."""
    digest = hashlib.sha256((tmp_path / "Voice 1.wav").read_bytes()).hexdigest()
    taken = tmp_path / "film" / "sound" / f"{digest[:12]}.wav"
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"mine")
    session = begin(FIRST, SECOND)
    said: list[str] = []
    session.progress.listen = said.append
    there = await run(session)
    assert taken.read_bytes() == b"mine" and [line for line in said if "no file there is replaced" in line]
    assert "voice" not in load_sounds(there["sound/rows.json"])["a"].files


async def test_other_sounds_buy_nothing(begin: Begin) -> None:
    """Words and sounds may change as they like: what is asked of each shot stays."""
    first = await begin(FIRST, SECOND).check(fetch=False)
    other = await begin("a,A heron,4,X: y,,,", "b,A boat,2,,,Voice 1.wav,").check(fetch=False)
    assert [one.fingerprint for one in first.shots] == [one.fingerprint for one in other.shots]


async def test_a_target_that_carried_dialogue_goes_on(begin: Begin) -> None:
    """An earlier edition's further column of that name is carried still, and every fingerprint is the one it had."""
    session = begin("a,A heron,ANNA: Hi", header="shot_id,prompt,Dialogue\n")
    session.settings = replace(
        session.settings, column_rules=replace(session.settings.column_rules, ignore=("Dialogue",))
    )
    old = await run(session)
    assert b'"Dialogue": "ANNA: Hi"' in old["manifest.json"]
    again = begin("a,A heron,ANNA: Hi", header="shot_id,prompt,Dialogue\n")
    there = await run(again)
    assert b'"Dialogue": "ANNA: Hi"' in there["manifest.json"] and "captions.srt" not in there
    told = [line for line in again.plan.warnings if line.startswith("would be read: 'Dialogue' as dialogue")]
    assert told and "changes no shot" in told[0]
