"""Cuts of other editors, read by OpenTimelineIO, which the extra ``timeline`` installs.

Edit decision lists (.edl, CMX 3600) and projects of Final Cut Pro (.fcpxml): names or markers of clips are the prompts,
lengths are those of the cut.
"""

import importlib
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.otio import table_of_timeline
from tasks.storyboard.formats.text import decode

_CLIPS = frozenset(("asset-clip", "clip", "video", "ref-clip", "mc-clip", "sync-clip"))
_BESIDE = frozenset(("video", "ref-clip", "mc-clip"))  # of those that are connected to another
_INNER = _CLIPS | {"audio", "gap", "spine", "mc-source", "sync-source"}
_PLAIN = "storyreel-plain"  # the asset of what has none: a generator, a compound, a bare clip
_TIME = re.compile(r"\b\d{1,2}:\d{2}:\d{2}[:;]\d{1,3}\b")
MOST = 8_000_000  # bytes: the adapters hold a file as objects, fifty times its size


def read(board: Board) -> Table:
    """The table of a cut; a list of edits counts at the rate of the config. Raises ``BoardError`` when it is none."""
    if len(board.data) > MOST:
        raise BoardError(f"this cut has {len(board.data):,} bytes; at most {MOST:,} are read, so split it")
    bare = board.data.replace(b"\0", b"")
    if b"<!ENTITY" in bare:
        raise BoardError("this cut declares entities, which are not followed; export it again")
    text = decode(board.data)
    if b"<fcpxml" in bare:
        table = _read(_plain(text), "fcpx_xml")
        return replace(table, notes=(*table.notes, *_unread(text)))
    table = _read(text, "cmx_3600", rate=board.fps, ignore_timecode_mismatch=True)
    return replace(table, notes=(*table.notes, *_mismatched(text, board.fps)))


def _read(text: str, adapter: str, **options: Any) -> Table:
    try:
        otio = importlib.import_module("opentimelineio")
        found = otio.adapters.read_from_string(text, adapter_name=adapter, **options)
        written = otio.adapters.write_to_string(found, adapter_name="otio_json")
    except ImportError as error:
        told = f"cuts are read by OpenTimelineIO ({error}); install storyreel with its extra timeline"
        raise BoardError(told) from None
    except Exception as error:  # adapters trip over a file in more ways than they document
        raise BoardError(f"this cut cannot be read{_reason(error)}; export it again, or save it as .otio") from None
    return table_of_timeline(written.encode())


def _reason(error: Exception) -> str:
    """What an adapter says of a file, in brackets; nothing where it only tripped over it."""
    said = isinstance(error, ElementTree.ParseError) or type(error).__module__.startswith(("opentimelineio", "otio"))
    return f" ({' '.join(str(error).split())[:200]})" if said and str(error) else ""


def _plain(text: str) -> str:
    """A project of Final Cut with each clip of a storyline as a clip of an asset, the only kind that the adapter always
    reads: stills, generators, compounds and bare clips are shots too."""
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314 - declares no entities, as was checked
    except ElementTree.ParseError:
        return text  # for the adapter to say
    assets = {one.get("id", "") for one in root.iter("asset")}
    clips = [item for spine in root.iter("spine") for item in spine if item.tag in _CLIPS]
    clips += [item for item in root.iter() if item.tag in _BESIDE and item.get("lane")]
    odd = [item for item in clips if not _has_asset(item, assets)]
    for item in odd:
        item.tag = "asset-clip"
        item.set("ref", str(item.get("ref")) if item.get("ref") in assets else _PLAIN)
        for inner in [one for one in item if one.tag in _INNER and not one.get("lane")]:
            item.remove(inner)
    resources = root.find("resources")
    if not odd or resources is None:
        return text
    ElementTree.SubElement(resources, "asset", id=_PLAIN, name="", src="", start="0s", duration="86400s")
    try:
        return ElementTree.tostring(root, encoding="unicode")
    except RecursionError:  # deeper than any project: for the adapter to trip over
        return text


def _has_asset(item: ElementTree.Element, assets: Collection[str]) -> bool:
    """Whether a clip is one that the adapter reads: all that it shows is of assets that the file lists."""
    if item.tag == "asset-clip":
        return item.get("ref") in assets
    inside = (one for child in item for one in (child, *child))  # as deep as programs write it
    shown = [one for one in inside if one.tag in ("video", "asset-clip", "ref-clip", "mc-clip")]
    return item.tag in ("clip", "sync-clip") and bool(shown) and all(one.get("ref") in assets for one in shown)


def _unread(text: str) -> list[str]:
    """What is said of titles, which are no clips, and of the projects after the first."""
    titles, more = len(re.findall(r"<title[\s>]", text)), len(re.findall(r"<project[\s>]", text)) - 1
    said = [f"{titles} title{'s' if titles > 1 else ''} of the cut: not read"] * (titles > 0)
    return said + [f"{more} more project{'s' if more > 1 else ''} in the file: not read"] * (more > 0)


def _mismatched(text: str, fps: float) -> list[str]:
    """What is said of edits that are longer or shorter in the cut than in their source, at no other speed."""
    wrong = []
    for event in re.split(r"\n(?=\s*\d{3,6}\s)", text):
        places = [_frames(time, fps) for time in _TIME.findall(event.strip().partition("\n")[0])]
        if len(places) == 4 and places[1] - places[0] != places[3] - places[2] and "\nM2" not in event:
            wrong.append(event.split()[0])
    shown = ", ".join(wrong[:10]) + (", ..." if len(wrong) > 10 else "")
    return [f"edits last another time in the cut than in their source, which is what counts ({shown})"] * bool(wrong)


def _frames(time: str, fps: float) -> int:
    hours, minutes, seconds, frames = (int(part) for part in re.split(r"[:;]", time))
    return round(((hours * 60 + minutes) * 60 + seconds) * fps) + frames
