"""What can go wrong, named by what to do next.

StoryreelError
├── StartError           nothing was started, nothing lost: exit 2 (carries its faults)
│   ├── BoardError       the shot list, or a file it points at
│   ├── ConfigError      a config file or the environment
│   └── TargetError      the target is locked, not writable, or holds a newer schema
├── TargetLost           the target refused a write after a purchase: buy nothing more, `rescue` later
├── LocalFault           this machine lacks room, descriptors or memory: buy nothing more, `rescue` later
├── Stopped              this run submits no more (budget, interruption): the shot is skipped
├── MediaError           bytes that are not the picture or the video they should be
└── GatewayError         how one attempt ended
    ├── Busy             nothing was accepted: same route again, after `retry_after`
    ├── Refused          nothing was accepted and will not be: next route
    ├── Locked           key or credit: next route, this provider is out for the run
    ├── Failed           the job was accepted and then failed: money as the gateway documents
    ├── Unclear          the job may exist: never sent again there, money at risk, next route
    └── Moderated        content policy: the shot stops
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal

from tasks.domain import redaction

#: How an attempt stands, in records and tables: ``late`` is a clip that came when the shot had one, ``pending`` was
#: accepted and is not settled, ``overdue`` is a pending one that nobody waits for any more.
Outcome = Literal["clip", "late", "busy", "refused", "locked", "failed", "moderated", "unclear", "pending", "overdue"]
#: What kept a shot or an attempt from its clip, in records, tables and advice; empty where nothing did. A class that is
#: written down says its word itself: these words are on users' disks, whatever the classes are called.
ErrorWord = Literal[
    "",
    "Budget",
    "Busy",
    "Failed",
    "Interrupted",
    "Locked",
    "MediaError",
    "Moderated",
    "NoRoute",
    "Refused",
    "Source",
    "Target",
    "Unclear",
]
MAX_FAULTS = 10_000
MOST_VALUE = 500  # characters of a wrong value that are kept for its message


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what the user gave: where it stands, what stands there, what would be right.

    ``row`` is the line a person sees in the file (the header is line 1); 0 where no row is meant.
    """

    row: int
    shot_id: str
    column: str
    value: str
    message: str

    def __post_init__(self) -> None:
        for name in ("value", "message"):  # either may quote an address with a signature, or a picture as text
            object.__setattr__(self, name, redaction.cut(getattr(self, name)))
        object.__setattr__(self, "value", self.value[:MOST_VALUE])

    def __str__(self) -> str:
        return redaction.plain(self._told())

    def _told(self) -> str:
        where = [f"row {self.row}"] if self.row else []
        where += [self.shot_id] if self.shot_id not in ("", self.value) else []
        where += [self.column] if self.column else []
        shown = f" {self.value[:80]!r}" if self.value else ""
        return f"{', '.join(where)}{shown}: {self.message}" if where or shown else self.message


class Faults(list[Fault]):
    """A list of faults that stops growing at `MAX_FAULTS` and counts the others in ``more``.

    A hostile table can have a fault in each of its millions of cells.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        super().__init__()
        self.more = 0
        self.extend(faults)

    def append(self, fault: Fault) -> None:
        """Add a fault, or only count it once the list is full."""
        if len(self) < MAX_FAULTS:
            super().append(fault)
        else:
            self.more += 1

    def extend(self, faults: Iterable[Fault]) -> None:
        """Add as many faults as there is room for, and count the others."""
        for fault in faults:
            self.append(fault)
        self.more += getattr(faults, "more", 0)

    def __iadd__(self, faults: Iterable[Fault]) -> "Faults":  # type: ignore[override,misc]  # a list takes any iterable
        self.extend(faults)
        return self

    def told(self) -> list[Fault]:
        """The faults, with one at the end that says how many more there were."""
        unlisted = f"{self.more:,} more faults are not listed; mend the first {MAX_FAULTS:,}"
        return [*self, Fault(0, "", "", "", unlisted)] if self.more else list(self)


class StoryreelError(Exception):
    """The root of every error of this program."""


class StartError(StoryreelError):
    """Nothing was started. ``faults`` holds everything found, never only the first."""

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        if isinstance(faults, str):
            faults = [Fault(0, "", "", "", faults)]
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class BoardError(StartError):
    """The shot list, or a file it points at, is not usable.

    ``board`` holds all rows as far as they could be read, so that their files can be looked at as well;
    ``sound``: how many selected shots have no fault.
    """

    def __init__(self, faults: Sequence[Fault] | str, board: Any = None, sound: int = 0) -> None:
        super().__init__(faults)
        self.board, self.sound = board, sound


class ConfigError(StartError):
    """A config file or the environment is not usable."""


class TargetError(StartError):
    """The target is locked by another run, cannot be written, or holds a newer schema."""


class TargetLost(StoryreelError):
    """The target refused a write after a purchase. The job stays accepted for ``rescue``."""


class LocalFault(StoryreelError):
    """This machine cannot go on: no room, no descriptor, no memory. It is never a gateway's fault.

    ``sent`` says that the request may have left before that.
    """

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class Stopped(StoryreelError):
    """The run sends no further orders. ``error_class`` is ``Budget``, ``Interrupted`` or ``Target``."""

    def __init__(self, error_class: ErrorWord, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class


class MediaError(StoryreelError):
    """Bytes that are not the picture or the video that they should be."""

    word: ClassVar[ErrorWord] = "MediaError"


class GatewayError(StoryreelError):
    """How an attempt ended without a clip.

    ``charge`` is what the gateway says it took. ``free`` is what the reply itself tells of the charge:
    True, False, or None where it is silent (then the catalogue's ``failed_is_charged`` decides).
    ``reply`` is the body that brought no receipt, redacted and short.
    ``outcome`` and ``word`` are what records and tables say of an attempt that ended so.
    """

    outcome: ClassVar[Outcome]
    word: ClassVar[ErrorWord]

    def __init__(self, message: str, *, charge: Decimal | None = None, free: bool | None = None) -> None:
        super().__init__(message)
        self.charge = charge
        self.free = free
        self.reply = ""


class Busy(GatewayError):
    """Nothing was accepted. ``retry_after`` is in seconds; None where the gateway names no time."""

    outcome = "busy"
    word = "Busy"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(GatewayError):
    """Nothing was accepted, and asking again would change nothing. ``gone`` says that the model is."""

    outcome = "refused"
    word = "Refused"

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class Locked(GatewayError):
    """The key or the credit: nothing more goes to this provider in this run."""

    outcome = "locked"
    word = "Locked"


class Failed(GatewayError):
    """The job was accepted and then failed by the gateway's own final word."""

    outcome = "failed"
    word = "Failed"


class Unclear(GatewayError):
    """The order may have been accepted: it is never sent again to this gateway for this shot."""

    outcome = "unclear"
    word = "Unclear"


class Moderated(GatewayError):
    """Content policy, said before or after the order was accepted."""

    outcome = "moderated"
    word = "Moderated"
