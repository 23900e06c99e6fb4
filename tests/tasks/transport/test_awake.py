"""A process that was stopped reads what came meanwhile before it calls anything late."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tasks.domain.order import Reply, Request
from tasks.transport.awake import LATE, awake_for
from tasks.transport.client import DownloadLimits, Http, Lost
from tests.tasks.loopback import reply

T = TypeVar("T")
TIMEOUT = 60.0
STOP = 75.0


class Jumping(asyncio.SelectorEventLoop):
    """A loop whose clock can be put forward, as it is when the process was stopped."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def run(main: Callable[[Jumping], Coroutine[Any, Any, T]]) -> T:
    """The outcome of a coroutine that is given its loop."""
    loop = Jumping()
    with closing(loop):
        return loop.run_until_complete(main(loop))


class Gateway:
    """A server in a thread of its own, which answers once when ``stopped`` is set, and then sets ``sent``."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.stopped, self.sent = answer, threading.Event(), threading.Event()
        self.asked = threading.Event()
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.sock.getsockname()[1]}/"
        self.place = self.url[7:-1]
        self.thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        connection, _ = self.sock.accept()
        with connection:
            connection.recv(65536)
            self.asked.set()
            self.stopped.wait(20)
            connection.sendall(self.answer)
            self.sent.set()
            while connection.recv(65536):
                pass  # what is left unread would reset the connection

    def __enter__(self) -> "Gateway":
        self.thread.start()
        return self

    def __exit__(self, *gone: object) -> None:
        self.stopped.set()
        self.thread.join(20)
        self.sock.close()


async def stop(loop: Jumping, gateway: Gateway) -> None:
    """The process stands still from when the gateway was asked; its reply lies in the socket when it goes on."""
    await asyncio.to_thread(gateway.asked.wait, 20)
    gateway.stopped.set()
    assert gateway.sent.wait(20)
    loop.ahead += STOP


def ask(http: Http, gateway: Gateway, timeout: float = TIMEOUT) -> Coroutine[Any, Any, Reply]:
    return http.ask(Request("POST", "", json={}), gateway.url, {}, timeout)


BIG = b'{"id": "job_1", "echo": "' + b"x" * 900_000 + b'"}'


@pytest.mark.parametrize("body", [b'{"id": "job_1"}', BIG], ids=["small", "large"])
def test_a_receipt_that_lies_in_the_socket_is_read(body: bytes) -> None:
    """After 75 s without running a POST with a limit of 60 s has the receipt that came meanwhile, not `Lost`."""

    async def main(loop: Jumping) -> Reply:
        http = Http()
        with Gateway(reply(body)) as gateway:
            asking = asyncio.create_task(ask(http, gateway))
            await stop(loop, gateway)
            try:
                return await asking
            finally:
                await http.close()

    assert run(main).data["id"] == "job_1"


@pytest.mark.parametrize(("stall", "total"), [(30.0, 60.0), (30.0, 300.0), (300.0, 60.0)])
def test_a_download_goes_on_after_a_stop(tmp_path: Path, stall: float, total: float) -> None:
    """Neither the time without a byte nor that of the whole file runs while the process stands still."""

    async def main(loop: Jumping) -> bytes:
        http, out = Http(), tmp_path / "a"
        with Gateway(reply(b"x" * 300_000)) as gateway:
            limits = DownloadLimits(10**6, stall, total)
            loading = asyncio.create_task(http.download(gateway.url, out, limits, allowed={gateway.place}))
            await stop(loop, gateway)
            try:
                await loading
            finally:
                await http.close()
        return out.read_bytes()

    assert len(run(main)) == 300_000


def test_a_gateway_that_says_nothing_is_late_after_a_stop_too() -> None:
    """The limit begins anew, once; then the reply is lost as ever."""

    async def main(loop: Jumping) -> None:
        http = Http()
        with Gateway(b"") as gateway:
            asking = asyncio.create_task(ask(http, gateway, 0.2))
            await stop(loop, gateway)
            try:
                with pytest.raises(Lost):
                    await asking
            finally:
                await http.close()

    run(main)


async def test_a_limit_is_a_limit() -> None:
    """A body that takes longer is cut with TimeoutError; one that does not is left alone, also afterwards."""
    async with awake_for(5):
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with awake_for(0.01):
            await asyncio.Event().wait()


async def test_a_cancelled_body_is_cancelled() -> None:
    """The limit does not turn a cancellation into lateness."""

    async def body() -> None:
        async with awake_for(0.2):
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_stop_is_told_from_a_busy_moment() -> None:
    """A timer that comes late by less than half a second was not stopped: nothing is granted for it."""

    async def main(loop: Jumping) -> float:
        began = time.monotonic()
        loop.call_soon(setattr, loop, "ahead", LATE / 2)
        with pytest.raises(TimeoutError):
            async with awake_for(LATE / 2):
                await asyncio.Event().wait()
        return time.monotonic() - began

    assert run(main) < LATE


CHILD = """
import asyncio, sys
from tasks.domain.order import Request
from tasks.transport.client import Http

async def main():
    reply = await Http().ask(Request("POST", "", json={}), sys.argv[1], {}, 0.5)
    print(reply.data["id"])

asyncio.run(main())
"""


def test_a_process_that_was_stopped_has_its_receipt() -> None:
    """Ctrl-Z while a POST is on its way, its receipt comes, and the process goes on after its time is over."""
    with Gateway(reply(b'{"id": "job_1"}')) as gateway:
        child = subprocess.Popen([sys.executable, "-c", CHILD, gateway.url], stdout=subprocess.PIPE, text=True)
        assert gateway.asked.wait(20)
        os.kill(child.pid, signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        gateway.stopped.set()
        assert gateway.sent.wait(20)
        threading.Event().wait(1.5)  # seconds that pass in truth: this is what is tested
        os.kill(child.pid, signal.SIGCONT)
        told, _ = child.communicate(timeout=20)
    assert (told, child.returncode) == ("job_1\n", 0)
