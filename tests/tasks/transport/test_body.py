import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.transport.body import LONGEST, Body, Strings

PICTURE = "data:image/png;base64," + "iVBORw0K" * 300_000
ODD = '\\"\u0000é\U0001f3ac\ud800' * 500

REPLIES: list[tuple[Any, Any]] = [
    ({"id": "job-1", "image": PICTURE}, {"id": "job-1", "image": ""}),
    ({"image": PICTURE, "id": "job-1"}, {"image": "", "id": "job-1"}),
    ({"in": {"images": [PICTURE] * 2, "prompt": "a"}, "id": 7}, {"in": {"images": ["", ""], "prompt": "a"}, "id": 7}),
    ([PICTURE, ODD, "x" * LONGEST], ["", ODD, "x" * LONGEST]),
    ({PICTURE: 1, "id": "a\\"}, {"": 1, "id": "a\\"}),
    (json.dumps({"id": "inner", "image": PICTURE}), ""),
]  # fmt: skip


def fed(data: bytes, size: int, whole: int = 1_000_000, most: int = 64_000_000) -> Body:
    body = Body(whole, most)
    for at in range(0, len(data), size):
        assert body.add(data[at : at + size]) == ""
    return body


@pytest.mark.parametrize("size", [1_000, 65_536, 50_000_000])
@pytest.mark.parametrize(("reply", "kept"), REPLIES)
def test_what_a_reply_repeats_is_left_out_and_its_id_stays(reply: Any, kept: Any, size: int) -> None:
    """A reply of megabytes is JSON still, however it is cut into pieces: only its longest strings are empty."""
    assert json.loads(bytes(fed(json.dumps(reply).encode(), size).kept)) == kept
    raw = json.dumps(reply, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert json.loads(bytes(fed(raw, size).kept).decode("utf-8", "surrogatepass")) == kept


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.text(), inner)


@given(st.recursive(st.none() | st.integers() | st.text(), nested), st.integers(1, 9))
def test_no_byte_of_short_strings_is_touched(reply: Any, size: int) -> None:
    """Where no string is long, the reply is what came, byte for byte, also once it is looked through."""
    data, kept = json.dumps(reply).encode(), bytearray()
    strings = Strings(kept)
    for at in range(0, len(data), size):
        strings.feed(data[at : at + size])
    assert bytes(kept) == data or len(data) > LONGEST


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a": "' + b"x" * 900_000, "the reply is larger than 600000 bytes"),
        (bytes(900_000), "the reply is larger than 300000 bytes"),
        (b"[" + b'"abc",' * 75_000, "the reply is larger than 300000 bytes"),
    ],
)
def test_a_reply_without_end_is_bounded(data: bytes, why: str) -> None:
    """More than may come, or more than may be kept: said at the piece that passes it, and memory stays small."""
    body, said = Body(300_000, 600_000), ""
    tracemalloc.start()
    for at in range(0, len(data), 65_536):
        if said := body.add(data[at : at + 65_536]):
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said == why and peak < 1_200_000


def test_a_small_reply_is_kept_as_it_is() -> None:
    """Below the size that is always read whole even a long string stays."""
    data = json.dumps({"id": "x" * 200_000}).encode()
    assert bytes(fed(data, 4096).kept) == data
