"""Containers by their first bytes, and whether a file is all of one; HLS lists; what is remuxed."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.domain.errors import MediaError
from tasks.media import hls, remux
from tasks.media import probe as video
from tasks.media.containers import kind_of
from tasks.views.reel.parts import Part, local
from tasks.views.reel.reel import join
from tests.sandbox import containers
from tests.tasks.clips import good

KIND = {
    "webm-vp9": "webm",
    "mkv-h264": "mkv",
    "mov-h264": "mov",
    "ts-h264": "ts",
    "frag-h264": "fmp4",
    "mp4-hevc": "mp4",
}
LIST = "https://m.example/a/list.m3u8?sig=1"


@pytest.mark.parametrize("kind", KIND)
def test_a_container_is_known_by_its_first_bytes(tmp_path: Path, kind: str) -> None:
    """Whatever it is named or said to be."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(containers.made(kind))
    assert kind_of(path) == KIND[kind] and video.is_whole(path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("kind", KIND)
def test_a_cut_file_is_not_whole(tmp_path: Path, kind: str, share: float) -> None:
    """Cut anywhere it is a MediaError, never a shorter clip."""
    path, data = tmp_path / "clip", containers.made(kind)
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(MediaError):
        remux.playable(path)
    assert not video.is_whole(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["webm-vp9", "mkv-h264", "ts-h264", "mov-h264"]), data=st.data())
def test_a_damaged_file_ends_in_words(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    """Bytes changed anywhere: a clip or a MediaError, nothing else."""
    whole = bytearray(containers.made(kind))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "clip"
    path.write_bytes(whole)
    try:
        made = remux.playable(path)
    except MediaError:
        return
    assert made.probe.seconds > 0
    remux.forget(made)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["0.ts", "1.ts"], ["https://m.example/a/0.ts", "https://m.example/a/1.ts"]),
        (["/b/0.ts?x=1"], ["https://m.example/b/0.ts?x=1"]),
        (["https://m.example/0.ts"], ["https://m.example/0.ts"]),
    ],
)
def test_a_list_names_its_parts(names: list[str], wanted: list[str]) -> None:
    """In order, against the address of the list."""
    assert list(hls.listed(containers.playlist(names).decode(), LIST).parts) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (containers.playlist(["https://other.example/0.ts"]), "own host"),
        (containers.playlist(["http://m.example/0.ts"]), "own host"),
        (containers.playlist(["https://m.example:444/0.ts"]), "own host"),
        (containers.playlist(["file:///etc/passwd"]), "own host"),
        (containers.playlist(["0.ts"], end=False), "no end"),
        (containers.playlist([]), "names 0 parts"),
        (containers.playlist([f"{n}.ts" for n in range(2001)]), "names 2,001 parts"),
        (containers.playlist(["0.ts"], '#EXT-X-KEY:METHOD=AES-128,URI="k"'), "encrypted"),
        (containers.playlist(["0.ts"], "#EXT-X-BYTERANGE:10@0"), "parts of files"),
    ],
)
def test_a_list_that_is_not_taken(text: bytes, words: str) -> None:
    """Parts elsewhere, without end or number, encrypted or in pieces are told in words."""
    with pytest.raises(MediaError, match=words):
        hls.listed(text.decode(), LIST)


def test_the_best_of_several_lists_is_taken_and_a_head_comes_first() -> None:
    """The highest bandwidth; the initialisation of fragmented parts before them."""
    best = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nlow\n#EXT-X-STREAM-INF:BANDWIDTH=10,X="a,b"\nhigh\n'
    assert hls.listed(best, LIST).better == "https://m.example/a/high"
    text = containers.playlist(["1.m4s"], '#EXT-X-MAP:URI="init.mp4"').decode()
    assert hls.listed(text, LIST).parts == ("https://m.example/a/init.mp4", "https://m.example/a/1.m4s")


@pytest.mark.parametrize(("kind", "cards"), [("webm-vp9", 1), ("mkv-vp8", 1), ("frag-h264", 0), ("mov-prores", 0)])
def test_the_reel_has_a_card_for_what_it_cannot_join(tmp_path: Path, kind: str, cards: int) -> None:
    """Beside a plain clip the reel keeps its length, whatever container the other one is in."""
    (tmp_path / "a").write_bytes(good())
    (tmp_path / "b").write_bytes(containers.made(kind))
    half = Fraction("0.5")
    made = join([Part(name, half, local(tmp_path / name), "", "") for name in "ab"], tmp_path / "reel.mp4")
    assert (made.cards, made.seconds) == (cards, 1.0)
