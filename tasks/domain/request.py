"""What a user asks for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class View:
    """A file made for people to look at: its name in options and forms, its path at the target, and whether it is made
    by default."""

    name: str
    file: str
    default: bool


def _view(file: str, *, default: bool = True) -> bool:
    return field(default=default, metadata={"file": file})


@dataclass(frozen=True, slots=True)
class ViewSelection:
    """Which views of the target are made. Each field is a view; the table of all of them is `VIEWS`."""

    report: bool = _view("report.html")
    timeline: bool = _view("timeline.otio")
    reel: bool = _view("reel.mp4")
    edl: bool = _view("timeline.edl", default=False)
    fcpxml: bool = _view("timeline.fcpxml", default=False)
    xlsx: bool = _view("manifest.xlsx", default=False)
    xml: bool = _view("timeline.xml", default=False)
    captions: bool = _view("captions.srt")

    @property
    def chosen(self) -> tuple[View, ...]:
        """The views that are made, in the order of the table."""
        return tuple(view for view in VIEWS.values() if getattr(self, view.name))


#: Every view by its name: the command line, the form of the flow and the publisher read it.
VIEWS: Mapping[str, View] = {
    one.name: View(one.name, one.metadata["file"], bool(one.default)) for one in fields(ViewSelection)
}


def select_views(names: Collection[str]) -> ViewSelection:
    """The views of these names and no others."""
    return ViewSelection(**{name: name in names for name in VIEWS})


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks for. ``rerender`` names shots, or ``all``, or ``stale`` for those that are (a shot of that name
    is ``id:stale``); None leaves a value to the config.

    ``takes``: clips of each shot whose row says nothing of it. ``draft``: whether drafts are ordered, and no finals;
    False: finals for all drafts. ``by``: the time, ISO 8601, by which it is to be done, empty for none;
    ``measured``: the targets whose attempts say how long a route takes.

    ``skip_unusable``: shots without a usable route are left out instead of keeping the run from its start.
    ``confined``: the board comes from an inbox or a deployment, and may not name files outside its own folder.
    """

    board: str
    to: str
    config: str | None = None
    budget_usd: Decimal | None = None
    only: tuple[str, ...] = ()
    rerender: tuple[str, ...] = ()
    concurrency: int | None = None
    takes: int | None = None
    draft: bool | None = None
    by: str = ""
    measured: tuple[str, ...] = ()
    skip_unusable: bool = False
    confined: bool = False
    views: ViewSelection = ViewSelection()

    @property
    def named(self) -> frozenset[str]:
        """The shots that ``rerender`` names one by one; ``all`` among them where it stands there."""
        return frozenset("stale" if one == "id:stale" else one for one in self.rerender if one != "stale")
