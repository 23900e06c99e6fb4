"""Content credentials: found in clips, written into copies of our own, and read back by the library's own reader."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest

from tasks.domain.errors import MediaError
from tasks.media import origin
from tests.tasks.clips import good
from tests.tasks.signers import WHO, signer


def signed(path: Path, *clips: Path) -> Path:
    path.write_bytes(good())
    origin.sign(path, signer(), [(one.name, one) for one in clips])
    return path


def credentials(path: Path) -> tuple[dict[str, Any], str]:
    """The active manifest, and whether it holds, by the library's reader."""
    with path.open("rb") as file, c2pa.Reader("video/mp4", file) as reader:
        told = json.loads(reader.json())
        return told["manifests"][told["active_manifest"]], str(reader.get_validation_state())


def copied(path: Path, out: Path) -> Path:
    """The packets in a new mp4."""
    with av.open(str(path)) as source, av.open(str(out), "w") as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    return out


def encoded(path: Path, out: Path) -> Path:
    """The pictures, encoded anew."""
    with av.open(str(path)) as source, av.open(str(out), "w") as sink:
        shape = source.streams.video[0]
        stream = sink.add_stream("libx264", rate=24, width=shape.width, height=shape.height)
        stream.pix_fmt = "yuv420p"
        for frame in source.decode(shape):
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode())
    return out


def test_a_plain_clip_has_none(tmp_path: Path) -> None:
    """Most clips come without."""
    (tmp_path / "a.mp4").write_bytes(good())
    assert origin.read_origin(tmp_path / "a.mp4") == ""


def test_who_signed_is_read(tmp_path: Path) -> None:
    """By the name in the certificate, and the program that made the claim."""
    assert origin.read_origin(signed(tmp_path / "a.mp4")) == f"C2PA by {WHO} (storyreel)"


def test_it_says_how_it_was_made_and_of_what(tmp_path: Path) -> None:
    """A trained algorithm made it, and the clips in it are its ingredients; their own credentials stay with them."""
    clip = signed(tmp_path / "clip.mp4")
    (tmp_path / "plain.mp4").write_bytes(good())
    manifest, state = credentials(signed(tmp_path / "reel.mp4", clip, tmp_path / "plain.mp4"))
    [actions] = [one["data"]["actions"] for one in manifest["assertions"] if one["label"].startswith("c2pa.actions")]
    assert (actions[0]["action"], actions[0]["digitalSourceType"]) == ("c2pa.created", origin.TRAINED)
    found = {one["title"]: one["relationship"] for one in manifest["ingredients"]}
    assert found == {"clip.mp4": "componentOf", "plain.mp4": "componentOf"}
    assert [bool(one.get("active_manifest")) for one in manifest["ingredients"]] == [True, False]
    assert state == "Valid"


def test_a_signed_reel_plays_as_before(tmp_path: Path) -> None:
    """Its packets are the same."""
    (tmp_path / "a.mp4").write_bytes(good())
    with av.open(str(tmp_path / "a.mp4")) as plain, av.open(str(signed(tmp_path / "b.mp4"))) as marked:
        assert [bytes(one) for one in plain.demux()] == [bytes(one) for one in marked.demux()]


def test_what_was_changed_does_not_hold(tmp_path: Path) -> None:
    """One changed byte of the picture is told."""
    path = signed(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 200
    data[at] ^= 1
    path.write_bytes(data)
    assert origin.read_origin(path).endswith("which does not hold")


@pytest.mark.parametrize(
    ("how", "left"), [(lambda path, out: path.rename(out), True), (copied, False), (encoded, False)],
    ids=["renamed", "remuxed", "encoded anew"],
)  # fmt: skip
def test_what_survives(tmp_path: Path, how: Callable[[Path, Path], Path], left: bool) -> None:
    """As docs/origin.md has it: the file as it is keeps its credentials, another file of its packets has none."""
    assert bool(origin.read_origin(how(signed(tmp_path / "a.mp4"), tmp_path / "b.mp4"))) == left


@pytest.mark.parametrize(
    "data",
    [b"", b"x", bytes(8), b"\x00\x00\x00\x18uuid" + origin.UUID, b"\x00\x00\x00\x20uuid" + origin.UUID + b"\xff" * 8],
)
def test_whatever_a_file_holds_is_told(tmp_path: Path, data: bytes) -> None:
    """A box that claims to be credentials and is none ends in words."""
    (tmp_path / "a.mp4").write_bytes(data)
    found = origin.read_origin(tmp_path / "a.mp4")
    assert found == "" or found.startswith("C2PA, which cannot be read")


def test_a_signer_that_is_none(tmp_path: Path) -> None:
    """A key that is no key is told, and the reel is as it was."""
    (tmp_path / "a.mp4").write_bytes(good())
    with pytest.raises(MediaError, match="cannot be signed"):
        origin.sign(tmp_path / "a.mp4", origin.Signer(b"no", b"no"), [])
    assert (tmp_path / "a.mp4").read_bytes() == good()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


class Odd:
    """The library, of another edition: it ends in what nobody expects, or tells a manifest in another form."""

    C2paError = ValueError

    def __init__(self, manifest: object) -> None:
        self.manifest, self.Settings, self.Context = manifest, self, lambda settings: None

    def from_dict(self, settings: object) -> None:
        """Settings are as good as any."""

    @contextlib.contextmanager
    def Reader(self, *_: object, **__: object) -> Iterator["Odd"]:
        yield self

    def get_active_manifest(self) -> object:
        if isinstance(self.manifest, Exception):
            raise self.manifest
        return self.manifest

    def get_validation_state(self) -> str:
        return "Valid"


@pytest.mark.parametrize(
    "manifest",
    [RuntimeError("a panic"), {"signature_info": "somebody"}, {"claim_generator_info": ["a camera"]}, ["a list"]],
    ids=["another exception", "a signer that is text", "a generator that is text", "no table"],
)
def test_a_library_that_surprises_costs_no_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: object
) -> None:
    """A clip that was paid for is kept and booked whatever its credentials do to their reader."""
    path = signed(tmp_path / "a.mp4")
    monkeypatch.setattr(origin, "_library", lambda: Odd(manifest))
    assert origin.read_origin(path).startswith("C2PA, which cannot be read: ")
