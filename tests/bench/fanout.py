"""One long board in parts over workers, as `render-season` runs it, with the hands of one worker and of two."""

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.bench import boards
from tests.bench.overhead import PACE
from tests.bench.places import prefect, sandbox, without_settings
from tests.bench.rows import Row
from tests.deployed import Api, api_of, deployed, worker

PARTS = 4
HANDS = 3  # flow runs that a worker has at once: the season and two parts, or three parts
PATIENCE = 1200.0


def ended(api: Api, run: str) -> Mapping[str, Any]:
    """The season's last state. A busy server may leave a question without answer; its own client asks again too."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(httpx.TimeoutException):
            return api.until(run, "Completed", "Incomplete", "Failed", "Crashed", patience=PATIENCE)
        print(f"no answer from the server, {until - time.monotonic():.0f} s before patience ends", file=sys.stderr)
    raise TimeoutError(run)


def fan_out(folder: Path, shots: int = 2000) -> Iterable[Row]:
    """Wall seconds from the trigger to the season's last state; nothing may be lost, by us or by the server."""
    walls = []
    with prefect(folder / "prefect") as server, sandbox(20.0) as box, api_of(server.url) as api:
        env = {**without_settings(), **box.env, **server.env, **PACE}
        deployed(env)
        for workers in (1, 2):
            box.reset()
            before, out = server.task_runs("COMPLETED"), folder / f"season-{workers}"
            asked = {"board": str(boards.board(folder, shots)), "to": str(out), "config": str(boards.config(folder))}
            with ExitStack() as stack:
                for number in range(workers):
                    log = folder / f"worker-{workers}-{number}.log"
                    stack.enter_context(worker(env, log, "--name", f"{workers}-{number}", "--limit", str(HANDS)))
                since = time.perf_counter()
                run = api.trigger("render-season", **asked, shots_a_part=shots // PARTS, parts_in_flight=PARTS)
                state = ended(api, run)
                walls.append(time.perf_counter() - since)
                recorded = server.settled(before, shots)
            lost, full = shots - len(list(out.glob("clips/*.mp4"))), server.log().count("queue is full")
            numbers = {"wall_s": round(walls[-1], 2), "lost": lost, "queue_is_full": full}
            numbers["unrecorded"] = max(shots - recorded, 0)
            whole = state["name"] == "Completed" and not (lost or full) and recorded >= shots
            name, said = f"fan-out: {shots} shots, {workers} worker{'s'[: workers - 1]}", f"{walls[-1]:.1f} s"
            other = f"{walls[0] / walls[-1]:.2f}x one worker's pace" if workers > 1 else ""
            yield Row(name, said, other, "none lost, all recorded", whole, numbers)
