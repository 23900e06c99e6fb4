"""What is seen and heard in drawn clips, and what is not."""

import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tasks.animatic.renderer import render
from tasks.config import Limits, load_settings
from tasks.domain.errors import ConfigError
from tasks.domain.shot import Size
from tasks.media.looks.look import WORDS, Sent, look
from tests.tasks.clips import good, order
from tests.tasks.media.looks import corpus
from tests.tasks.media.looks.corpus import Clip

TEXT = (Path(__file__).parents[4] / "docs" / "looked-at.md").read_text(encoding="utf-8")
TOLD = re.findall(r"^\| ([a-z ]+) \| (\S.*?) \| (\d+) of (\d+) \|$", TEXT, re.MULTILINE)
CLEAN = re.search(r"Of (\d+) clean clips (\d+) are marked", TEXT)
EACH = 3  # drawn clips of each fault in each length
FEW = (
    *("black 1 s 1", "frozen 0.3 s 1", "frozen 1 s 1", "cut inside 0.3 s 1", "strobing 12 Hz, 1 s 1"),
    "strobing 3 Hz, 1 s 2",
    *("bars 6 % 1", "silent 1 s 1", "clipping 1 s 0", "off the reference the first 0"),
)
KINDS = ("fade", "lightning", "dark scene", "slow motion", "animatic", "title card", "from a picture")


def seen(clip: Clip, folder: Path) -> str:
    """What a look at a clip of the corpus says."""
    path = folder / "clip.mp4"
    return look(path, clip.write(path), Limits())


@pytest.mark.parametrize("clip", [c for c in corpus.faulty(EACH) if str(c) in FEW], ids=str)
def test_a_fault_is_told_and_nothing_else(clip: Clip, tmp_path: Path) -> None:
    """A clip with one planted fault is marked with it alone."""
    assert seen(clip, tmp_path) == clip.fault


@pytest.mark.parametrize("clip", [c for c in corpus.clean(15) if c.kind in KINDS], ids=str)
def test_a_clean_clip_is_not_marked(clip: Clip, tmp_path: Path) -> None:
    """A clip without a fault has no mark: title cards and camera moves of the built-in renderer among them."""
    assert seen(clip, tmp_path) == ""


@pytest.mark.parametrize("grain", [0.0, 9.0])
def test_what_repeats_is_frozen_though_it_is_coded_afresh(grain: float, tmp_path: Path) -> None:
    """A picture that stands for more than a second is frozen in a clip of short groups of pictures too: each begins
    with the same picture in other bytes."""
    random, moved = np.random.default_rng(1), corpus.moving(1, seconds=2.5)
    shown = [np.clip(one + random.normal(0, grain, one.shape), 0, 255).astype(np.uint8) for one in moved]
    shown[20:50] = [shown[20]] * 30
    corpus.encode(tmp_path / "clip.mp4", shown, options={"preset": "medium", "crf": "30", "g": "12"})
    assert look(tmp_path / "clip.mp4", Sent(), Limits()) == "frozen"


@pytest.mark.parametrize("speed", [0.12, 0.04, 0.02])
def test_slow_motion_is_not_frozen(speed: float, tmp_path: Path) -> None:
    """What moves by a fifth of a pixel a second does not repeat, though no picture differs from the one before."""
    corpus.encode(tmp_path / "clip.mp4", corpus.moving(21, speed=speed)[:72], options={"preset": "medium", "crf": "20"})
    assert look(tmp_path / "clip.mp4", Sent(), Limits()) == ""


@pytest.mark.parametrize(("prompt", "seconds"), [("tilt up slowly ", "3"), ("push in", "12")])
def test_a_move_that_comes_to_rest_is_not_frozen(prompt: str, seconds: str, tmp_path: Path) -> None:
    """A camera that slows down to a stop has no halt."""
    picture = corpus.jpeg(np.asarray(corpus.painting(len(prompt))))
    render(order("kenburns", prompt, seconds, Size(320, 180)), tmp_path / "clip.mp4", frame=picture)
    assert look(tmp_path / "clip.mp4", Sent(), Limits()) == ""


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_the_table_is_what_is_seen(tmp_path: Path) -> None:
    """The table in the documents tells how many of the drawn faults are found, and how many clean clips are marked."""
    found, all_of = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for clip in corpus.faulty(EACH):
        said = seen(clip, tmp_path)
        assert said in ("", clip.fault), str(clip)
        found[clip.fault, clip.told] += said == clip.fault
        all_of[clip.fault, clip.told] += 1
    told = {(fault, what): (int(some), int(all_)) for fault, what, some, all_ in TOLD}
    assert told == {name: (found[name], all_of[name]) for name in all_of}


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_clean_clips_are_not_marked(tmp_path: Path) -> None:
    """Of two hundred clean clips as many are marked as the documents say."""
    assert CLEAN is not None
    marked = {str(clip): said for clip in corpus.clean(int(CLEAN[1])) if (said := seen(clip, tmp_path))}
    assert len(marked) == int(CLEAN[2]), marked


def test_every_limit_is_told_with_its_reason() -> None:
    """The documents list each limit with its default, its reason and its source, in the words of the code."""
    for one in fields(Limits):
        line = f"| `{one.name}` | {one.default:g} | {one.metadata['why']} | {one.metadata['source']} |"
        assert line in TEXT, line
    assert all(f"`{word}`" in TEXT for word in WORDS)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "nothing"),
        (b"<html>" * 100, "a web page"),
        (good()[: len(good()) // 2], "half a clip"),
        (good().replace(b"avc1", b"xxxx"), "no codec"),
    ],
)
def test_what_does_not_decode_has_no_mark(data: bytes, what: str, tmp_path: Path) -> None:
    """A file that cannot be looked at is not marked, and raises nothing."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    assert look(path, Sent(first=b"no picture", last=b"none", sound=True), Limits()) == "", what


def test_a_look_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    """The walk through a clip ends at the next picture once it is given up."""
    [clip] = [one for one in corpus.faulty(1) if str(one) == "black 3 s 0"]
    clip.write(tmp_path / "clip.mp4")
    asked: list[int] = []
    look(tmp_path / "clip.mp4", Sent(), Limits(), over=lambda: bool(asked.append(1) or len(asked) > 2))
    assert len(asked) == 3


def test_bars_that_were_sent_are_no_fault(tmp_path: Path) -> None:
    """A picture that was sent between bars may stay there."""
    pictures = corpus.barred(1, 0.12)
    corpus.encode(tmp_path / "clip.mp4", pictures)
    assert look(tmp_path / "clip.mp4", Sent(), Limits()) == "bars"
    assert look(tmp_path / "clip.mp4", Sent(first=corpus.jpeg(pictures[0])), Limits()) == ""


def test_sound_that_was_asked_for_and_is_not_there(tmp_path: Path) -> None:
    """A clip without a track is silent where sound was asked for, and nowhere else."""
    corpus.encode(tmp_path / "clip.mp4", corpus.moving(3, seconds=1.0))
    assert look(tmp_path / "clip.mp4", Sent(sound=True), Limits()) == "silent"
    assert look(tmp_path / "clip.mp4", Sent(), Limits()) == ""


def test_the_last_picture_counts_where_one_was_sent(tmp_path: Path) -> None:
    """A clip that begins as it should and ends elsewhere is off the reference."""
    pictures = corpus.moving(4, seconds=1.0)
    corpus.encode(tmp_path / "clip.mp4", pictures)
    first, last, other = (corpus.jpeg(one) for one in (pictures[0], pictures[-1], corpus.moving(90)[0]))
    assert look(tmp_path / "clip.mp4", Sent(first=first, last=last), Limits()) == ""
    assert look(tmp_path / "clip.mp4", Sent(first=first, last=other), Limits()) == "off the reference"


def test_several_flaws_stand_side_by_side(tmp_path: Path) -> None:
    """Words of one clip are divided by a comma."""
    black = [np.zeros((90, 160, 3), np.uint8)] * 24
    corpus.encode(tmp_path / "clip.mp4", black)
    assert look(tmp_path / "clip.mp4", Sent(sound=True), Limits()) == "black, silent"


def test_limits_are_set_in_the_config(tmp_path: Path) -> None:
    """``[quality]`` takes every limit; what it does not know, or what is out of range, is a fault with its place."""
    file = tmp_path / "own.toml"
    file.write_text('[quality]\nlook = false\non_bad = "next"\nfrozen_s = 4\n')
    told = load_settings(file, {}).quality
    assert (told.look, told.on_bad, told.limits.frozen_s, told.limits.black_s) == (False, "next", 4.0, 0.1)
    file.write_text('[quality]\non_bad = "throw"\nfrozen = 4\nblack_share = 2\n')
    with pytest.raises(ConfigError) as raised:
        load_settings(file, {})
    columns = [fault.column for fault in raised.value.faults]
    assert columns == ["quality.on_bad", "quality.frozen", "quality.black_share"]
