"""Faulty replies that are the same at every gateway and at a download."""

import time
import zlib
from email.utils import formatdate
from functools import cache

from starlette.responses import HTMLResponse, Response

from tests.sandbox.faults import Fault
from tests.sandbox.fronts import FRONTS
from tests.sandbox.wire import Endless, Heads, Lost, Wires

PAGE = "<!doctype html><title>502</title><h1>Bad gateway</h1><p>The origin is taking a rest.</p>"


@cache
def bomb() -> bytes:
    """200 MB of nothing as gzip."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(200)), packer.flush()])


def plain_fault(fault: Fault, wires: Wires) -> Response:
    """The faults that are the same at every gateway and at a download."""
    if fault.do in ("lost_before", "lost_after", "hang"):
        return Lost(wires, fault.seconds if fault.do == "hang" else 0.0)
    if fault.do == "endless":
        return Endless(wires, b'{"a": "', b"x" * 65536)
    if fault.do == "heads":
        return Heads(wires, b"x-more: " + b"x" * 10_000_000 + b"\r\n")
    if fault.do == "bomb":
        return Response(bomb(), 200, {"content-encoding": "gzip"}, media_type="application/json")
    if fault.do == "html":
        return HTMLResponse(PAGE, fault.status or 200)
    if fault.do == "front":
        front = FRONTS[fault.front]
        head = {"Server": front.server, "Content-Type": front.kind, **retry_after(fault)}
        return Response(front.body, front.status, {name: value for name, value in head.items() if value})
    if fault.do == "redirect":
        return Response(status_code=302, headers={"Location": fault.url or "https://elsewhere.example/"})
    body = "" if fault.body is None else fault.body
    kind = "application/json" if body[:1] in ("{", "[") else "text/plain"
    return Response(body, fault.status, retry_after(fault), media_type=kind)


def retry_after(fault: Fault) -> dict[str, str]:
    """The Retry-After header that the script asks for, as seconds or as a date; or none."""
    if not fault.retry_after:
        return {}
    value = fault.retry_after
    if value.startswith("date:"):
        value = formatdate(time.time() + float(value.removeprefix("date:")), usegmt=True)
    return {"Retry-After": value}
