import csv
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks import columns
from tests.tasks.boards import board, encoded, faults_of, parquet, shot_of, written

LETTERS = st.characters(exclude_categories=("Cs", "Cc"))

LISTED = {
    "shot_id": "shot, shot code, shotcode, code, name, shotname, shot name, shot number, shot no, shot #, shotid, id, "
    "cut #, label, 镜号",
    "scene": "scene, scene number, scene #, sequence, seq, episode, reel, group",
    "prompt": "prompt, description, shot description, scene description, action, actiontext, visual, 画面",
    "duration": "duration, shot duration, seconds, dur, durationseconds, length, 秒数",
    "frames": "nb frames, frames, frame count, frame duration, cut duration",
    "image": "image, reference, reference image, ref, image url, thumbnail, panel, frame, url, path to frames, "
    "start frame, first frame",
    "source": "source video, plate path, video url",
}


@pytest.mark.parametrize("name", LISTED)
def test_alias_order(name: str) -> None:
    """Of the headers that mean one column the first listed is taken, wherever it stands, and the rest are left."""
    listed = [text.strip() for text in LISTED[name].split(",")]
    spelled = [columns.normal(text) for text in listed]
    aliases = [text for at, text in enumerate(listed) if spelled[at] not in spelled[:at]]
    aliases.sort(
        key=lambda text: columns.normal(text) != columns.normal(name) or name == "frames"
    )  # the canonical name comes first
    while aliases:
        places, _ = columns.place(["prompt " if name != "prompt" else "notes", *reversed(aliases)], {})
        assert places[name] == len(aliases)
        assert list(places.values()).count(len(aliases)) == 1
        aliases.pop(0)


@pytest.mark.parametrize("name", columns.CANONICAL)
def test_canonical_wins(name: str) -> None:
    """A canonical name beats every alias before it in the file."""
    headers = [*columns.ALIASES[name], *columns.FRAMES, "cut in", "cut out", name, "x"]
    assert columns.place(headers, {})[0][name] == headers.index(name)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Shot ID", "shot_id"),
        ("SHOT_ID", "shot_id"),
        ("Shot #", "shot_id"),
        ("Shot No.", "shot_id"),
        ("Cut #", "shot_id"),
        ("Scene (#)", "scene"),
        ("Negative Prompt", "negative_prompt"),
        ("aspectRatio", "aspect_ratio"),
        ("Nb Frames", "frames"),
        ("durationSeconds", "duration"),
        ("actionText", "prompt"),
        ("Image URL", "image"),
        ("Plate Path", "source"),
        ("Audio", "audio"),
    ],
)
def test_spellings(header: str, name: str) -> None:
    """Case, spaces and the signs # . _ - ( ) make no difference to a header."""
    assert columns.place(["x", header], {})[0][name] == 1


@pytest.mark.parametrize(
    "header",
    [
        "#",
        "",
        "sound",
        "sfx",
        "music",
        "end frame",
        "last frame",
        "camera",
        "shot size",
        "dialogue",
        "model",
        "provider",
        "notes",
        "status",
        "priority",
        "video",
        "in",
        "cut out",
        "start",
    ],
)
def test_left_alone(header: str) -> None:
    """A header that means none of the columns, or half of a pair, is an extra."""
    assert columns.place(["prompt", header], {})[0] == {"prompt": 0}


@pytest.mark.parametrize(
    ("headers", "name"),
    [(["Prompt", "prompt"], "prompt"), (["Scene #", "Scene"], "scene"), (["Shot #", "SHOT"], "shot_id")],
)
def test_exact_beats_alike(headers: list[str], name: str) -> None:
    """Of two headers that compare alike the one that is spelt as listed is taken, although it stands behind."""
    assert columns.place(headers, {})[0][name] == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["cut in", "cut out", "in", "out"], {"first": 0, "last": 1}),
        (["In", "Out"], {"first": 0, "last": 1}),
        (["Frame Out", "Frame In", "Start", "End"], {"first": 1, "last": 0}),
        (["start", "end", "frames"], {"frames": 2}),
        (["start", "end", "frames", "dur"], {"duration": 3}),
        (["cut in", "frame out"], {}),
    ],
)
def test_lengths(headers: list[str], expected: dict[str, int]) -> None:
    """A length in seconds beats one in frames, which beats a whole pair of frame numbers."""
    places, _ = columns.place([*headers, "prompt"], {})
    assert {name: at for name, at in places.items() if name != "prompt"} == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"prompt": "Beschreibung"}, {"prompt": 1, "shot_id": 2, "frames": 3}),
        ({"prompt": " beschreibung "}, {"prompt": 1, "shot_id": 2, "frames": 3}),
        ({"prompt": "Name"}, {"prompt": 2, "frames": 3}),
        ({"duration": "Nb Frames"}, {"prompt": 0, "shot_id": 2, "frames": 3}),
        ({"duration": "Beschreibung"}, {"prompt": 0, "shot_id": 2, "duration": 1}),
    ],
)
def test_overrides(overrides: dict[str, str], expected: dict[str, int]) -> None:
    """[columns] beats the canonical name and the aliases, and what it names serves nothing else."""
    places, faults = columns.place(["prompt", "Beschreibung", "Name", "Nb Frames"], overrides)
    assert (places, faults) == (expected, [])


@pytest.mark.parametrize(
    ("headers", "overrides", "row", "column", "told"),
    [
        (["prompt", "Bild"], {"image": "Bilder"}, 1, "image", "did you mean 'Bild'"),
        (["prompt"], {"promt": "prompt"}, 0, "promt", "did you mean 'prompt'"),
        (["prompt"], {"zzz": "prompt"}, 0, "zzz", "knows no column of this name: shot_id, scene"),
        (["prompt", "a"], {"image": "a", "source": "A"}, 1, "source", "two columns"),
        (["promt", "a"], {}, 1, "prompt", "no column holds the prompts.*did you mean 'promt'"),
        (["a", "b"], {"prompt": "c"}, 1, "prompt", "does not have"),
    ],
)
def test_faults(headers: list[str], overrides: dict[str, str], row: int, column: str, told: str) -> None:
    """What [columns] or the header gets wrong is one fault that names what would be right."""
    [fault] = columns.place(headers, overrides)[1]
    assert (fault.row, fault.column) == (row, column)
    assert re.search(told, fault.message)


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_encodings(encoding: str, delimiter: str, ending: str) -> None:
    """Any delimiter in any encoding with any line end gives the same shots, the rows counted as a person does."""
    rows = [["shot_id", "prompt", "notes"], ["1", f"Café – “naïve”,{ending}zwei; drei | vier", "x"], ["2", "b", "y"]]
    shots = board(encoded(written(rows, delimiter=delimiter, lineterminator=ending), encoding)).shots
    assert [(shot.row, shot.prompt) for shot in shots] == [(2, "Café – “naïve”,\nzwei; drei | vier"), (4, "b")]


@given(
    prompts=st.lists(st.text(LETTERS | st.sampled_from('\n\t,;|" '), min_size=1), min_size=1, max_size=4),
    extra=st.text(LETTERS | st.sampled_from('\n\t,;|" ')),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS[:5]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_round_trip(prompts: list[str], extra: str, delimiter: str, encoding: str, quoting: Any) -> None:
    """Any text that a CSV writer puts in a prompt comes back, but for white space around it; an extra as it was."""
    assume(all(text.strip() for text in prompts))
    cells = [[text.replace("{", "{{").replace("}", "}}"), extra] for text in prompts]
    data = encoded(written([["prompt", "notes"], *cells], delimiter=delimiter, quoting=quoting), encoding)
    shots = board(data).shots
    assert [shot.prompt for shot in shots] == [text.strip() for text in prompts]
    assert {shot.extras["notes"] for shot in shots} == {extra}


def test_line_numbers() -> None:
    """A row's number is the line it begins at, past quoted newlines, blank lines and rows of empty cells."""
    data = '\n"prompt","no\ntes"\r\n"a\n\nb",x\n\n , \nc,y\r\n"d\re",\n'
    shots = board(data).shots
    assert [(shot.row, shot.prompt) for shot in shots] == [(4, "a\n\nb"), (9, "c"), (10, "d\ne")]
    assert shots[0].extras == {"no\ntes": "x"}


def test_reading_goes_on() -> None:
    """After a wrong quote the rows below are read and their faults told."""
    faults = faults_of('prompt,size\n"a" b,1\nc,2\nd,"3\n')
    assert [(fault.row, fault.column) for fault in faults] == [(2, ""), (3, "size"), (4, "")]


def test_empty_columns() -> None:
    """Columns with neither header nor content, surplus cells without content and missing cells are no fault."""
    read_board = board("prompt,,notes,,\na, ,x,,\nb\nc,,z,,, ,\n")
    assert read_board.extra_columns == ("notes",)
    assert [shot.extras["notes"] for shot in read_board.shots] == ["x", "", "z"]


@pytest.mark.parametrize(("length", "right"), [(200_000, True), (200_001, False)])
def test_long_cell(length: int, right: bool) -> None:
    """A cell takes 200,000 characters and not one more, and the fault says so without repeating the cell."""
    data = f"prompt,notes\na,{'x' * length}\n"
    if right:
        assert len(board(data).shots[0].extras["notes"]) == length
    else:
        [fault] = faults_of(data)
        assert (fault.row, fault.column, len(fault.value)) == (2, "notes", 200)
        assert "200,001 characters; a cell takes at most 200,000" in fault.message


@pytest.mark.parametrize("name", ["board.csv", "board.parquet"])
def test_too_many_rows(name: str) -> None:
    """More than a hundred thousand rows are one fault that names the limit."""
    data = b"prompt\n" + b"a\n" * 100_001
    [fault] = faults_of(data if name == "board.csv" else parquet({"prompt": ["a"] * 100_001}), name)
    assert "100,000" in fault.message


def test_kitsu() -> None:
    """A shot list as Kitsu writes it reads as it is; the frame numbers are carried, not joined."""
    header = "Episode,Sequence,Name,Description,Nb Frames,Frame In,Frame Out"
    shot = shot_of(header, "E01,SQ01,SH01,A fox wakes.,48,0,100")
    assert (shot.shot_id, shot.scene, shot.prompt, str(shot.seconds)) == ("SH01", "SQ01", "A fox wakes.", "2.000")
    assert shot.extras == {"Episode": "E01", "Frame In": "0", "Frame Out": "100"}


def test_columns_setting() -> None:
    """[columns] names the user's own headers, also to tell the delimiter."""
    data = "Nr, alt;Beschreibung, kurz;prompt\n1;ein Hund, rot;x\n"
    overrides = {"shot_id": "Nr, alt", "prompt": "Beschreibung, kurz"}
    [shot] = board(data, columns=overrides).shots
    assert (shot.shot_id, shot.prompt, shot.extras) == ("1", "ein Hund, rot", {"prompt": "x"})
