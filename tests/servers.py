"""Real servers on loopback that more than one room is tried against."""

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

REGION = "eu-west-1"
BUCKET = "storyreel-films"


@dataclass(frozen=True, slots=True)
class S3:
    """An S3 server with one bucket. ``options`` are what a config's ``[target] options`` would hold."""

    endpoint_url: str
    bucket: str = BUCKET
    options: dict[str, Any] = field(default_factory=dict)

    def folder(self) -> str:
        """The URL of a folder that nothing else uses."""
        return f"s3://{self.bucket}/{uuid.uuid4().hex}"


def _s3(endpoint_url: str) -> S3:
    named = {"endpoint_url": endpoint_url, "region": REGION}
    return S3(endpoint_url, options={**named, "key": "loopback", "secret": "loopback"})


def one_write_at_a_time(app: Callable[..., Any]) -> Callable[..., Any]:
    """The WSGI app with its PUTs in single file.

    S3 promises that of several `If-None-Match: *` writes one wins; moto looks and then writes, without a lock.
    """
    turn = threading.Lock()

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        with turn if environ["REQUEST_METHOD"] == "PUT" else contextlib.nullcontext():
            return app(environ, start_response)

    return serve


@contextlib.contextmanager
def serving_s3() -> Iterator[S3]:
    """Run moto's S3 server on a free port; the bucket is there.

    Of all that moto stands in for S3 alone: to find out which one a request is for takes longer than its answer.
    """
    from moto.moto_server.werkzeug_app import create_backend_app  # here, as most who import this module start none
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    assert server._server is not None
    server._server.app = one_write_at_a_time(create_backend_app("s3"))
    try:
        host, port = server.get_host_and_port()
        found = _s3(f"http://{host}:{port}")
        httpx.put(f"{found.endpoint_url}/{BUCKET}", verify=False).raise_for_status()
        yield found
    finally:
        server.stop()


@pytest.fixture(scope="session", name="s3")
def s3_server() -> Iterator[S3]:
    """Import it as ``s3_server``, take it as ``s3``."""
    with serving_s3() as found:
        yield found


class _Lossy(BaseHTTPRequestHandler):
    """Hands everything on to ``upstream``; the first ``drops`` answers to a PUT are lost on the way back."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    drops = 0

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = HTTPConnection(type(self).upstream, timeout=20)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        if self.command == "PUT" and type(self).drops:
            type(self).drops -= 1
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_PUT = do_GET = do_HEAD = _pass

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def losing_answers(s3: S3, drops: int) -> Iterator[S3]:
    """The same bucket behind a line that loses the first answers to a PUT after the server acted on them."""
    line = type("Line", (_Lossy,), {"upstream": s3.endpoint_url.removeprefix("http://"), "drops": drops})
    server = ThreadingHTTPServer(("127.0.0.1", 0), line)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield _s3(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
