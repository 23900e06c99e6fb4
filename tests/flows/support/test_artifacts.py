"""What a run shows in Prefect beside its task runs."""

import asyncio
import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from PIL import Image

from flows.support.artifacts import MOST_MARKED, address_of, manifest_rows, manifest_said, marked_text
from flows.support.sheet import draw_shots
from tasks.domain.progress import Progress
from tasks.manifest import MANIFEST, Row
from tasks.storage import Store, open_store
from tests.servers import S3, s3_server  # noqa: F401 - a fixture


def test_marked_clips_stand_in_one_line() -> None:
    """Which clips in use look wrong, and why; what a board says is no markup; nothing where none is."""
    rows = [{"shot_id": "sh010", "qa": "black"}, {"shot_id": "sh020", "qa": ""}, {"shot_id": "*x*", "qa": "bars"}]
    said = marked_text(rows)
    assert said.startswith("2 clips in use look wrong: sh010 &#40;black&#41;")
    assert "*" not in said
    assert marked_text(rows[1:2]) == ""
    assert f"and {3} more" in marked_text([{"shot_id": str(n), "qa": "black"} for n in range(MOST_MARKED + 3)])


def manifest(*cells: dict[str, Any]) -> list[Row]:
    plain = dict.fromkeys(MANIFEST, "")
    return [plain | {"shot_id": f"sh{n:03}", "status": "rendered"} | one for n, one in enumerate(cells, 1)]


def test_clips_of_the_manifest_are_links() -> None:
    """Where the target signs, a clip's cell opens it; elsewhere it says where the clip lies; a path that is none of
    the target's clips is never signed, and no address ends its link early."""
    rows = manifest(
        {"clip": "clips/a_1.mp4"}, {"clip": "](x)"}, {"clip": "clips/../a"}, {"clip": "", "status": "failed"}
    )
    shown = [one["clip"] for one in manifest_rows(rows, lambda path: f"https://h/(x)/{path}?a=b&c=<d> e")]
    escaped = "clips/a&#95;1.mp4"
    assert shown == [
        "",
        f"[{escaped}](<https://h/%28x%29/clips/a_1.mp4?a=b&c=%3Cd%3E%20e>)",
        "&#93;&#40;x&#41;",
        "clips/../a",
    ]
    assert [one["clip"] for one in manifest_rows(rows)][1] == escaped


class Running(SimpleNamespace):
    """What of a session the closing artifacts look at."""

    def last_rows(self) -> list[Row]:
        return manifest({"clip": "clips/a.mp4", "poster": "posters/a.jpg"}, {"status": "failed"})


def running_at(store: Store) -> Any:
    role = SimpleNamespace(publishes=True)
    return Running(store=store, interrupted=False, role=role, progress=Progress())


def test_what_is_signed_can_be_had(s3: S3) -> None:
    """On S3 the addresses of clip, report and contact sheet give their bytes to whoever has them."""
    store = open_store(s3.folder(), s3.options)
    out = io.BytesIO()
    Image.new("RGB", (32, 18), "red").save(out, "JPEG")
    for name, data in (("clips/a.mp4", b"a clip"), ("posters/a.jpg", out.getvalue()), ("report.html", b"<p>")):
        store.write(name, data)
    running = running_at(store)
    [_, row] = manifest_rows(running.last_rows(), address_of(running))
    found = re.fullmatch(r"\[clips/a\.mp4\]\(<(.*)>\)", row["clip"])
    assert found and httpx.get(found[1]).content == b"a clip"
    report = re.fullmatch(r"2 shots; those without a clip first; \[report\.html\]\(<(.*)>\)", manifest_said(running, 2))
    assert report and httpx.get(report[1]).content == b"<p>"
    sheet = asyncio.run(draw_shots(running))
    assert sheet.startswith(s3.endpoint_url)
    assert Image.open(io.BytesIO(httpx.get(sheet).content)).format == "JPEG"


def test_what_is_not_signed_goes_along(tmp_path: Path) -> None:
    """A folder signs nothing: the sheet is its own address, clips and report are no links."""
    running = running_at(open_store(str(tmp_path), {}))
    assert asyncio.run(draw_shots(running)).startswith("data:image/jpeg;base64,")
    assert manifest_rows(running.last_rows(), address_of(running))[1]["clip"] == "clips/a.mp4"
    assert manifest_said(running, 2) == "2 shots; those without a clip first"
