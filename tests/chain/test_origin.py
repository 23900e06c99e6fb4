"""A clip that a gateway signed: bought, kept byte for byte, and its signer told."""

import pytest

from tasks.domain.errors import ConfigError
from tests.chain.conftest import Studio
from tests.sandbox import containers
from tests.tasks.signers import WHO, signer


@pytest.mark.parametrize(("kind", "told"), [("signed", f"C2PA by {WHO} (storyreel)"), ("mp4-mpeg4", "")])
async def test_whose_credentials_a_clip_carries(studio: Studio, kind: str, told: str) -> None:
    """The column `origin` says by whom it is signed, and is empty where it is not; nothing in the clip is changed."""
    studio.faults({"do": "container", "shape": kind})
    outcome = await studio.one("pixazo")
    assert outcome.row["origin"] == told
    assert (studio.target / outcome.row["clip"]).read_bytes() == containers.made(kind)


@pytest.mark.parametrize(
    "broken",
    [{"certificate": b"-----BEGIN NOTHING-----"}, {"key": b"no key"}, {"key": signer("Somebody else").key}],
    ids=["certificate", "key", "another's key"],
)
async def test_who_cannot_sign_is_told_before_anything_is_bought(studio: Studio, broken: dict[str, bytes]) -> None:
    """A certificate or a key that is none ends a run, and a plan, before its first order."""
    config = studio.config("pixazo")
    pems = {"certificate": signer().certificate, "key": signer().key, **broken}
    for name, pem in pems.items():
        (config.parent / f"{name}.pem").write_bytes(pem)
    config.write_text(config.read_text() + '\n[mark]\ncertificate = "certificate.pem"\nkey = "key.pem"\n')
    with pytest.raises(ConfigError, match=r"mark\.certificate.*cannot be used to sign"):
        await studio.plan(studio.board("x"), config)
    assert (await studio.render(studio.board("x"), config)).code == 2
    assert studio.box.jobs() == [] and not studio.target.exists()
