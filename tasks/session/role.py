"""What a session has to itself and what it shares with others: a run that is alone at its target, or a part of one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from tasks.domain.money import ZERO
from tasks.domain.result import Attempt, ShotResult


class Role(Protocol):
    """What a session asks where it depends on who else works at its target. `WholeRun` is alone there."""

    @property
    def said(self) -> Mapping[str, int] | None:
        """Which verdicts count, by key the highest number; None for all that are there."""
        ...

    @property
    def ways(self) -> int:
        """How many runs at once share what is limited for all of them."""
        ...

    @property
    def publishes(self) -> bool:
        """Whether the session tries the target, writes its tables and makes its views; else somebody else does."""
        ...

    async def board_copy(self) -> bytes | None:
        """The board as it was read for this session; None where the session reads it itself.

        Raises ``TargetError`` when the copy cannot be read.
        """
        ...

    def budget_usd(self, whole: Decimal | None, history: Iterable[Attempt]) -> Decimal | None:
        """US dollars that the session's orders may come to, of the ``whole`` budget; None for no limit."""
        ...

    def counts(self, attempt: Attempt) -> bool:
        """Whether the attempt's money counts against that budget."""
        ...

    def lost_before(self, history: Iterable[Attempt]) -> Decimal:
        """US dollars that were lost before this process took part in the run."""
        ...

    def may_submit(self) -> None:
        """Allow an order to be sent now.

        Raises ``Stopped`` when whoever the session works for forbids it.
        """
        ...

    async def watch(self, interrupt: Callable[[str], None]) -> None:
        """Follow whoever may end the session, as long as its lock is held, and ``interrupt`` it with the reason."""
        ...

    async def report(self, rows: Sequence[ShotResult], lost_usd: Decimal, refused: str = "") -> None:
        """Tell whoever waits for it how the selected shots ended, or why the session cannot start (``refused``)."""
        ...


class WholeRun:
    """A run that is alone at its target: board, money, tables and views are its own, and it answers to nobody."""

    ways = 1
    publishes = True
    said: Mapping[str, int] | None = None  # a season sets it at its start, for itself and its parts

    async def board_copy(self) -> bytes | None:
        """None: it reads the board where the user keeps it."""
        return None

    def budget_usd(self, whole: Decimal | None, history: Iterable[Attempt]) -> Decimal | None:
        """All of it."""
        return whole

    def counts(self, attempt: Attempt) -> bool:
        """True: all of the target's money counts."""
        return True

    def lost_before(self, history: Iterable[Attempt]) -> Decimal:
        """Nothing: what may be wasted is counted anew in each run."""
        return ZERO

    def may_submit(self) -> None:
        """Nobody else has a say."""

    async def watch(self, interrupt: Callable[[str], None]) -> None:
        """There is nobody to follow."""

    async def report(self, rows: Sequence[ShotResult], lost_usd: Decimal, refused: str = "") -> None:
        """Nobody waits for it: its tables and its exit code say it."""
