"""What is to be heard with a row: dialogue in any language, voice, music and sound effects."""

import pytest

from tasks.config.settings import load_settings
from tasks.domain.errors import ConfigError
from tasks.domain.identity import fingerprint_of, parts_of
from tasks.domain.shot import SILENCE, UNHEARD, Before, Heard
from tasks.storyboard.spelling import split_language
from tests.tasks.boards import BASE, board, faults_of, parquet, read_after, shot_of, written


def heard(header: str, cell: str) -> Heard:
    return shot_of(f"prompt,{header}", f"x,{cell}").heard


@pytest.mark.parametrize(
    "header",
    [
        "dialogue",
        "Dialogue",
        "Dialog",
        "Répliques",
        "Diálogo",
        "Falas",
        "Dialogo",
        "对白",
        "台词",
        "セリフ",
        "대사",
        "Dialogi",
    ],
)
def test_dialogue_is_read(header: str) -> None:
    """In the languages of the other columns; words stay as they stand there."""
    assert heard(header, '"ANNA: Come in.\nBEN: No."') == Heard({"": "ANNA: Come in.\nBEN: No."})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        *[("dialogue_de", "de"), ("dialogue_pt-BR", "pt-BR"), ("Dialogue (DE)", "de"), ("Dialog [fr]", "fr")],
        *[("Dialogue DE", "de"), ("Dialogue - German", "de"), ("Dialog Deutsch", "de"), ("dialogue_id", "id")],
        *[("Dialogues français", "fr"), ("对白（日文）", "ja"), ("dialogue_zh-Hans", "zh-Hans")],
    ],
)
def test_dialogue_in_another_language(header: str, language: str) -> None:
    """A header for dialogue that ends with a language is that one's."""
    assert heard(header, "ANNA: Na.").dialogue == {language: "ANNA: Na."}


def test_languages_stand_beside_each_other() -> None:
    """Each column keeps its own words; the plain one is the board's own language."""
    read = board("prompt,dialogue,dialogue_de,Dialogue (FR)\nx,A: Yes,A: Ja,A: Oui\n")
    assert read.shots[0].heard.dialogue == {"": "A: Yes", "de": "A: Ja", "fr": "A: Oui"}
    assert read.extra_columns == ()


@pytest.mark.parametrize("header", ["Dialogue No", "Dialogue ID", "Dialogue", "Spoken lines", "Shot de", "notes_de"])
def test_what_is_no_language(header: str) -> None:
    """A number, an id, and what is no dialogue at all keep their headers."""
    assert not (shot_of(f"prompt,{header}", "x,1").heard.dialogue.keys() - {""})
    assert split_language("Dialogue") == ("Dialogue", "")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        *[("voice", "voice"), ("Voice Over", "voice"), ("VO", "voice"), ("Sprecher", "voice"), ("旁白", "voice")],
        *[("music", "music"), ("Music Track", "music"), ("Musik", "music"), ("音乐", "music"), ("음악", "music")],
        *[
            ("sfx", "sfx"),
            ("Sound Effects", "sfx"),
            ("Geräusche", "sfx"),
            ("效果音", ""),
            ("効果音", "sfx"),
            ("音效", "sfx"),
        ],
    ],
)
def test_sound_files_are_read(header: str, name: str) -> None:
    """By their words; a path is relative to the board."""
    found = heard(header, "sound/Take 1.WAV")
    assert found == (Heard(**{name: f"{BASE}/sound/Take 1.WAV"}) if name else UNHEARD)


@pytest.mark.parametrize(
    "cell", ["https://a.example/vo.mp3", "https://a.example/vo.mp3?x=1", "s3://b/vo.flac", "/films/a.ogg"]
)
def test_a_sound_lies_anywhere(cell: str) -> None:
    """An address or an absolute path stays as it is."""
    assert heard("voice", cell).voice == cell


@pytest.mark.parametrize("cell", ["-", "–", "none", "N/A", "keine"])
def test_music_ends(cell: str) -> None:
    """A sign or a word for nothing ends the music, and is nothing in the other columns."""
    rows = f"prompt,music,voice,sfx,dialogue\nx,a.mp3,b.wav,c.wav,A: b\ny,{cell},{cell},{cell},{cell}\n"
    assert board(rows).shots[1].heard == Heard(music=SILENCE)


@pytest.mark.parametrize("header", ["voice", "music", "sfx", "Voice Over", "Music", "SFX"])
def test_a_column_of_words_is_carried(header: str) -> None:
    """Where no cell ends like a sound file the column is text for the manifest, and told."""
    read = board(f"prompt,{header}\nx,slow and warm\ny,\n")
    assert [shot.heard for shot in read.shots] == [UNHEARD] * 2
    assert read.extra_columns == (header,) and [one.header for one in read.told.unread] == [header]


def test_words_beside_files_are_told() -> None:
    """In a column of files a cell of words plays nothing, and says so."""
    read = board("prompt,voice\nx,vo.wav\ny,to be recorded\n")
    assert [shot.heard.voice for shot in read.shots] == [f"{BASE}/vo.wav", ""]
    assert [note for note in read.told.notes if "'to be recorded'" in note]


@pytest.mark.parametrize(
    ("cell", "words"),
    [('=HYPERLINK("vo.wav")', "formula"), ('"vo.wav"', "quotes"), ("www.a.example/vo.wav", "address")],
)
def test_a_sound_is_written_as_a_picture_is(cell: str, words: str) -> None:
    """What is wrong with the name of a file is a fault in the same words."""
    [fault] = faults_of(written([["prompt", "voice"], ["x", cell], ["y", "b.wav"]]))
    assert fault.column == "voice" and words in fault.message


def test_left_by_a_spreadsheet() -> None:
    """An error cell is no line of dialogue."""
    [fault] = faults_of("prompt,dialogue\nx,#REF!\n")
    assert fault.column == "dialogue"


def test_parquet_gives_the_same() -> None:
    """The columns are those of any format."""
    read = board(parquet({"prompt": ["x"], "dialogue": ["A: b"], "music": ["m.mp3"]}), "board.parquet")
    assert read.shots[0].heard == Heard({"": "A: b"}, music=f"{BASE}/m.mp3")


def test_it_is_not_in_what_is_asked() -> None:
    """Other words and other sounds are the same shot, to the last bit of its fingerprint."""
    plain = shot_of("prompt", "x")
    told = shot_of("prompt,dialogue,dialogue_de,voice,music,sfx", "x,A: b,A: c,v.wav,m.mp3,s.ogg")
    assert fingerprint_of(parts_of(told)) == fingerprint_of(parts_of(plain))


@pytest.mark.parametrize("header", ["dialogue", "dialogue_de", "voice", "music", "sfx", "Voice Over", "对白"])
def test_a_target_that_carried_it_goes_on(header: str) -> None:
    """A column that the last manifest carries stays one, asks for nothing, and is read once [columns] names it."""
    data = f"prompt,{header}\nx,a.wav\n"
    read = read_after(data, Before(frozenset({header})))
    assert read.shots[0].heard == UNHEARD and read.extra_columns == (header,)
    [held] = read.told.held
    again = read_after(data, Before(frozenset({header})), columns={held.name: header})
    assert again.shots[0].heard != UNHEARD and again.extra_columns == ()


def test_what_is_heard_changes_no_shot() -> None:
    """Carried columns that would only be heard are told as changing nothing."""
    from tasks.storyboard import changed

    read = read_after("prompt,dialogue\nx,A: b\n", Before(frozenset({"dialogue"})))
    assert read.told.meant and changed(read) == {}


def test_the_config_names_a_language(tmp_path) -> None:
    """`[columns]` takes dialogue of any language, and nothing that only looks like it."""
    (tmp_path / "a.toml").write_text('[columns]\ndialogue_de = "Text"\n"dialogue_pt-BR" = "Outro"\n')
    loaded = load_settings(tmp_path / "a.toml", {})
    assert board("prompt,Text,Outro\nx,A: Ja,A: Sim\n", columns=loaded.columns).shots[0].heard.dialogue == {
        "de": "A: Ja",
        "pt-BR": "A: Sim",
    }
    (tmp_path / "b.toml").write_text('[columns]\ndialogue_German = "Text"\n')
    with pytest.raises(ConfigError):
        load_settings(tmp_path / "b.toml", {})
