"""Only one run works on a target: it holds ``lock/<n>.json``, created exclusively; the highest number is the holder.

A lock is dead as soon as its process is known to have ended on this machine, otherwise when its heartbeat has not
changed for one lease by the newcomer's own clock (clocks of two machines are never compared).

The parts of a season share its target: the season holds ``lock/<n>.json``, each part ``lock/<part>/<n>.json`` by the
same rule, and a part works only as long as it sees the season's heartbeat change (`LeaseWatcher`).
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
BOARD = "board-"  # prefix of the board's copy, which a season keeps beside its lock
LEASE = 60.0  # seconds


def seconds() -> float:
    """Monotonic seconds that include the time in which the machine was suspended, where the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def whoami() -> dict[str, Any]:
    """What identifies this process, so that another one can see whether it still runs."""
    return {
        "pid": os.getpid(),
        "started": processes.start_time(os.getpid()),
        "boot": processes.text_of("/proc/sys/kernel/random/boot_id"),
        "namespace": processes.namespace("pid"),
        "clock": processes.namespace("time"),
        "host": os.uname().nodename,
    }


def is_gone(
    holder: dict[str, Any],
    exists: Callable[[int], bool] = processes.exists,
    started: Callable[[int], str] = processes.start_time,
) -> bool:
    """Whether the holder's process is known to have ended, on this boot and in this pid namespace.

    False where that cannot be seen: then the lease decides. ``exists`` and ``started`` (a start time) look up a pid.
    """
    pid = holder.get("pid")
    if not (holder.get("started") and isinstance(pid, int) and pid > 0 and _here(holder)):
        return False
    if not exists(pid):
        return True
    return _same_clock(holder) and started(pid) not in ("", holder["started"])


def _here(holder: dict[str, Any]) -> bool:
    """Whether the holder ran on this boot and in this pid namespace, so that its pid means something here."""
    here = whoami()
    return all(holder.get(part) and holder.get(part) == here[part] for part in ("boot", "namespace"))


def _same_clock(holder: dict[str, Any]) -> bool:
    """Whether its seconds since boot are ours: a container's can differ. Records of 0.1 do not say."""
    return holder.get("clock", "") in ("", whoami()["clock"])


class Timing(NamedTuple):
    """A lock's clock and its sleep, both in seconds; parameters, so that tests never wait."""

    clock: Callable[[], float] = seconds
    sleep: Callable[[float], None] = time.sleep


TIMING = Timing()


class Lock:
    """The lock of a run, held from `take` to `release`; ``lease`` is in seconds. While `fresh`, orders may be sent."""

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
        self.by_process = True  # False where this process may end and its work go on: then only the lease counts
        self.stopping = False
        self.says: Mapping[
            str, Any
        ] = {}  # what the holder publishes with its heartbeat; replaced as a whole, never modified
        self._turn = threading.Lock()
        self.token = token or uuid.uuid4().hex
        self.n = 0
        self.beat = 0
        self.beaten_at = float("-inf")

    @property
    def fresh(self) -> bool:
        """Whether the last heartbeat of ours is at most half a lease old; else nothing is ordered."""
        return self.clock() - self.beaten_at <= self.lease / 2

    def take(self) -> None:
        """Take the lock.

        Raises ``TargetError``, and leaves no object behind, when a live run or a part of one holds it.
        """
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
        """Wait for the parts of an earlier season, which end once they see this lock; delete what dead ones left.

        They are listed only after this lock was written: no part can start unseen in between.
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
        """Write one heartbeat; to be called every twelfth of a lease.

        Our own object must still be there: another run may have come, worked and gone while this process hung.
        Raises ``TargetError`` when another run has taken over.
        """
        with self._turn:
            if not self.n:
                return
            asked = self.clock()  # before reading: if this process hangs afterwards, it may have been replaced
            mine = self._read(self.n) or {}
            if mine.get("token") != self.token or max(self._numbers(), default=0) > self.n:
                self.beaten_at = float("-inf")
                raise TargetError(f"{self.store.url} was taken over by another run")
            self.beat += 1
            self.store.write(self._path(self.n), self._bytes())
            self.beaten_at = asked

    def release(self) -> None:
        """Delete the lock. A concurrent heartbeat comes before that or not at all: later it would restore the lock."""
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
        """Whether the holder is dead: by its last heartbeat on this boot, else after watching it for one lease."""
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
            waited += min(now - before, lease / 4)  # the holder may have been suspended as long as we were
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
        told["beat_at"] = self.clock()  # monotonic: comparable on this boot only
        told |= whoami() | {"by_process": self.by_process, "stopping": self.stopping}
        return json.dumps({**told, **self.says}).encode()


class LeaseWatcher:
    """Watches another run's lock by our own clock: its heartbeat is seen to change, or not. ``lease`` is in seconds."""

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
        """Whether its heartbeat changed within the last half of a lease."""
        return self.clock() - self.seen_at <= self.lease / 2

    @property
    def alive(self) -> bool:
        """Whether its heartbeat changed within the last lease."""
        return self.clock() - self.seen_at <= self.lease

    def look(self) -> dict[str, Any] | None:
        """Read the lock: its record if it still has the highest number, else None. Notes when the heartbeat changed."""
        asked = self.clock()
        numbers = self.lock._numbers()
        record = self.lock._read(max(numbers)) if numbers else None
        if record is None or record.get("token") != self.token:
            return None
        if record.get("beat") != self.beat:
            self.beat, self.seen_at = int(record.get("beat", 0)), asked
        return record


async def keep_lock(lock: Lock, lost: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Renew the lock until cancelled. ``lost`` is called with the reason when another run has taken it over."""
    while True:
        await asyncio.sleep(lock.lease / 12)
        try:
            await asyncio.to_thread(lock.renew)
        except TargetError as error:
            return lost(str(error))
        except StoreError as error:
            say(f"the lock could not be renewed: {error}")
