"""Letters of scripts that the built-in font lacks: which font draws them, in which order, and what is said without."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tasks.animatic import faces
from tasks.animatic.faces import SCRIPTS, Face, Script, file_of, font, runs
from tasks.animatic.titles import drawable, title_card, wrap
from tasks.domain.shot import Size
from tests.tasks.purchases import shot

WORDS = {
    "Chinese": "港口的夜晚，一条绳子打在码头上",
    "Japanese": "港の夜、霧の中でフェリーが回る",
    "Korean": "안개 속에서 배가 돈다",
    "Arabic": "العبارة تدور في الضباب",
    "Hebrew": "המעבורת מסתובבת בערפל",
    "Hindi": "कोहरे में नौका मुड़ती है",
    "Thai": "เรือข้ามฟากหมุนในหมอก",
}


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without fontconfig and without fonts of its own."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(faces, "_opens", lambda file, number: False)
    file_of.cache_clear()
    yield
    file_of.cache_clear()


@pytest.fixture
def every_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine with a font for each script; its letters are boxes, for they are Pillow's own."""
    built_in = ImageFont.load_default(12)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    path = tmp_path / "font.ttf"
    path.write_bytes(built_in.font_bytes)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(faces, "_opens", lambda file, number: True)
    monkeypatch.setattr(faces, "_by_name", lambda name, script: (str(path), 0))
    monkeypatch.setattr(faces.features, "check", lambda name: True)
    file_of.cache_clear()
    faces._font_of.cache_clear()
    yield
    file_of.cache_clear()
    faces._font_of.cache_clear()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_a_card_shows_the_script_or_says_that_it_cannot(script: Script) -> None:
    """On any machine: the words as they are where a font has them, else that there is none; no Latin spelling."""
    wanted = WORDS[script.name] if file_of(script) else f"[no font for {script.name} here]"
    assert drawable(WORDS[script.name]) == wanted


@pytest.mark.usefixtures("every_font")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_with_a_font_every_letter_stays(script: Script) -> None:
    """Where the machine has a font nothing is spelled otherwise, and the script is told from its neighbours."""
    text = f"Fähre: {WORDS[script.name]} (1)"
    assert drawable(text) == f"Fahre: {WORDS[script.name]} (1)"
    assert {one for one, _ in runs(text)} == {None, script}
    assert "".join(part for _, part in runs(text)) == text


@pytest.mark.usefixtures("no_fonts")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_without_a_font_the_card_says_so(script: Script) -> None:
    """The rest of the words stays."""
    assert drawable(f"The quay: {WORDS[script.name]} 8") == f"The quay: [no font for {script.name} here] 8"


@pytest.mark.usefixtures("every_font")
def test_lines_that_read_from_the_right_end_at_the_right() -> None:
    """Words in their order from right to left, signs between them mirrored; a line of Latin begins at the left."""

    def ink(text: str) -> tuple[int, int]:
        picture = Image.new("L", (900, 60))
        font(24).write(ImageDraw.Draw(picture), (50, 40), text, 255, 800)  # type: ignore[arg-type]  # one grey
        found = np.flatnonzero(np.asarray(picture).any(axis=0))
        return int(found[0]), int(found[-1])

    left, right = ink("שלום, עולם")
    assert left > 400 and 840 < right <= 851
    assert ink("hello, world")[0] < 60
    parts = [part for _, part in Face(24)._parts("שלום, (עולם). A boat (1), ok.")]
    assert parts == [".", "A boat (1), ok", " .(", "עולם", ") ,", "שלום"]


@pytest.mark.usefixtures("every_font")
@pytest.mark.parametrize("name", ["Chinese", "Thai", "Hindi"])
def test_lines_are_cut_between_letters(name: str) -> None:
    """A line of a script without blanks is cut anywhere but before a mark or a sign that ends words."""
    text = WORDS[name].replace(" ", "") * 4
    lines = wrap(text, font(30), 200, 99)
    assert "".join(lines) == text and len(lines) > 1
    assert not any(faces.begins_no_line(line[0]) for line in lines)


def test_fontconfig_is_believed_where_it_has_the_script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It names the nearest font also where none has the script: then there is none. A program that fails is none."""
    built_in = ImageFont.load_default(12)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    (tmp_path / "a.ttf").write_bytes(built_in.font_bytes)
    program = tmp_path / "fc-match"
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    for told, found in (("th|en", (str(tmp_path / "a.ttf"), 0)), ("en|thx", None)):
        program.write_text(f"#!/bin/sh\nprintf '{tmp_path}/a.ttf\\n65536\\n{told}'\n")
        program.chmod(0o755)
        assert faces._by_fontconfig(SCRIPTS[-1]) == found
    program.write_text("#!/bin/sh\nexit 1\n")
    assert faces._by_fontconfig(SCRIPTS[-1]) is None
    program.unlink()
    assert faces._by_fontconfig(SCRIPTS[-1]) is None


def test_a_card_in_each_script_has_its_letters_in_its_margins() -> None:
    """Whatever this machine has: each card has light letters, and none outside the title-safe area at the right."""
    for words in WORDS.values():
        card = title_card(shot(prompt=f"{words} " * 6, size=Size(640, 360)), "8", Size(640, 360))
        picture = np.asarray(card.picture.convert("L"))
        assert picture[90:250, 64:576].max() > 180
        assert picture[90:250, 590:].max() < 90
