"""One run a target: ``lock/<n>.json``, the next n taken by exclusive create, the highest counts.

A lock is dead at once when its process is gone on this very machine; else when its heartbeat has not moved for
one lease by the newcomer's own clock (clocks of two machines are never compared).

The parts of a season share its target: the season holds ``lock/<n>.json``, each part ``lock/<part>/<n>.json`` by the
same rule, and a part works only as long as it sees the season's heartbeat move (`LeaseWatcher`).
"""

import asyncio
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tasks.domain.errors import TargetError
from tasks.storage import processes
from tasks.storage.store import Store, StoreError

NAME = re.compile(r"(\d+)\.json")
PART = re.compile(r"lock/part-\d+-\d+(?=/)")
BOARD = "board-"  # how the copy of the board begins that a season keeps beside its lock
LEASE = 60.0


def seconds() -> float:
    """A clock that goes on while the machine sleeps, where there is one: a lease runs out meanwhile."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def whoami() -> dict[str, Any]:
    """This process, told so that another can see whether it still lives."""
    return {
        "pid": os.getpid(),
        "started": processes.started(os.getpid()),
        "boot": processes.text_of("/proc/sys/kernel/random/boot_id"),
        "namespace": processes.namespace("pid"),
        "clock": processes.namespace("time"),
        "host": os.uname().nodename,
    }


def is_gone(
    holder: dict[str, Any],
    exists: Callable[[int], bool] = processes.exists,
    started: Callable[[int], str] = processes.started,
) -> bool:
    """True when the holder ran on this boot and in this pid namespace and its process is proved to be no more. What
    cannot be seen proves nothing: then the lease decides."""
    pid = holder.get("pid")
    if not (holder.get("started") and isinstance(pid, int) and pid > 0 and _here(holder)):
        return False
    if not exists(pid):
        return True
    return _same_clock(holder) and started(pid) not in ("", holder["started"])


def _here(holder: dict[str, Any]) -> bool:
    """Whether the holder ran on this boot and in this pid namespace: its process is one of ours."""
    here = whoami()
    return all(holder.get(part) and holder.get(part) == here[part] for part in ("boot", "namespace"))


def _same_clock(holder: dict[str, Any]) -> bool:
    """Whether its seconds since boot are ours: containers may set theirs back. Records of 0.1 do not say."""
    return holder.get("clock", "") in ("", whoami()["clock"])


class Timing(NamedTuple):
    """How a lock counts seconds, and how it waits for some: tests never wait."""

    clock: Callable[[], float] = seconds
    sleep: Callable[[float], None] = time.sleep


TIMING = Timing()


class Lock:
    """Held from `take` to `release`. ``fresh`` says whether an order may be sent now."""

    def __init__(
        self,
        store: Store,
        run_id: str,
        *,
        folder: str = "lock",
        lease: float = LEASE,
        timing: Timing = TIMING,
        token: str = "",
    ) -> None:
        self.store, self.run_id, self.folder = store, run_id, folder
        self.lease, self.clock, self.sleep = lease, timing.clock, timing.sleep
        self.by_process = True  # False where it is no sign of death that this process is gone: only the lease tells
        self.stopping = False
        self.says: Mapping[str, Any] = {}  # what the holder tells along with its heartbeat; replaced, never changed
        self._turn = threading.Lock()
        self.token = token or uuid.uuid4().hex
        self.n = 0
        self.beat = 0
        self.beaten_at = float("-inf")

    @property
    def fresh(self) -> bool:
        """False once the last own heartbeat is older than half a lease: then no POST leaves."""
        return self.clock() - self.beaten_at <= self.lease / 2

    def take(self) -> None:
        """Take the lock. `TargetError`, and no object left behind, when a live run or a part of one holds it."""
        while True:
            held = self._numbers()
            if held and not self._dead(max(held)):
                holder = self._read(max(held)) or {}
                raise TargetError(
                    f"{self.store.url} is in use by run {holder.get('run_id', '?')} "
                    f"(process {holder.get('pid', '?')} on {holder.get('host', '?')}, "
                    f"{self._path(max(held))}): wait for it to end, or stop it"
                )
            self.n = max(held, default=0) + 1
            if self._create():
                break
        if max(self._numbers(), default=self.n) > self.n:
            self.store.delete(self._path(self.n))
            raise TargetError(f"{self.store.url} was taken by another run at the same moment")
        for n in held:
            self.store.delete(self._path(n))
        if not PART.match(f"{self.folder}/"):
            self._outlive_parts()

    def _outlive_parts(self) -> None:
        """Wait for the parts of an earlier season, which end once they see this lock; clear what dead ones left.

        They are looked for after this lock stands: a part that found its season in order before is seen now.
        """

        def nap(length: float) -> None:
            self.sleep(length)
            self.renew()

        until = self.clock() + self.lease
        for folder in sorted({m[0] for name in self.store.names(self.folder) if (m := PART.match(name))}):
            part = Lock(self.store, self.run_id, folder=folder, lease=self.lease, timing=Timing(self.clock, nap))
            while (numbers := part._numbers()) and not part._dead(max(numbers)):
                if self.clock() >= until:
                    self.release()
                    raise TargetError(f"{self.store.url} is in use by {folder}, a part of an earlier run: let it end")
                nap(min(1.0, self.lease / 12))
            for name in self.store.names(folder):
                self.store.delete(name)
        for name in self.store.names(self.folder):
            if name.startswith(f"{self.folder}/{BOARD}"):
                self.store.delete(name)

    def renew(self) -> None:
        """One heartbeat. Called every twelfth of a lease; `TargetError` when somebody else took over.

        Its own object must still be there: a newcomer may have come, worked and gone while we hung.
        """
        with self._turn:
            if not self.n:
                return
            asked = self.clock()  # before the look: a process that hangs after it may have been replaced meanwhile
            mine = self._read(self.n) or {}
            if mine.get("token") != self.token or max(self._numbers(), default=0) > self.n:
                self.beaten_at = float("-inf")
                raise TargetError(f"{self.store.url} was taken over by another run")
            self.beat += 1
            self.store.write(self._path(self.n), self._bytes())
            self.beaten_at = asked

    def release(self) -> None:
        """Let the next run in. A heartbeat on its way comes before it or not at all: it would bring the lock back."""
        with self._turn:
            if self.n and (self._read(self.n) or {}).get("token") == self.token:
                self.store.delete(self._path(self.n))
            self.n, self.beaten_at = 0, float("-inf")

    def _create(self) -> bool:
        asked = self.clock()
        won = self.store.create(self._path(self.n), self._bytes())
        self.beaten_at = asked if won else float("-inf")
        return won

    def _dead(self, n: int) -> bool:
        """Watch the holder for one lease at the most, by our own clock; on one machine the last heartbeat tells."""
        first = self._read(n)
        if first is None or (first.get("by_process", True) and is_gone(first)):
            return True
        lease = float(first.get("lease", self.lease))
        ours = _here(first) and _same_clock(first)
        if ours and 0 <= self.clock() - float(first.get("beat_at", "-inf")) < lease:
            return False
        waited, before = 0.0, self.clock()
        while waited < lease:
            self.sleep(min(1.0, self.lease / 12))
            now = self.clock()
            waited += min(now - before, lease / 4)  # hours behind a closed lid are no silence: it slept as well
            before = now
            seen = self._read(n)
            if seen is None:
                return True
            if seen != first:
                return False
        return True

    def _numbers(self) -> list[int]:
        names = (name.rpartition("/") for name in self.store.names(self.folder))
        return [int(m[1]) for folder, _, name in names if folder == self.folder and (m := NAME.fullmatch(name))]

    def _read(self, n: int) -> dict[str, Any] | None:
        try:
            record = json.loads(self.store.read(self._path(n)))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StoreError(f"{self.store.url}/{self._path(n)} is no lock of this program") from error
        return record if isinstance(record, dict) else {}

    def _path(self, n: int) -> str:
        return f"{self.folder}/{n}.json"

    def _bytes(self) -> bytes:
        told = {"run_id": self.run_id, "token": self.token, "beat": self.beat, "lease": self.lease}
        told["beat_at"] = self.clock()  # monotonic: of meaning on this boot only
        told |= whoami() | {"by_process": self.by_process, "stopping": self.stopping}
        return json.dumps({**told, **self.says}).encode()


class LeaseWatcher:
    """Another run's lock, watched by the own clock: `alive` while its heartbeat moves, `fresh` while it just did."""

    def __init__(
        self,
        store: Store,
        token: str,
        *,
        folder: str = "lock",
        lease: float = LEASE,
        clock: Callable[[], float] = seconds,
    ) -> None:
        self.lock = Lock(store, "", folder=folder, lease=lease, timing=Timing(clock))
        self.token, self.lease, self.clock = token, lease, clock
        self.beat = -1
        self.seen_at = float("-inf")

    @property
    def fresh(self) -> bool:
        """Whether its heartbeat moved within half a lease."""
        return self.clock() - self.seen_at <= self.lease / 2

    @property
    def alive(self) -> bool:
        """Whether its heartbeat moved within a lease."""
        return self.clock() - self.seen_at <= self.lease

    def look(self) -> dict[str, Any] | None:
        """Its record when it holds the highest number, else None; a heartbeat that moved is noted."""
        asked = self.clock()
        numbers = self.lock._numbers()
        record = self.lock._read(max(numbers)) if numbers else None
        if record is None or record.get("token") != self.token:
            return None
        if record.get("beat") != self.beat:
            self.beat, self.seen_at = int(record.get("beat", 0)), asked
        return record


async def keep_lock(lock: Lock, lost: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Keep the lock alive until cancelled. ``lost`` is told when another run took it over."""
    while True:
        await asyncio.sleep(lock.lease / 12)
        try:
            await asyncio.to_thread(lock.renew)
        except TargetError as error:
            return lost(str(error))
        except StoreError as error:
            say(f"the lock could not be renewed: {error}")
