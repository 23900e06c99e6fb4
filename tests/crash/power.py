"""``python -m tests.crash.power``: runs without Prefect, each written down, in children of a process that has loaded
everything. A line of JSON on stdin asks for one, with its environment and the words of ``live``; one on stdout is its
exit code.

LOG gets every step at the files of the target, in the order in which they were taken, and between them what the world
saw: an order that left and was answered, a look at a job, a download, the end. The process is killed in place of its
AT-th step; 0 kills nothing; a word kills it as soon as a name with this ending was given.
"""

import asyncio
import json
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from tasks.domain.order import Reply, Request
from tasks.domain.request import RunRequest
from tasks.session.session import start_session
from tasks.storage.disk import Disk
from tasks.storage.files import Files
from tasks.transport.client import Http
from tests.crash.disk_model import Step
from tests.crash.nursery import in_child, load_late


class Recorder(Files):
    """The real steps, one at a time and each noted."""

    def __init__(self, log: BinaryIO, at: str) -> None:
        self.log, self.turn = log, threading.Lock()
        self.left, self.ending = (int(at) or 10**9, "/") if at.isdigit() else (10**9, at)

    def note(self, step: Step, act: Callable[[], Any] = lambda: None) -> Any:
        """Take the step and write it down: none comes in between, and one that failed did not happen."""
        with self.turn:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
            done = act()
            pickle.dump(step, self.log)
            self.log.flush()
            if step.to.endswith(self.ending):
                os.kill(os.getpid(), signal.SIGKILL)
            return done

    def open(self, path: Path) -> BinaryIO:
        handle: BinaryIO = self.note(Step("open", str(path)), lambda: super(Recorder, self).open(path))
        return handle

    def write(self, handle: BinaryIO, piece: bytes) -> None:
        self.note(Step("write", handle.name, data=piece), lambda: super(Recorder, self).write(handle, piece))

    def sync(self, handle: BinaryIO) -> None:
        self.note(Step("sync", handle.name), lambda: super(Recorder, self).sync(handle))

    def sync_folder(self, path: Path) -> None:
        self.note(Step("sync_folder", str(path)), lambda: super(Recorder, self).sync_folder(path))

    def rename(self, old: Path, new: Path) -> None:
        self.note(Step("rename", str(old), str(new)), lambda: super(Recorder, self).rename(old, new))

    def rename_new(self, old: Path, new: Path) -> None:
        self.note(Step("rename", str(old), str(new)), lambda: super(Recorder, self).rename_new(old, new))

    def link(self, old: Path, new: Path) -> None:
        self.note(Step("link", str(old), str(new)), lambda: super(Recorder, self).link(old, new))

    def mkdir(self, path: Path) -> None:
        self.note(Step("mkdir", str(path)), lambda: super(Recorder, self).mkdir(path))

    def unlink(self, path: Path) -> None:
        self.note(Step("unlink", str(path)), lambda: super(Recorder, self).unlink(path))


class Told(Http):
    """The real client; what it is about to do is noted first: from then on the gateway may know."""

    recorder: Recorder

    async def ask(self, request: Request, url: str, headers: Mapping[str, str], timeout: float) -> Reply:
        if request.method != "POST":
            self.recorder.note(Step("polled", request.url))
            return await super().ask(request, url, headers, timeout)
        prompt = str(dict(request.json or request.form)["prompt"])
        self.recorder.note(Step("ordered", url.split("/")[3], prompt))
        reply = await super().ask(request, url, headers, timeout)
        self.recorder.note(Step("answered", url.split("/")[3], prompt))
        return reply

    async def download(self, url: str, *given: Any, **more: Any) -> Any:
        self.recorder.note(Step("downloading", url))
        return await super().download(url, *given, **more)


async def rendered(wanted: RunRequest, recorder: Recorder) -> int:
    """The job as the flow does it."""
    async with start_session(wanted) as running:
        told = Told()
        told.recorder = recorder
        running.http, plain = told, running.http
        await plain.close()
        await running.check(fetch=True)
        async with running.open():
            renders = [plan.shot.shot_id for plan in running.plan.shots if plan.renders]
            await asyncio.gather(*map(running.shot, renders))
        await told.close()
        return running.exit_code()


def live(log: str, at: str, board: str, target: str, config: str, rerender: str = "") -> int:
    """The exit code; it is noted as the last step."""
    with Path(log).open("ab") as out:
        recorder = Disk.files = Recorder(out, at)  # type: ignore[misc]  # the one place to look on
        recorder.note(Step("started"))
        code = asyncio.run(rendered(RunRequest(board, target, config, rerender=tuple(rerender.split())), recorder))
        recorder.note(Step("ended", str(code)))
    return code


def main() -> None:
    load_late()
    for line in sys.stdin:
        env, words = json.loads(line)
        print(in_child(lambda: os.environ.update(env) or live(*words)), flush=True)  # noqa: B023 - run at once


if __name__ == "__main__":
    main()
