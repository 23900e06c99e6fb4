"""Gemini Omni: where its clip stands in the reply, by address or whole, and edits of a file."""

from decimal import Decimal

import pytest

from tests.chain.conftest import Studio
from tests.sandbox.media import clip

PREVIEW = "gemini:gemini-omni-flash-preview"


@pytest.mark.parametrize("shape", ["uri", "foreign_uri"])
async def test_a_files_address_counts_by_its_path(studio: Studio, shape: str) -> None:
    """Whatever host the reply names, the file is asked for below our own base."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "gemini"})
    outcome = await studio.one(PREVIEW)
    files = [one for one in studio.box.log() if "/files/" in one["path"]]
    assert (outcome.code, outcome.row["charge_basis"]) == (0, "reported"), outcome.told
    assert [(one["key"], one["path"].rpartition(":")[2]) for one in files] == [("mini", "download")]
    assert outcome.money() == studio.box.billed("gemini")


async def test_a_reply_that_is_large_for_the_clip_in_it_is_read_whole(studio: Studio) -> None:
    """2 MB of words beside it: asked again with room for a file, and bought once."""
    studio.faults({"do": "shape", "shape": "large", "gateway": "gemini"})
    outcome = await studio.one(PREVIEW)
    assert (outcome.code, len(outcome.orders())) == (0, 1), outcome.told
    assert outcome.row["charged_usd"] == studio.box.billed("gemini") == Decimal("0.40544")


async def test_a_small_file_is_edited_inline(studio: Studio) -> None:
    """At a target that signs nothing; the clip is as long as its source, and billed so."""
    (studio.folder / "a.mp4").write_bytes(clip((1280, 720), 4, "source"))
    config = studio.config(chain={"remix": ["gemini:gemini-omni-1.1-flash#edit"]})
    outcome = await studio.render(studio.board({"prompt": "at night", "source": "a.mp4"}), config)
    assert (outcome.code, outcome.money()) == (0, Decimal("0.40")) and studio.box.billed() == Decimal("0.40")
