"""Cuts of other editors read by OpenTimelineIO, which the extra ``timeline`` installs."""

import importlib
from typing import Any

from tasks.domain.errors import BoardError
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.otio import table_of_timeline
from tasks.storyboard.formats.text import decode

MOST = 8_000_000  # bytes: the adapters hold a file as objects, fifty times its size


def read_cut(data: bytes, adapter: str, **options: Any) -> Table:
    """The table of a cut in the format of an adapter. Raises `BoardError` where it cannot be read."""
    if len(data) > MOST:
        raise BoardError(f"this cut has {len(data):,} bytes; at most {MOST:,} are read, so split it")
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise BoardError("this cut declares entities, which are not followed; export it again")
    text = decode(data)
    try:
        otio = importlib.import_module("opentimelineio")
        found = otio.adapters.read_from_string(text, adapter_name=adapter, **options)
        written = otio.adapters.write_to_string(found, adapter_name="otio_json")
    except ImportError as error:
        told = f"cuts are read by OpenTimelineIO ({error}); install storyreel with its extra timeline"
        raise BoardError(told) from None
    except Exception as error:  # adapters trip over a file in more ways than they document
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BoardError(f"this cut cannot be read ({reason}); export it again, or save it as .otio") from None
    return table_of_timeline(written.encode())
