"""What headers of boards are taken for: words, units, languages, and what the cells say to it."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.settings import ColumnRules
from tasks.domain.errors import Faults
from tasks.domain.shot import Unread
from tasks.storyboard.assignment import OURS, assign
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.headers import ALIASES, CANONICAL, FRAMES
from tasks.storyboard.meaning import Meaning, pair_of, public, understand
from tests.tasks.boards import board, faults_of, shot_of, written


def _each(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", "|").split("|") if part.strip()]


LENGTHS = {
    "": """
    Duration | Clip Duration | Est. Duration | Shot Length | Length | Screen Time | videoDuration | Runtime
    Dauer | Länge | Laenge | DAUER | Durée | DURÉE | Durée du plan | Duración | Duração | Durata | Lunghezza
    Duur | Lengte | Długość | Czas trwania | 时长 | 時長 | 镜头时长 | 尺 | 長さ | 길이 | 재생시간
    """,
    "s": """
    Duration (s) | duration_sec | DURATION (SECONDS) | durationSeconds | durationInSeconds | dur_s | Time (s)
    time_s | Sec | Secs. | Estimated Duration (sec) | video_length_seconds | target_duration_seconds
    Duration, s | Dauer in Sekunden | Dauer (Sek.) | Länge/s | Sekunden | Durée (s) | Durée en secondes
    Duración (seg) | Segundos | Duração em segundos | Durata in secondi | Duur in seconden | Czas (s)
    Długość [s] | 时长(秒) | 时长秒 | 時長（秒） | 时长/秒 | 秒数 | 尺(秒) | 長さ（秒） | 時間(秒) | 길이(초)
    시간(초) | 초
    """,
    "ms": """
    Länge [ms] | length_ms | Duration_ms | durationMs | Duur (ms) | 时长(毫秒)
    """,
    "frames": """
    Dur. in frames | Length (frames) | # Frames | Total Frames | frames (24fps) | duration_frames
    Länge (Bilder) | Shotlänge (Frames) | Durée (images) | Liczba klatek | 帧数 | 时长(帧) | 尺 (コマ) | コマ数
    길이(프레임)
    """,
    "min": """
    Duration (min) | Dauer (Minuten) | 时长(分钟)
    """,
}
IMAGES = """
    Image | Start Image | start_image | startImage | image_path | Image File | Image Link | image filename
    imageUrl | img | img_url | Picture | Picture URL | Photo | Still | Keyframe | Key frame | Sketch | Drawing
    Storyboard Image | Storyboard Frame | Ref. Image | reference_url | first_frame_image | first_frame_url
    Start frame URL | input_image | init image | Source Image | thumbnailUrl | panel_url | Bild | Referenzbild
    Startbild | Bildpfad | Bild (Datei) | Skizze | Image de référence | Image de départ | Vignette | Imagen
    Imagen inicial | Imagen de referencia | Boceto | Imagem | Imagem de referência | Immagine
    Fotogramma iniziale | Afbeelding | Referentiebeeld | Obraz | Kadr | Zdjęcie | 图片 | 参考图 | 首帧
    首帧图片 | 分镜图 | 图片链接 | 圖片 | 画像 | 参考画像 | 絵コンテ | 開始フレーム | 이미지 | 참고 이미지
    시작 프레임 | 콘티
    """
NAMED = {
    "last_image": """
    end_image | End Frame URL | last_frame_image | Last Frame | 尾帧 | Schlussbild | 끝 프레임 | 最終フレーム
    """,
    "motion_prompt": """
    video_prompt | Motion Prompt | videoPrompt | AI Video Prompt | Animation prompt | 视频提示词
    動画プロンプト | 영상 프롬프트
    """,
    "written_prompt": """
    AI Prompt | Prompt (EN) | Kling Prompt | Prompt text | 提示词 | プロンプト | 프롬프트
    """,
    "image_prompt": """
    image_prompt | Image Prompt | 图片提示词 | 画像プロンプト
    """,
    "negative_prompt": """
    negative_prompt | Negativprompt | Negative | 反向提示词 | ネガティブプロンプト
    """,
    "prompt": """
    Beschreibung | Bildbeschreibung | Description (English) | Descripción | Descrição | Descrizione
    Beschrijving | Opis | 画面描述 | 内容 | 설명 | Description du plan
    """,
    "shot_id": """
    Einstellung | Shot Nr. | Plan n° | 镜头号 | カット | 컷 번호 | Ujęcie | Inquadratura | Plano | shotId
    """,
    "scene": """
    scene_id | scene_name | Szene | Scène | Escena | Cena | Scena | 场次 | シーン | 씬
    """,
    "aspect_ratio": """
    aspectRatio | Aspect | Seitenverhältnis | 画面比例 | アスペクト比 | 화면비
    """,
    "size": """
    Resolution | Auflösung | Résolution | 分辨率 | 解像度 | 해상도
    """,
    "dialogue": """
    Dialogue | Dialog | 对白 | セリフ | 대사 | Répliques
    """,
    "voice": """
    VO | Voice Over | Voix off | 旁白 | ナレーション
    """,
    "music": """
    Music | Musik | Musique | 音乐 | 音楽
    """,
    "sfx": """
    SFX | Sound | Ton | 音效 | 効果音
    """,
    "": """
    Camera Movement | Shot Size | Shot Type | Lens | Notes | Status | Location | Image Notes | image description
    Camera Prompt | Total Duration | Video | video_path | Start | End Time | Client | On-screen | Character Name
    Image size | Wardrobe ID | motion | # | 4 | 1A
    """,
}


@pytest.mark.parametrize(("unit", "header"), [(unit, text) for unit, all_ in LENGTHS.items() for text in _each(all_)])
def test_length_headers(unit: str, header: str) -> None:
    """A length is known in eleven languages, and its unit where the header names one."""
    found = understand(header)
    assert (found.name, found.unit) == ("duration", unit)


@pytest.mark.parametrize("header", _each(IMAGES))
def test_image_headers(header: str) -> None:
    """A picture is known in eleven languages, by its place in the shot and by how it is given."""
    assert understand(header) == Meaning("image")


@pytest.mark.parametrize(("name", "header"), [(name, text) for name, all_ in NAMED.items() for text in _each(all_)])
def test_other_headers(name: str, header: str) -> None:
    """Every canonical column is known by its words, and what only shares a word with one is not."""
    assert understand(header).name == name


@pytest.mark.parametrize("name", CANONICAL)
def test_words_agree_with_the_aliases(name: str) -> None:
    """No table of words gives an alias of one column to another."""
    assert {public(understand(alias)) for alias in (name, *ALIASES[name])} == {name}
    assert {understand(alias) for alias in FRAMES} == {Meaning("duration", "frames")}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Start", ("first", "", "")),
        ("end (s)", ("last", "", "s")),
        ("start_time", ("first", "time", "")),
        ("TC Out", ("last", "tc", "")),
        ("Frame In", ("first", "", "frames")),
        ("Last Frame", ("last", "frame", "frames")),
        ("Von", ("first", "", "")),
        ("Fin", ("last", "", "")),
        ("开始时间", ("first", "时间", "")),
        ("end_ms", ("last", "", "ms")),
        ("Start Image", ("", "", "")),
        ("Ending", ("", "", "")),
    ],
)
def test_pairs(header: str, expected: tuple[str, str, str]) -> None:
    """Half of a pair says which end it is, what it shares with the other, and its unit."""
    assert pair_of(header) == expected


@pytest.mark.parametrize(
    ("header", "row", "field", "expected"),
    [
        ("Duration (s),prompt", "4,a", "seconds", 4),
        ("Länge [ms];Beschreibung", "2500;Ein Reiher", "seconds", 2.5),
        ("Länge [ms];Beschreibung", "2500;Ein Reiher", "prompt", "Ein Reiher"),
        ("尺 (コマ),内容", "96,a", "seconds", 4),
        ("Frames,prompt", "4s,a", "seconds", 4),
        ("Dur. in frames,Duration (s),prompt", "96,5,a", "seconds", 5),
        ("Start,End,Duration (s),prompt", "1,2,5,a", "seconds", 5),
        ("start (s),end (s),prompt", "4,9,a", "seconds", 5),
        ("Frame In,Frame Out,prompt", "0,11,a", "seconds", 0.5),
        ("Start Frame,End Frame,prompt", "101,196,a", "seconds", 4),
        ("Start Frame,End Frame,prompt", "a.png,b.png,a", "image", "/films/board/a.png"),
        ("start_image,end_image,prompt", "a.png,b.png,a", "image", "/films/board/a.png"),
        ("description,image_prompt,video_prompt", "d,i,v", "prompt", "v"),
        ("motion_prompt,action", "v,d", "prompt", "v"),
        ("image_prompt,description", "i,d", "prompt", "d"),
        ("video_prompt,prompt", "v,p", "prompt", "p"),
        ("Frame,Visual", "1,a", "image", ""),
        ("shot,id,prompt", "CU,A-1,a", "shot_id", "A-1"),
        ("shot,prompt", "Wide Shot,a", "shot_id", "sh010"),
        ("Size,prompt", "CU,a", "size", (1280, 720)),
        ("Mode,prompt", "gag,a", "mode", "text_to_video"),
        ("Audio,prompt", "Horn,a", "audio", None),
        ("Route,prompt", "coast road,a", "route", ""),
        ("Ref,prompt", "like the last one,a", "image", ""),
        ("Ref,Picture,prompt", "like the last one,b.png,a", "image", "/films/board/b.png"),
        ("Seed,prompt", "oak,a", "seed", None),
    ],
)
def test_what_a_header_is_taken_for(header: str, row: str, field: str, expected: Any) -> None:
    """The canonical name, then the old aliases, then words; a column that cannot be of the kind is passed over."""
    assert getattr(shot_of(header, row), field) == expected


@pytest.mark.parametrize(
    ("header", "row", "like", "told"),
    [
        ("Frame,Visual", "1,a", "image", "'Frame' is not read as image: none of its cells can be one (1)"),
        ("shot,id,prompt", "CU,1,a", "shot_id", "'shot' is not read as shot_id"),
        ("Size,prompt", "CU,a", "size", "'Size' is not read as size"),
        ("Mode,prompt", "gag,a", "mode", "'Mode' is not read as mode"),
        (
            "video_prompt,description",
            "v,d",
            "prompt",
            "prompt from 'video_prompt', which is sent instead of 'description'",
        ),
        ("Length,Duration (s),prompt", "4,5,a", "duration", "length from 'Length'"),
        ("prmpt2,prompt", "z,a", "prompt", "nothing reads 'prmpt2' (like prompt)"),
        ("Camera,prompt", "pan,a", "", "nothing reads 'Camera': carried"),
        ("Dauer gesamt,prompt", "5,a", "duration", "nothing reads"),
        ("Start,prompt", "5,a", "duration", "nothing reads"),
        ("references,prompt", "anna,a", "references", "nothing reads"),
    ],
)
def test_what_is_said(header: str, row: str, like: str, told: str) -> None:
    """A header that nothing reads is named with the column that it looks like, and a doubted one with the reason."""
    read_board = board(f"{header}\n{row}\n")
    assert [one.like for one in read_board.told.unread] == [like]
    assert told in "\n".join(read_board.told.lines)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *(("size", "1280 on 720"), ("size", "full-hdd"), ("mode", "vdeo2video"), ("mode", "remixx")),
        *(("mode", "i2w text"), ("audio", "ture"), ("audio", "flase"), ("audio", "yess"), ("fit", "slim")),
        *(("seed", "oak"), ("mode", "movie"), ("audio", "maybe")),
    ],
)
def test_a_canonical_name_is_believed(header: str, cell: str) -> None:
    """A column with the canonical name stays what it is: its cells are faults, and the way out is named."""
    [fault] = faults_of(f"{header},prompt\n{cell},a\n")
    assert fault.column == header
    assert f'[columns] ignore = ["{header}"]' in fault.message
    [shot] = board(f"{header},prompt\n{cell},a\n", column_rules=ColumnRules(ignore=(header.upper(),))).shots
    assert shot.extras == {header: cell}


@pytest.mark.parametrize(
    ("ignored", "near"),
    [(("Sze",), "Size"), (("Size", "camra move"), "Camera Move"), (("SIZE",), ""), (("Budget",), "")],
)
def test_a_misspelled_header_to_ignore_is_told(ignored: tuple[str, ...], near: str) -> None:
    """One that is nearly a header of the list is meant to be one; a config for many lists may name others."""
    found = board("prompt,Size,Camera Move\na,1280x720,pan\n", column_rules=ColumnRules(ignore=ignored))
    said = [line for line in found.told.notes if "[columns] ignore" in line]
    told = f"[columns] ignore names {ignored[-1]!r}, which the shot list does not have; did you mean {near!r}?"
    assert said == ([told] if near else [])


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("mode", ["gag", "gag", ""]),
        ("mode", ["drama", "horror"]),
        ("size", ["CU", "wide", "ECU"]),
        ("audio", ["Horn", "rain on tin", "hiss"]),
        ("audio", ["Regen auf Blech", "", "Wind"]),
        ("route", ["Editor", "M25 north"]),
    ],
)
def test_a_sheets_own_meaning_is_carried(header: str, cells: list[str]) -> None:
    """A column that is spelled like one of ours and holds something else by that name is carried, and said so."""
    read_board = board(written([[header, "prompt"], *[[cell, "a"] for cell in cells]]))
    assert [shot.extras for shot in read_board.shots] == [{header: cell} for cell in cells]
    assert [(one.header, one.like) for one in read_board.told.unread] == [(header, header)]
    assert f"'{header}' is not read as {header}: none of its cells can be one" in "\n".join(read_board.told.lines)


@pytest.mark.parametrize(
    ("header", "cells", "rows"),
    [("mode", ["gag", "t2v"], [2]), ("size", ["CU", "720p"], [2]), ("audio", ["Horn", "flase", "yes"], [2, 3])],
)
def test_one_cell_that_can_be_read_makes_the_others_faults(header: str, cells: list[str], rows: list[int]) -> None:
    """Where one cell of a canonical column is right, or nearly, those that are not are mistakes."""
    found = faults_of(written([[header, "prompt"], *[[cell, "a"] for cell in cells]]))
    assert [(fault.row, fault.column) for fault in found] == [(row, header) for row in rows]


@pytest.mark.parametrize("route", ["cheep", "Cheep", "hero", "fal:none"])
def test_a_route_that_may_be_one_is_read(route: str) -> None:
    """The name of a chain with a slip in it, or of another config's, is no sheet's own meaning: else the default
    chain would be paid for the shot. The planner says that there is none."""
    [shot] = board(f"route,prompt\n{route},a\n", chains={"": None, "cheap": None}).shots
    assert shot.route == route


def test_ours_are_never_read() -> None:
    """What was written back into a board is neither read nor carried."""
    read_board = board("prompt,Storyreel Status,storyreel usd,storyreel clip\na,rendered,1.20,c.mp4\n")
    assert (read_board.extra_columns, read_board.told.lines) == ((), ())


def test_ambiguous_pairs_ask() -> None:
    """Pairs that may be frames as well as seconds ask for the unit, and take it from the config."""
    [fault] = faults_of("prompt,Start,End\na,0,24\nb,24,48\n")
    assert (fault.row, fault.column) == (1, "End")
    assert '[columns] unit = "frames" or unit = "seconds"' in fault.message
    for unit, expected in (("frames", "1.042"), ("seconds", "24")):
        rules = ColumnRules(unit=unit)  # type: ignore[arg-type]  # one of the two
        assert str(board("prompt,Start,End\na,0,24\n", column_rules=rules).shots[0].seconds) == expected


WORDS = st.sampled_from(
    [*CANONICAL, *[alias for group in ALIASES.values() for alias in group], *FRAMES, *_each(IMAGES), "notes", "x"]
    + [text for group in (*LENGTHS.values(), *NAMED.values()) for text in _each(group)]
    + ["start", "end", "in", "out", f"{OURS}status", "Start Time", "End Time", "vo", "lens"]
)


@given(
    headers=st.lists(
        WORDS | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8), max_size=9, unique=True
    ),
    cell=st.sampled_from(["4", "CU", "a.png", "gag", "1x", "", "0:04", "yes", "fal:veo", "16:9"]),
    ignore=st.lists(WORDS, max_size=2),
)
def test_no_header_is_lost(headers: list[str], cell: str, ignore: list[str]) -> None:
    """For any board every header is read, carried with a word, ignored by the config, or one of ours."""
    texts = tuple(dict.fromkeys(text.strip() for text in headers if text.strip()))
    found = assign(Table(1, texts, [2], [[cell] for _ in texts], Faults()), {}, ignore=ignore)
    spelled = {re.sub(r"[#._\-()\s]+", "", text.lower()) for text in ignore}
    told = {one.header for one in found.told.unread}
    assert len(set(found.places.values())) == len(found.places)
    for at, header in enumerate(texts):
        left = header in ignore or re.sub(r"[#._\-()\s]+", "", header.lower()) in spelled
        ours = header.lower().startswith(OURS)
        ways = [at in found.places.values(), at in found.extras and (header in told or left), ours]
        assert any(ways), header
    assert all(Unread(*one) for one in found.told.unread)


def test_words_load_nothing() -> None:
    """The words stand in a file beside the code, and are looked at when a header needs them."""
    assert (Path(__file__).parents[3] / "tasks" / "storyboard" / "words.toml").is_file()
