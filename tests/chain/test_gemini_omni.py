"""Gemini Omni: a clip that its reply names by address is fetched with the key, from the gateway itself."""

import pytest

from tests.chain.conftest import Studio


@pytest.mark.parametrize("shape", ["uri", "foreign_uri"])
async def test_a_files_address_counts_by_its_path(studio: Studio, shape: str) -> None:
    """Whatever host the reply names, the file is asked for below our own base."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "gemini_omni"})
    outcome = await studio.one("gemini_omni:gemini-omni-flash-preview")
    files = [one for one in studio.box.log() if "/files/" in one["path"]]
    assert (outcome.code, outcome.row["charge_basis"]) == (0, "reported"), outcome.told
    assert [(one["key"], one["path"].rpartition(":")[2]) for one in files] == [("omni", "download")]
    assert outcome.money() == studio.box.billed("gemini_omni")
