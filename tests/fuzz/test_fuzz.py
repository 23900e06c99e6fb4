"""Shot lists, replies of every adapter, Retry-After, boxes of an mp4, pictures, configs, records, and what is cut."""

import contextlib
import json
import math
import re
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.config import settings
from tasks.domain import redaction
from tasks.domain.errors import BoardError, ConfigError, Failed, GatewayError, MediaError, Moderated, TargetError
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.money import ZERO
from tasks.domain.order import Reply
from tasks.domain.shot import Size
from tasks.engine import limits
from tasks.engine.charges import weigh_charge
from tasks.ledger import records
from tasks.media import images
from tasks.media.probe import check_boxes, probe
from tasks.storyboard.formats import parquet
from tests.fuzz import tries
from tests.providers import NAMES, adapter, order_of, samples_of
from tests.tasks.boards import board
from tests.tasks.boards import parquet as table
from tests.tasks.clips import good
from tests.tasks.pictures import KINDS

QUOTE = Decimal("1.50")

# ------------------------------------------------------------------------------------------------- shot lists

HEADS = [
    "shot_id",
    "prompt",
    "mode",
    "image",
    "source",
    "duration",
    "aspect_ratio",
    "size",
    "fit",
    "seed",
    "audio",
    "route",
    "notes",
    "Frame_In",
    "Frame_Out",
]
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["a", "{hero}", "{", "}}", "8s", "0:08", "1e9", "16:9", "1280x720", "sh010", "=1+1", '"', '""', "\0", "\r"]
    ),
    st.from_regex(r"[0-9:;.,+\-xs×″ ]{1,12}", fullmatch=True),
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Text that is nearly a shot list, in an encoding that may not hold all of it, with a byte or two changed."""
    heads = draw(st.lists(st.sampled_from(HEADS) | st.text(max_size=5), min_size=1, max_size=6))
    lines = [heads, *draw(st.lists(st.lists(CELLS, max_size=7), max_size=6))]
    comma, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    data = bytearray(end.join(comma.join(line) for line in lines).encode(draw(ENCODINGS), "replace"))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=3)):
        if data:
            data[at % len(data)] = byte
    return bytes(data)


@tries()
@given(data=tables() | st.binary(max_size=200))
@example(data=b"prompt\n\xc3\xa9\n\xe9\n")
@example(data=b'prompt,a\n"x" y,z\n')
@example(data=b"\xff\xfe\x00")
def test_any_shot_list(data: bytes) -> None:
    """A storyboard with sound shots, or faults that each say where and what; the same each time."""
    try:
        found = board(data)
    except BoardError as error:
        assert error.faults and all(fault.message and fault.row >= 0 for fault in error.faults)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", str(error)), str(error)
        return
    assert len({shot.shot_id for shot in found.shots}) == len(found.shots) > 0
    for shot in found.shots:
        assert shot.prompt and 0 < shot.seconds <= 3600 and shot.row >= 2
        assert shot.mode != "image_to_video" or shot.image
    assert board(data) == found


WHOLE = table({"prompt": ["a", "b"] * 40, "duration": [1.5, None] * 40, "tags": [["x"], None] * 40})
PLACES = st.integers(0, len(WHOLE) - 1)


@tries()
@given(changes=st.dictionaries(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), max_size=4), cut=st.integers(0, 9))
def test_any_parquet(changes: dict[int, int], cut: int) -> None:
    """A Parquet file with wrong bytes or none at its end is its cells, all columns of a length, or an exception."""
    data = bytearray(WHOLE)
    for at, byte in changes.items():
        data[at] = byte
    with contextlib.suppress(Exception):  # in a run it is another process that unpacks, and every exception is told
        found = parquet._unpacked(bytes(data[: len(data) - cut * 40]), 1000, 10, 10_000)
        assert len({len(column) for column in found["columns"]}) <= 1
        json.dumps(found)


@tries(10)
@given(changes=st.dictionaries(PLACES, st.integers(0, 255), min_size=1, max_size=4))
def test_any_parquet_in_its_process(changes: dict[int, int]) -> None:
    """Whatever becomes of the process, a run has a storyboard or a fault."""
    data = bytearray(WHOLE)
    for at, byte in changes.items():
        data[at] = byte
    try:
        assert board(bytes(data), "b.parquet").shots
    except BoardError as error:
        assert error.faults


# ---------------------------------------------------------------------------------------------------- replies

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
SCALARS |= st.sampled_from(
    ["completed", "COMPLETED", "failed", "error", "queued", "https://m/x.mp4", "http://[", "\ud800", "1e999"]
)
WORDS = [
    "id",
    "request_id",
    "status",
    "result",
    "url",
    "output",
    "urls",
    "media_url",
    "video",
    "error",
    "code",
    "data",
    "taskId",
    "meta",
    "usage",
    "message",
    "type",
    "name",
]
NAMED = st.sampled_from(WORDS) | st.text(max_size=3)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=15,
)


BODIES = st.binary(max_size=80) | TREES.map(lambda tree: json.dumps(tree).encode())


@st.composite
def replies(draw: st.DrawFn, name: str) -> Reply:
    """Any JSON, a recorded reply with another value somewhere, or one with wrong bytes; under any status."""
    status = draw(st.sampled_from([200, 200, 201, 202, 304, 400, 401, 403, 404, 429, 500, 503]) | st.integers(0, 999))
    kept = [sample.reply.body for sample in samples_of(name) if sample.reply.body]
    body = draw(st.sampled_from(kept) | TREES.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=60))
    kind = draw(st.sampled_from(["as it is", "bytes", "place"]))
    if kind == "bytes" and body:
        at = draw(st.integers(0, len(body) - 1))
        body = body[:at] + draw(st.binary(max_size=3)) + body[at + draw(st.integers(0, 4)) :]
    if kind == "place":
        with contextlib.suppress(ValueError):
            tree = json.loads(body)
            body = json.dumps(_changed(draw, tree)).encode()
    return Reply(status, body)


def _changed(draw: st.DrawFn, tree: Any) -> Any:
    """The value with another one in some place, chosen on the way down."""
    if isinstance(tree, dict) and tree and draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(tree)))
        return tree | {name: _changed(draw, tree[name])}
    return draw(TREES)


def _error(error: GatewayError) -> None:
    assert 0 < len(str(error)) <= 300
    assert not redaction.CONTROL.search(str(error)), repr(str(error))
    _charge(error.charge)


def _charge(charge: Decimal | None) -> None:
    """Whatever a gateway says that it took, what is booked is a sum that can be right."""
    charged, at_risk, _ = weigh_charge(charge, QUOTE) if charge is not None else (QUOTE, ZERO, "")
    assert 0 <= charged <= 100 * QUOTE and at_risk in (ZERO, QUOTE)


@pytest.mark.parametrize("name", NAMES)
@tries()
@given(data=st.data())
def test_any_reply(name: str, data: st.DataObject) -> None:
    """Of every adapter: a receipt and a result only under a 2xx, else one of the errors, in one short line."""
    reply = data.draw(replies(name))
    try:
        value: Any = adapter(name).accepted(reply, order_of(name))
        assert isinstance(value, Job | Done) and 200 <= reply.status < 300
    except GatewayError as error:
        assert not isinstance(error, Failed)
        _error(error)
    try:
        value = adapter(name).progress(reply)
        assert isinstance(value, Pending | Follow | Done)
        assert isinstance(value, Pending) or 200 <= reply.status < 300
        _charge(value.charge if isinstance(value, Done) else None)
    except GatewayError as error:
        assert isinstance(error, Failed | Moderated) and 200 <= reply.status < 300
        _error(error)


@tries()
@given(
    body=st.binary(max_size=80) | TREES.map(lambda tree: json.dumps(tree).encode()),
    secret=st.text(min_size=8, max_size=20),
)
@example(body=b'{"a": "\\ud800 12345678"}', secret="12345678")
def test_any_reply_without_the_key(body: bytes, secret: str) -> None:
    """A reply in which the key does not stand keeps every byte; one in which it stands stays JSON if it was."""
    secret = secret.encode("ascii", "replace").decode()
    clean = redaction.hidden_in(body, secret)
    assert secret.encode() not in clean or secret in redaction.CUT
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(body)
        if clean != body:
            json.loads(clean)


@tries()
@given(text=st.text(max_size=200) | st.from_regex(r"(https?://|data:|sig=|token[=:] ?|Bearer )[\w/?&=;,@. -]{0,60}"))
@example(text="https://" + "a@" * 600)
def test_any_text_is_cut(text: str) -> None:
    """Cutting never fails, never leaves a query, a control or a data URI, and changes nothing the second time."""
    once = redaction.line(text)
    assert not redaction.CONTROL.search(once)
    assert not re.search(r"[a-z]{3,10}://[^\s?#\"'<>]*\?(?!\.\.\.)[^\s\"'<>]", once)
    assert not re.search(r"data:\w+/\w+,\w", once)
    assert redaction.line(once) == once


# ------------------------------------------------------------------------------------------- headers and boxes


@tries()
@given(
    text=st.text(max_size=40) | st.from_regex(r"[0-9:.,+\-A-Za-z ]{0,40}", fullmatch=True) | st.integers().map(str),
    date=st.text(max_size=40) | st.just("Tue, 24 Nov 2026 15:00:00 GMT"),
)
@example(text="1" * 400, date="")
@example(text="Fri, 31 Dec 99999 23:59:59 GMT", date="")
@example(text="Fri, 31 Dec 1999 23:59:59 +99999999999999999", date="")
def test_any_retry_after(text: str, date: str) -> None:
    """A wait that is a number from 0, or none."""
    wait = limits.retry_after(Reply(429, headers={"retry-after": text, "date": date}), lambda: 1e9)
    assert wait is None or (math.isfinite(wait) and wait >= 0)


@st.composite
def clips(draw: st.DrawFn) -> bytes:
    """A clip with bytes changed, boxes with odd sizes and names put in, and its end cut off."""
    data = bytearray(good())
    for at, byte in draw(st.dictionaries(st.integers(0, len(data) - 1), st.integers(0, 255), max_size=6)).items():
        data[at] = byte
    names = st.sampled_from([b"moov", b"mdat", b"free", b"stsz", b"trun", b"elst", b"cmov", b"uuid"])
    sizes = st.sampled_from([0, 1, 7, 8, 16, 2**31, 2**32 - 1]) | st.integers(0, 64)
    for size, name in draw(st.lists(st.tuples(sizes, names), max_size=4)):
        data += struct.pack(">I4s", size, name) + draw(st.binary(max_size=40))
    return bytes(data[: len(data) - draw(st.integers(0, 40))])


@tries()
@given(data=clips() | st.binary(max_size=64).map(lambda rest: b"\0\0\0\x18ftypisom" + rest))
def test_any_boxes(tmp_path: Path, data: bytes) -> None:
    """A walk that ends, or a sentence; what passes it is measured, or told."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    try:
        check_boxes(path)
        assert probe(path).seconds > 0
    except MediaError as error:
        assert str(error)


PICTURES = sorted(KINDS)


@tries(2)
@given(kind=st.sampled_from(PICTURES), changes=st.dictionaries(st.floats(0, 1), st.integers(0, 255), max_size=6))
def test_any_picture(kind: str, changes: dict[float, int]) -> None:
    """A frame of the size that was wanted, or a sentence."""
    data = bytearray(KINDS[kind][0]())
    for share, byte in changes.items():
        data[int(share * (len(data) - 1))] = byte
    try:
        assert min(images.check(bytes(data), max_bytes=10**6, max_pixels=10**6)) >= images.MIN_SIDE
        images.normalise(bytes(data), Size(32, 18), "cover", max_pixels=10**6)
    except MediaError as error:
        assert str(error)


# -------------------------------------------------------------------------------------------- configs, records

KEYS = [
    "defaults",
    "chain",
    "render",
    "provider",
    "images",
    "target",
    "columns",
    "vars",
    "duration",
    "size",
    "fps",
    "pixazo",
    "base_url",
    "options",
    "api_key",
]
TABLED = st.sampled_from(KEYS) | st.text(max_size=3)
SPELLED = st.sampled_from(["cover", "1280x720", "pixazo:sora-2-pro"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**12)
    | st.text(max_size=8)
    | st.sampled_from(["cover", "1280x720", "pixazo:sora-2-pro"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return "false" if value is None else json.dumps(value)


@tries()
@given(
    tables=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), VALUES, max_size=4),
    noise=st.text(max_size=12),
    variable=st.text("ABCDEFPIXAZO_", max_size=12),
    value=st.text(max_size=8),
)
@example(tables={}, noise="a = " + "[" * 5000, variable="", value="")
def test_any_config(tmp_path: Path, tables: dict[str, Any], noise: str, variable: str, value: str) -> None:
    """Settings, or faults that name their place; the value of no key is in them."""
    path = tmp_path / "c.toml"
    text = "".join(f"{json.dumps(name)} = {_toml(one)}\n" for name, one in tables.items())
    path.write_text(text + noise, encoding="utf-8", errors="replace")
    environ = {f"STORYREEL_{variable}__{variable[:6]}": value, "PIXAZO_API_KEY": f"sk-secret-{value}"}
    try:
        loaded = settings.load_settings(path, environ)
    except ConfigError as error:
        assert error.faults and "sk-secret" not in str(error)
        return
    assert "sk-secret" not in repr(loaded)


@tries()
@given(tree=TREES, kind=st.sampled_from(sorted(records.RANK)))
def test_any_record(tree: Any, kind: str) -> None:
    """An object at a target that is no record is told as such."""
    name = f"ledger/0123456789abcdef-1/1-{kind}.json"
    try:
        record = records.read(name, kind, json.dumps(tree).encode())
    except TargetError as error:
        assert name in str(error)
        return
    assert record["key"] == "0123456789abcdef-1"
