import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageOps

from tasks.config.settings import load_settings
from tasks.storyboard.reader import read
from tests.draw_samples import PICTURES, twin

DATA = Path(__file__).parent.parent / "data"
BOARDS = {"lighthouse.csv": ",", "sneaker_ad.csv": ";", "kite.csv": ","}


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=BOARDS[name], strict=True))


def image_names() -> list[str]:
    named = [row["image"] for row in (*rows_of("lighthouse.csv"), *rows_of("kite.csv"))]
    named += [row["Reference"] for row in rows_of("sneaker_ad.csv")] + [
        row["last_image"] for row in rows_of("kite.csv")
    ]
    cast = load_settings(DATA / "kite.toml", {}).cast.values()
    return list(dict.fromkeys(name for name in (*named, *(one for member in cast for one in member.images)) if name))


@pytest.mark.parametrize("board", BOARDS)
def test_every_row_has_as_many_cells_as_the_header(board: str) -> None:
    """No prompt of a sample breaks its row: a comma or semicolon in it is quoted."""
    with (DATA / board).open(newline="", encoding="utf-8") as file:
        widths = {len(row) for row in csv.reader(file, delimiter=BOARDS[board], strict=True)}
    assert len(widths) == 1


def test_the_parquet_board_is_the_csv_board() -> None:
    """The Parquet sample holds the same text in the same columns, cell by cell."""
    table = pq.read_table(DATA / "lighthouse.parquet")
    assert table.to_pylist() == rows_of("lighthouse.csv")
    assert {str(kind) for kind in table.schema.types} == {"string"}


def test_the_twin_of_a_changed_board_is_changed(tmp_path: Path) -> None:
    """The writer of the Parquet sample follows its CSV, numbers and empty cells staying text."""
    board = tmp_path / "board.csv"
    board.write_text('shot_id,duration,note\n001,4,"a, b"\n002,,\n', encoding="utf-8")
    twin(board)
    assert pq.read_table(tmp_path / "board.parquet").to_pylist() == [
        {"shot_id": "001", "duration": "4", "note": "a, b"},
        {"shot_id": "002", "duration": "", "note": ""},
    ]


@pytest.mark.parametrize("name", image_names())
def test_every_image_of_a_board_opens_and_is_small(name: str) -> None:
    """An image that a sample names is there, decodes to its last byte, and weighs under 150 kB."""
    path = DATA / name
    assert path.stat().st_size < 150_000
    with Image.open(path) as image:
        image.load()


def test_no_image_is_left_over() -> None:
    """Every picture drawn is named by a board, and every picture named is drawn."""
    named = {Path(name).name for name in image_names()}
    assert named == set(PICTURES) == {path.name for path in (DATA / "images").iterdir()}


def test_the_pictures_differ_as_real_ones_do() -> None:
    """The samples hold three formats, one image turned by its EXIF tag and one of another shape than 16:9."""
    kinds, turned, odd = set(), [], []
    for row in filter(lambda row: row["image"], rows_of("lighthouse.csv")):
        with Image.open(DATA / row["image"]) as image:
            kinds.add(image.format)
            turned += [row["shot_id"]] if image.getexif().get(0x0112, 1) != 1 else []
            upright = ImageOps.exif_transpose(image)
        odd += [row["shot_id"]] if abs(upright.width / upright.height - 16 / 9) > 0.03 else []
    assert (kinds, turned, odd) == ({"JPEG", "PNG", "WEBP"}, ["sh090"], ["sh020"])


def test_the_advertisement_stands_upright() -> None:
    """Every reference of the vertical board is 9:16."""
    for row in filter(lambda row: row["Reference"], rows_of("sneaker_ad.csv")):
        with Image.open(DATA / row["Reference"]) as image:
            assert image.width * 16 == image.height * 9, row["Shot"]


def test_the_advertisement_is_joined_from_columns() -> None:
    """The config beside the board joins what is seen and how the camera moves; an empty cell leaves nothing behind."""
    board = (DATA / "sneaker_ad.csv").read_bytes()
    shots = read(board, "sneaker_ad.csv", load_settings(DATA / "sneaker_ad.toml", {}), "data").shots
    assert shots[1].prompt.startswith("Macro: A mint shoe from the heel;")
    assert shots[1].prompt.endswith("Camera: glide low along the sole, past the stitching, towards the laces.")
    assert shots[3].prompt.startswith("A midnight-blue shoe")
    assert "Camera" not in shots[4].prompt
    assert not any(stray in shot.prompt for shot in shots for stray in (": .", "..", "  "))


def test_the_kite_film_uses_what_a_row_can_name() -> None:
    """A chain of continues, a first and a last picture, and two of a cast: in words and as pictures."""
    board = read((DATA / "kite.csv").read_bytes(), "kite.csv", load_settings(DATA / "kite.toml", {}), str(DATA))
    shots = {shot.shot_id: shot for shot in board.shots}
    followed = {name: shot.continues for name, shot in shots.items() if shot.continues}
    assert followed == {"KT-020": "KT-010", "KT-030": "KT-020", "KT-050": "KT-040"}
    assert [name for name, shot in shots.items() if shot.last_image] == ["KT-040"]
    shown = {name: [one.name for one in shot.references] for name, shot in shots.items() if shot.references}
    assert shown == {"KT-010": ["mira"], "KT-020": ["mira"], "KT-030": ["fox"], "KT-060": ["mira", "fox"]}
    assert shots["KT-030"].prompt.startswith("a red fox with a cream chest and dark paws looks up")
    assert not any("{" in shot.prompt or ",," in shot.prompt for shot in board.shots)


def test_the_film_in_numbers() -> None:
    """The lighthouse film is 10 shots in 3 scenes, 48 seconds, and mixes all three modes."""
    rows = rows_of("lighthouse.csv")
    modes = ["remix" if row["source"] else "image_to_video" if row["image"] else "text_to_video" for row in rows]
    assert len({row["shot_id"] for row in rows}) == 10
    assert len({row["scene"] for row in rows}) == 3
    assert sum(int(row["duration"]) for row in rows) == 48
    assert [modes.count(mode) for mode in ("image_to_video", "text_to_video", "remix")] == [6, 3, 1]
    assert all(row["mode"] in ("", mode) for row, mode in zip(rows, modes, strict=True))
    assert "" in {row["mode"] for row in rows}


def test_a_remix_starts_from_a_shot_of_the_same_film() -> None:
    """The source of each remix is another row, and that row is no remix itself."""
    rows = {row["shot_id"]: row for row in rows_of("lighthouse.csv")}
    sources = {shot: row["source"] for shot, row in rows.items() if row["source"]}
    assert sources == {"sh080": "sh050"}
    assert not rows["sh050"]["source"]


def test_the_samples_stay_small() -> None:
    """The folder that everybody clones holds less than 2 MB."""
    samples = [*DATA.glob("*.csv"), *DATA.glob("*.parquet"), *(DATA / "images").iterdir()]
    assert sum(path.stat().st_size for path in samples) < 2_000_000
