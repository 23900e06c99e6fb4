"""A clip that a gateway signed: bought, kept byte for byte, and its signer told."""

import pytest

from tests.chain.conftest import Studio
from tests.sandbox import containers
from tests.tasks.signers import WHO


@pytest.mark.parametrize(("kind", "told"), [("signed", f"C2PA by {WHO} (storyreel)"), ("mp4-mpeg4", "")])
async def test_whose_credentials_a_clip_carries(studio: Studio, kind: str, told: str) -> None:
    """The column `origin` says by whom it is signed, and is empty where it is not; nothing in the clip is changed."""
    studio.faults({"do": "container", "shape": kind})
    outcome = await studio.one("pixazo")
    assert outcome.row["origin"] == told
    assert (studio.target / outcome.row["clip"]).read_bytes() == containers.made(kind)
