"""Whole runs against the bare loop, on one sandbox and one Prefect server, in turns."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import boards
from tests.bench.measure import Ran, run
from tests.bench.places import Gateways, Prefect, prefect, sandbox
from tests.bench.rows import Row, figures, in_turns, median

EVERY = 5.0  # seconds between two polls of a job
MOST_SHARE = 1.5  # CPU of a shot, as a multiple of the bare loop's and an empty task's together
PACE = {f"STORYREEL_PIXAZO__POLL_{name}_S": str(EVERY) for name in ("EVERY", "MAX")}


@dataclass
class Trial:
    """So many shots, so many in flight, by the program and by the bare loop."""

    box: Gateways
    server: Prefect
    folder: Path
    shots: int
    in_flight: int

    def __post_init__(self) -> None:
        self.config, self.board = boards.config(self.folder), boards.board(self.folder, self.shots)
        self.recorded: list[int] = []
        self.clips: list[int] = []

    def bare(self, turn: int) -> Ran:
        self.box.reset()
        out = self.folder / f"bare-{self.shots}-{turn}"
        return run(self.folder, "bare", self.box.url, out, self.shots, self.in_flight, EVERY)

    def ours(self, turn: int) -> Ran:
        self.box.reset()
        before = self.server.task_runs("COMPLETED")
        out = self.folder / f"ours-{self.shots}-{turn}"
        words = ("--config", self.config, "--concurrency", self.in_flight, "--json", "--quiet")
        env = {**self.box.env, **self.server.env, **PACE}
        ran = run(self.folder, "storyreel", "render", self.board, "--to", out, *words, env=env)
        self.recorded.append(self.server.settled(before, self.shots))
        self.clips.append(int(ran.told["clips"]))
        return ran


def compare(trial: Trial, name: str, *, memory: int | None, empty_ms: float | None, rounds: int) -> Row:
    """One row: wall as a ratio of the bare loop's, CPU a shot, memory, and whether anything was lost.

    Bars: ``memory`` in MB, None for a row without any; and CPU a shot, against the bare loop's with that of an empty
    task of Prefect.
    """
    bare, ours = in_turns(trial.bare, trial.ours, rounds=rounds)
    ratio = median([one.wall for one in ours]) / median([one.wall for one in bare])
    cpu, bare_cpu = (median([one.cpu / trial.shots * 1000 for one in ran]) for ran in (ours, bare))
    peak, lost = median([one.memory for one in ours]), trial.shots - min(trial.clips)
    unrecorded, overflows = trial.shots - min(trial.recorded), trial.server.log().count("queue is full")
    share = cpu / (bare_cpu + empty_ms) if empty_ms else 0.0
    met = ratio <= 1.15 and share <= MOST_SHARE and not (lost or unrecorded or overflows)
    more = {"ratio": round(ratio, 3), "lost": lost, "unrecorded": unrecorded, "queue_is_full": overflows}
    return Row(
        name,
        f"{ratio:.3f}x wall, {cpu:.1f} ms a shot{f' ({share:.2f}x)' if share else ''}, {peak:.0f} MB",
        f"{median([one.wall for one in bare]):.1f} s, {bare_cpu:.1f} ms a shot (bare loop)",
        f"<= 1.15x{f', <= {MOST_SHARE}x CPU' if share else ''}, < {memory} MB, none lost" if memory else "reported",
        met and peak < memory if memory else None,
        {**figures(ours, cpu_ms_a_shot=cpu, share=round(share, 3), **more), "bare": figures(bare, cpu_ms=bare_cpu)},
    )


def overhead(folder: Path, shots: int = 1000, in_flight: int = 256) -> Iterable[Row]:
    """Prefect alone, shots of 20 s with a bar, and shots of 5 s without."""
    with prefect(folder / "prefect") as server:
        empty = alone(folder, server, shots, in_flight)
        yield empty
        for seconds, memory, rounds in ((20.0, 250, 2), (5.0, None, 1)):
            (folder / f"jobs{seconds:.0f}").mkdir()
            with sandbox(seconds) as box:
                trial = Trial(box, server, folder / f"jobs{seconds:.0f}", shots, in_flight)
                name, empty_ms = f"overhead: {shots} shots of {seconds:.0f} s", empty.figures["cpu_ms_a_task"]
                yield compare(trial, name, memory=memory, empty_ms=empty_ms, rounds=rounds)


def alone(folder: Path, server: Prefect, shots: int, in_flight: int) -> Row:
    """The same task runs with nothing in them."""
    [ran] = in_turns(lambda turn: run(folder, "empty", shots, in_flight, 2, env=server.env), rounds=1)
    cpu = median([one.cpu / shots * 1000 for one in ran])
    return Row(
        f"prefect alone: {shots} empty tasks",
        f"{cpu:.1f} ms a task",
        "",
        "reported",
        None,
        figures(ran, cpu_ms_a_task=cpu),
    )


def scale(folder: Path, sizes: tuple[int, int] = (2000, 8000), in_flight: int = 400) -> Iterable[Row]:
    """Once each: two lengths of board, and whether the time grows with the length and no faster."""
    spent = []
    with prefect(folder / "prefect") as server, sandbox(20.0) as box:
        for shots in sizes:
            trial = Trial(box, server, folder, shots, in_flight)
            row = compare(trial, f"scale: {shots} shots of 20 s", memory=400, empty_ms=None, rounds=1)
            spent.append(row.figures["wall_s"] / row.figures["bare"]["wall_s"])
            yield row
    growth = spent[1] / spent[0]
    name, said = f"scale: growth {sizes[0]} to {sizes[1]}", f"{growth:.3f}x of linear"
    yield Row(
        name, said, "the bare loop's growth", "within 15 %", abs(growth - 1) <= 0.15, {"growth": round(growth, 3)}
    )
