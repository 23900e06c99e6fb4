"""A paid clip in another container or codec, from order to target and reel, against the sandbox."""

import hashlib
from typing import Any

import pytest

from tasks.media import probe as video
from tests.chain.conftest import Outcome, Studio
from tests.sandbox import containers

KEPT = {"webm-vp9": "webm", "webm-vp8": "webm", "webm-av1": "webm", "mkv-vp8": "mkv", "mov-prores": "mov"}
KEPT |= {"frag-h264": "mp4", "mp4-hevc": "mp4", "mp4-av1": "mp4", "mp4-mpeg4": "mp4"}
REMUXED = {"mkv-h264": "mkv", "mov-h264": "mov", "ts-h264": "ts", "ts-hevc": "ts"}


async def bought(studio: Studio, kind: str, **more: Any) -> Outcome:
    studio.faults({"do": "container", "shape": kind})
    return await studio.one("pixazo", **more)


def clip_of(studio: Studio, outcome: Outcome) -> dict[str, Any]:
    """The row of the only shot: its clip lies at the target with the digest and the size that it tells."""
    row = outcome.row
    data = (studio.target / row["clip"]).read_bytes()
    assert (outcome.code, row["status"], outcome.told[0][:2]) == (0, "rendered", ("pixazo", "clip"))
    assert row["sha256"] == hashlib.sha256(data).hexdigest()
    return row


@pytest.mark.parametrize("kind", KEPT)
async def test_what_plays_or_fits_no_mp4_is_kept_as_it_came(studio: Studio, kind: str) -> None:
    """Under its own ending, with its own bytes."""
    row = clip_of(studio, await bought(studio, kind))
    assert row["clip"].endswith(f".{KEPT[kind]}")
    assert (studio.target / row["clip"]).read_bytes() == containers.made(kind)
    assert len(list((studio.target / "clips").iterdir())) == 1


@pytest.mark.parametrize("kind", REMUXED)
async def test_what_no_browser_plays_is_remuxed_beside_what_came(studio: Studio, kind: str) -> None:
    """An mp4 that plays, of the same length, and the delivered bytes."""
    row = clip_of(studio, await bought(studio, kind))
    assert row["clip"].endswith(".mp4") and 0.49 < video.probe(studio.target / row["clip"]).seconds < 0.56
    beside = studio.target / row["clip"].replace(".mp4", f".delivered.{REMUXED[kind]}")
    assert beside.read_bytes() == containers.made(kind)


async def test_an_hls_list_is_put_together(studio: Studio) -> None:
    """Its parts are fetched one behind the other, and what they come to plays."""
    row = clip_of(studio, await bought(studio, "hls"))
    beside = studio.target / row["clip"].replace(".mp4", ".delivered.ts")
    assert beside.read_bytes() == containers.made("ts-h264")


async def test_a_gif_is_no_video(studio: Studio) -> None:
    """It is none of the containers that a clip may come in: told, and its job charged as delivered."""
    outcome = await bought(studio, "gif")
    assert [one[1:3] for one in outcome.told][:1] == [("unclear", "Unclear")] or outcome.code == 1
