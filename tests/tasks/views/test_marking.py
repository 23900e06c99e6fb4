"""What a reel says of its making: in words, and signed where a config names a signer."""

import json
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest

from tasks.config.mark import MarkSettings
from tasks.config.settings import load_settings
from tasks.domain.errors import ConfigError
from tasks.domain.progress import Progress
from tasks.domain.request import select_views
from tasks.manifest import MANIFEST
from tasks.media.origin import TRAINED, read_origin
from tasks.storage.store import Store
from tasks.views.marking import words_of
from tasks.views.publish import ViewPublisher
from tasks.views.reel.seal import read_seal
from tests.tasks.clips import good
from tests.tasks.signers import WHO, signer


def row(provider: str, clip: str = "clips/a.mp4") -> dict[str, Any]:
    return {"provider": provider, "model": "sora-2", "clip": clip}


@pytest.mark.parametrize(
    ("rows", "words", "source"),
    [
        ([row("pixazo"), row("animatic")], "Made by trained algorithms (sora-2 at pixazo)", "/trainedAlgorithmicMedia"),
        ([row("animatic"), row("fal", "")], "Drawn by animatic", "/algorithmicMedia"),
        ([row(f"g{n}") for n in range(30)], "and others)", "/trainedAlgorithmicMedia"),
    ],
)
def test_words_name_the_models(rows: list[dict[str, Any]], words: str, source: str) -> None:
    """The models of the clips in the cut, and the source by its address in the vocabulary."""
    assert words in words_of(rows) and words_of(rows).endswith(source)


def film(folder: Path) -> Store:
    """A target with one clip and its row."""
    store = Store(str(folder / "film"))
    store.write("clips/a.mp4", good())
    kinds = {"text": "", "time": "", "usd": "0.00"}
    told = {"shot_id": "a", "status": "rendered", "mode": "text_to_video", "clip": "clips/a.mp4", "provider": "pixazo"}
    told |= {"duration_s": 0.5, "requested_s": 0.5, "fps": 24.0, "model": "sora-2"}
    shot = {name: told.get(name, kinds.get(kind)) for name, kind in MANIFEST.items()}
    store.write("manifest.json", json.dumps({"schema_version": 2, "shots": [shot]}).encode())
    return store


async def publish(folder: Path, mark: MarkSettings | None) -> list[str]:
    said: list[str] = []
    scratch = folder / "scratch"
    scratch.mkdir()
    publisher = ViewPublisher(film(folder), scratch, Progress(listen=said.append), mark=mark)
    assert await publisher.make(select_views(["reel"])) == []
    return said


async def test_a_reel_without_a_signer_says_it_in_words(tmp_path: Path) -> None:
    """In the comment of its metadata."""
    await publish(tmp_path, None)
    with av.open(str(tmp_path / "film" / "reel.mp4")) as container:
        assert "sora-2 at pixazo" in container.metadata["comment"]
    assert read_origin(tmp_path / "film" / "reel.mp4") == ""


def files(folder: Path, *, key: bytes = signer().key) -> MarkSettings:
    (folder / "film.pem").write_bytes(signer().certificate)
    (folder / "film.key").write_bytes(key)
    return MarkSettings(folder / "film.pem", folder / "film.key", clips=True)


async def test_a_reel_is_signed(tmp_path: Path) -> None:
    """And a copy of its clip, as made by a trained algorithm; the clip itself stays as it was delivered."""
    assert await publish(tmp_path, files(tmp_path)) == []
    target = tmp_path / "film"
    for name in ("reel.mp4", "marked/a.mp4"):
        with (target / name).open("rb") as file, c2pa.Reader("video/mp4", file) as reader:
            told = json.loads(reader.json())
        active = told["manifests"][told["active_manifest"]]
        assert [one["title"] for one in active["ingredients"]] == ["clips/a.mp4"]
        assert TRAINED in json.dumps(active["assertions"])
        assert read_origin(target / name) == f"C2PA by {WHO} (storyreel)"
    assert (target / "clips/a.mp4").read_bytes() == good()
    assert read_seal(Store(str(target)), "reel.mp4")


async def test_a_reel_that_cannot_be_signed_is_made(tmp_path: Path) -> None:
    """It is told why it bears no signature."""
    [line] = await publish(tmp_path, files(tmp_path, key=b"no key"))
    assert line.startswith("reel.mp4: cannot be signed: ")
    assert read_origin(tmp_path / "film" / "reel.mp4") == ""
    assert not read_seal(Store(str(tmp_path / "film")), "reel.mp4")  # so that the next run signs it


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('certificate = "film.pem"', "mark.key: is missing"),
        ('certificate = "film.pem"\nkey = "gone.key"', "mark.key 'gone.key': is not there"),
        ('certificate = "film.pem"\nkey = "film.key"\nclip = true', "clip"),
    ],
)
def test_what_is_wrong_with_a_signer_is_told(tmp_path: Path, text: str, words: str) -> None:
    """With the config's other faults, before anything starts."""
    files(tmp_path)
    (tmp_path / "c.toml").write_text(f"[mark]\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "c.toml", {})
    assert words in str(caught.value)


def test_a_signer_lies_beside_its_config(tmp_path: Path) -> None:
    """Paths are from the folder of the config."""
    wanted = files(tmp_path)
    (tmp_path / "c.toml").write_text('[mark]\ncertificate = "film.pem"\nkey = "film.key"\nclips = true\n')
    assert load_settings(tmp_path / "c.toml", {}).mark == wanted
    assert load_settings(None, {}).mark is None
