"""What a person sees at a terminal: a live display, plain lines without one, tables, and a closing summary."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from typing import IO, Any, cast

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flows.cli.outlets import ERR, OUT
from tasks.domain import redaction
from tasks.domain.errors import BoardError, Fault, StartError
from tasks.domain.money import ZERO, usd_shown, usd_text
from tasks.domain.plan import Plan, ShotPlan, words_of_trust
from tasks.domain.progress import Progress

plain = Console(file=cast(IO[str], OUT))  # for the help, which wraps its words
out = Console(file=cast(IO[str], OUT), highlight=False, soft_wrap=True)
err = Console(file=cast(IO[str], ERR), highlight=False, soft_wrap=True)

PLAN_HEAD = ("shot", "", "route", "sent", "USD", "at worst")
MONEY = PLAN_HEAD.index("USD")  # from here on columns are sums
MOST_REASONS = 20  # shots without a clip that `status` lists


def text(value: object, style: str = "") -> Text:
    """Anything as text: no markup in it is read, and nothing in it moves the cursor, rings or turns text around."""
    return Text(redaction.plain(str(value)), style=style)


def clock(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Board:
    """The live display: one line a shot in flight, as many as the height allows, and a line of totals."""

    def __init__(self, progress: Progress, console: Console) -> None:
        self.progress, self.console = progress, console
        self.since = time.monotonic()

    def totals(self) -> list[str]:
        """Elapsed, done of all, the four counts, money spent and reserved: one line where the terminal is wide enough.

        A run that has not begun has nothing to count.
        """
        p, counts = self.progress, self.progress.counts()
        elapsed, ended = clock(time.monotonic() - self.since), counts["done"] + counts["failed"]
        if not (p.total or ended or p.flights):
            return [f"{elapsed}  getting ready"]
        words = "  ".join([f"{elapsed}  {ended}/{p.total}", *(f"{number} {word}" for word, number in counts.items())])
        money = f"{usd_text(p.spent)} USD spent, {usd_text(p.reserved)} reserved"
        line = f"{words}  {money}"
        return [line] if len(line) <= self.console.width else [words, money]

    def taken_up(self) -> str:
        """The jobs of earlier runs that are asked after, and what they may cost; empty where there is none."""
        jobs = [usd for waiting in self.progress.taken_up.values() for usd in waiting]
        return f"{len(jobs)} jobs of earlier runs taken up, {usd_text(sum(jobs, ZERO))} USD wait there" if jobs else ""

    def __rich__(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        flights = list(self.progress.flights.items())
        totals, width = self.totals(), self.console.width
        room = max(self.console.height - 3 - sum(-(-len(line) // width) for line in totals), 3)
        now = time.monotonic()
        for shot_id, flight in flights[:room]:
            grid.add_row(text(shot_id), clock(now - flight.since), text(flight.told(now)))
        if len(flights) > room:
            grid.add_row("", "", f"+{len(flights) - room} more")
        frame = Table.grid()
        if flights:
            frame.add_row(grid)
        if jobs := self.taken_up():
            frame.add_row(Text(jobs))
        for line in totals:
            frame.add_row(Text(line, style="cyan"))
        return frame


@contextmanager
def show_progress(progress: Progress, *, quiet: bool) -> Iterator[None]:
    """Show a run on standard error while it lasts: live on a terminal, plain lines elsewhere, nothing if quiet."""
    if quiet:
        yield
        return
    if err.is_terminal:
        board = Board(progress, err)
        with Live(board, console=err, refresh_per_second=4, transient=False):
            progress.listen = lambda line: err.print(text(line, "yellow"))
            yield
        return
    progress.listen, progress.each = say, True
    yield


def say(line: str) -> None:
    """Print one plain line on standard error, whatever it holds."""
    err.print(text(line), soft_wrap=True)


def check_end(state: Any, *, began: bool) -> None:
    """Tell of a run that did not come to its own end, by the flow's final state.

    Raises ``StartError`` when it did not even begin.
    """
    if not began:
        raise StartError(state.message or "the run did not start")
    if state.name in ("Failed", "Crashed"):  # Prefect's own: ours say Incomplete
        say(f"the run broke off before its end: {state.message}; what is missing is made by the same command")


def faults(error: StartError) -> None:
    """Print every fault on its own line, on standard error; shots at which the same is wrong share one."""
    found = error.faults
    groups: dict[tuple[str, str, str], list[Fault]] = {}
    for number, fault in enumerate(found):
        alone = "" if fault.shot_id and not fault.value else str(number)
        groups.setdefault((fault.column, fault.message, alone), []).append(fault)
    for same in groups.values():
        say(f"error: {same[0]}" if len(same) == 1 else f"error: {same[0].message}; {_shots([f.shot_id for f in same])}")
    if len(found) > 1:
        say(f"{len(found)} faults; nothing was started, nothing was written")
    sound = error.sound if isinstance(error, BoardError) else 0
    if sound and all(fault.column == "route" and fault.shot_id for fault in found):
        say("the other shots can go on without these: --skip-unusable leaves them out")


def left_out(reasons: Mapping[str, Sequence[str]]) -> None:
    """Print the shots that a run leaves out, a line for each reason, on standard error."""
    for reason, ids in reasons.items():
        say(f"left out: {reason}; {_shots(ids)}")


def _shots(ids: Sequence[str]) -> str:
    """``10 shots: sh010, sh020, sh030 and 7 more``."""
    more = f" and {len(ids) - 4} more" if len(ids) > 5 else ""
    return f"{len(ids)} shot{'s' * (len(ids) > 1)}: {', '.join(ids[:4] if more else ids)}{more}"


def plan_table(plan: Plan, read: Sequence[str] = (), *, most: int = 200) -> None:
    """Print the plan for people: one line a shot, how the board was ``read`` and what is odd below, then the totals."""
    rows = [_plan_cells(shot) for shot in [s for s in plan.shots if s.selected][:most]]
    print_aligned([PLAN_HEAD, *rows], MONEY)
    if len(plan.shots) > most:
        out.print(f"... {len(plan.shots) - most} more shots; --json lists them all")
    for line in read:
        out.print(text(line))
    for chain in plan.chains[:20]:
        out.print(text(f"continues: {' -> '.join(chain)}"))
    for warning in [warning for warning in plan.warnings if warning not in read]:
        out.print(text(f"warning: {warning}", "yellow"))
    for warning, ids in shot_warnings([shot for shot in plan.shots if shot.selected]).items():
        more = f" and {len(ids) - 4} more" if len(ids) > 4 else ""
        out.print(text(f"{', '.join(ids[:4])}{more}: {warning}", "yellow"))
    if trusted := words_of_trust(plan.trusted):
        out.print(text(trusted))
    out.print(plan.summary)
    for line in plan.schedule.lines if plan.schedule else ():
        out.print(text(line))


def print_aligned(rows: Sequence[Sequence[str]], sums_from: int) -> None:
    """Print rows with their columns one below the other, those ``sums_from`` that place on to the right, and a dim
    head: no table, which would cut what is wider than the terminal."""
    shown = [[redaction.plain(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    for number, row in enumerate(shown):
        gaps = [" " * (width - cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
        cells = [
            gap + cell if at >= sums_from else cell + gap for at, (gap, cell) in enumerate(zip(gaps, row, strict=True))
        ]
        out.print(text("  ".join(cells).rstrip(), "" if number else "dim"))


def shot_warnings(shots: Sequence[ShotPlan]) -> dict[str, list[str]]:
    """Each warning once, with the shots that it is about."""
    found: dict[str, list[str]] = {}
    for shot in shots:
        for warning in shot.warnings:
            found.setdefault(warning, []).append(shot.shot.shot_id)
    return found


def _plan_cells(plan: ShotPlan) -> list[str]:
    action = f"{plan.action} ({', '.join(plan.changed)})" if plan.changed else plan.action
    first = plan.first
    if plan.action == "keep" or first is None:
        return [plan.shot.shot_id, action, "", "", "", ""]
    count = f"{plan.need.missing} x " if plan.need.missing > 1 else ""
    sent = f"{count}{first.seconds} s {first.size}"
    return [plan.shot.shot_id, action, first.route.name, sent, usd_shown(plan.quoted), usd_shown(plan.worst)]


def money_lines(totals: Mapping[str, Any], by_provider: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the money by gateway with its sum, in the words of the report: charged, of it wasted, at risk, for takes
    that are not in use, and what a clip in use came to."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("gateway")
    for name in ("clips", "charged USD", "of it wasted", "at risk", "other takes", "a clip"):
        table.add_column(name, justify="right")
    for name, row in [*by_provider.items(), ("total", totals)]:
        money = [row[column] for column in ("charged_usd", "wasted_usd", "at_risk_usd", "alternates_usd")]
        money.append(row["usd_per_clip"] or "")
        table.add_row(text(name), str(row["clips"]), *money, style="bold" if name == "total" else "")
    out.print(table)


def version() -> str:
    """The package's version; in words that it is unknown where the package is not installed."""
    try:
        return metadata.version("storyreel")
    except metadata.PackageNotFoundError:
        return "unknown: the package is not installed"


def provider_tables(entries: Sequence[Mapping[str, Any]]) -> None:
    """Print a block for each gateway: its key and address, then its models."""
    for entry in entries:
        found = f"{entry['key_from']} found" if entry["key_found"] else entry["key_lacks"]
        key = found if entry["key"] else "needs no key"
        head = "  ".join(part for part in (entry["provider"], entry["base_url"], key, entry.get("check", "")) if part)
        out.print(Text(head, style="bold"))
        rows = [_model_cells(model) for model in entry["models"]]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for *facts, ends in rows:  # no table: it would cut what is wider than the terminal
            padded = "  ".join(fact.ljust(width) for fact, width in zip(facts, widths, strict=False))
            out.print(Text.assemble(" ", padded if ends else padded.rstrip(), ("  " * bool(ends) + ends, "yellow")))
        for line in entry.get("differences", ()):
            out.print(Text(f"  differs: {line}", style="yellow"))


def _model_cells(model: Mapping[str, Any]) -> list[str]:
    ends = f"retired {model['retired_on']}" if model["lifecycle"].startswith("was") else model["lifecycle"]
    return [model["route"].partition(":")[2], ", ".join(model["modes"]), model["lengths"], model["price"], ends]


def standing(told: Mapping[str, Any]) -> None:
    """Print what is amiss at a target, a line each: jobs not collected, lost clips, shots without a clip."""
    for job in told["uncollected"]:
        out.print(text(f"uncollected: {job['shot_id']} at {job['provider']}, {job['job_id']}"))
    lost(told["lost"])
    reasons(told["reasons"])


def reasons(listed: Sequence[Mapping[str, str]]) -> None:
    """Print why shots lack what was asked for, each reason once with its shots."""
    shots: dict[str, list[str]] = {}
    for one in listed:
        why = ": ".join(one[name] for name in ("status", "error_class", "error") if one[name])
        shots.setdefault(why, []).append(one["shot_id"])
    for why, ids in list(shots.items())[:MOST_REASONS]:
        out.print(text(f"{why}; {_shots(ids)}", "yellow"))
    if len(shots) > MOST_REASONS:
        out.print(f"... {len(shots) - MOST_REASONS} more reasons; --json lists them all")


def lost(clips: Sequence[Mapping[str, Any]]) -> None:
    """Print the clips that are gone from a target or cut, a line each."""
    for one in clips:
        out.print(text(f"lost: {one['shot_id']}, {one['clip']} is gone or cut ({one['charged_usd']} USD)", "yellow"))


def rescued_line(told: Mapping[str, Any]) -> str:
    """What a rescue came to."""
    return f"{told['collected']} collected, {len(told['uncollected'])} still open; {shots_line(told['shots'])}"


def shots_line(counts: Mapping[str, int]) -> str:
    """``8 rendered, 2 failed``: the statuses that occur."""
    return ", ".join(f"{number} {status}" for status, number in counts.items() if number) or "no shots"
