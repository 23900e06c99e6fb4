"""What a user asks for."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ViewSelection:
    """Which views of the target are made: report, timeline (and as EDL or FCPXML), rough cut."""

    report: bool = True
    timeline: bool = True
    reel: bool = True
    edl: bool = False
    fcpxml: bool = False


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks for. ``rerender`` may be ``("all",)``; None leaves a value to the config.

    ``confined``: the board comes from an inbox or a deployment, and may not name files outside its own folder.
    """

    board: str
    to: str
    config: str | None = None
    budget_usd: Decimal | None = None
    only: tuple[str, ...] = ()
    rerender: tuple[str, ...] = ()
    concurrency: int | None = None
    confined: bool = False
    views: ViewSelection = ViewSelection()
