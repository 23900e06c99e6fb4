"""Whether the process that holds a lock still lives: told by what another user, another container or nobody can see."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks.storage.lock import is_gone, whoami

ROOT = Path(__file__).parents[3]
NOBODY = 65534
STARTED = "4711"


def there(pid: int) -> bool:
    return True


def nowhere(pid: int) -> bool:
    return False


@pytest.mark.parametrize(
    ("told", "exists", "started", "dead"),
    [
        ({}, there, STARTED, False),
        ({}, there, "4712", True),
        ({}, there, "over", True),
        ({}, there, "", False),
        ({}, nowhere, "", True),
        ({}, nowhere, STARTED, True),
        ({"boot": "another"}, nowhere, "", False),
        ({"namespace": "pid:[1]"}, nowhere, "", False),
        ({"started": ""}, nowhere, "", False),
        ({"clock": "time:[1]"}, there, "4712", False),
        ({"clock": "time:[1]"}, nowhere, "", True),
        ({"clock": ""}, there, "4712", True),
        ({"pid": 0}, nowhere, "", False),
        ({"pid": -1}, nowhere, "", False),
        ({"pid": "7"}, nowhere, "", False),
        ({"pid": None}, nowhere, "", False),
    ],
)
def test_what_proves_a_process_gone(told: dict[str, Any], exists: Any, started: str, dead: bool) -> None:
    """Only a number that nobody bears, or a start time that was read and is another's; when in doubt it lives."""
    holder = whoami() | {"pid": 77, "started": STARTED} | told
    assert is_gone(holder, exists, lambda pid: started) is dead


@pytest.mark.parametrize("pid", [2**22 + 1, 2**31, 2**80])
def test_a_number_that_no_process_can_have(pid: int) -> None:
    """A number beyond the system's own is nobody's, however large."""
    assert is_gone(whoami() | {"pid": pid})


def test_a_lock_of_an_earlier_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that does not name its clock is judged as before: a start time that differs is another process."""
    holder = {name: value for name, value in whoami().items() if name != "clock"}
    assert not is_gone(holder)
    assert is_gone(holder | {"started": "1"})


NEWCOMER = """
import json, os, sys
from tasks.domain.errors import TargetError
from tasks.storage import lock; from tasks.storage import processes
from tasks.storage.store import Store

holder, hidden = json.loads(sys.argv[1]), sys.argv[2] == "hidden"
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(NOBODY), os.setuid(NOBODY)
if not hidden:  # this machine lets nobody mount: the reader that finds nothing stands in for it
    lock.gone.__defaults__ = (lock.gone.__defaults__[0], lambda pid: "")
store, now = Store("memory://film"), [1000.0]

def write(beat):
    told = {"run_id": "run-1", "token": "t", "beat": beat, "lease": 60} | holder
    store.write("lock/1.json", json.dumps(told).encode())

def sleep(length):
    now[0] += length
    if beating:
        write(int(now[0]))

told = {"seen": processes.start_time(holder["pid"]), "gone": lock.is_gone(holder)}
for beating in (True, False):
    write(0)
    try:
        lock.Lock(store, "run-2", timing=lock.Timing(lambda: now[0], sleep)).take()
        told["beating" if beating else "silent"] = "taken"
    except TargetError as error:
        told["beating" if beating else "silent"] = str(error)
print(json.dumps(told | {"waited": now[0] - 1000}))
""".replace("NOBODY", str(NOBODY))


def child(prefix: Sequence[str], code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def prefix_of(*command: str) -> list[str]:
    """The command where this machine lets us run it, else nothing."""
    able = shutil.which(command[0]) and not subprocess.run([*command, "true"], capture_output=True).returncode
    return list(command) if able else []


def test_another_user_behind_hidepid_lets_a_live_run_live() -> None:
    """With hidepid=2 and another user a living holder cannot be seen: it is not taken for dead, its lease decides."""
    hides = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"'
    prefix = prefix_of("unshare", "-m", "sh", "-c", hides, "sh")
    done = child(prefix, NEWCOMER, json.dumps(whoami()), "hidden" if prefix else "shown")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["seen"], told["gone"]) == ("" if prefix else whoami()["started"], False)
    assert "is in use by run run-1" in told["beating"]
    assert told["silent"] == "taken"
    assert told["waited"] >= 60


WHO = "import json; from tasks.storage.lock import whoami; print(json.dumps(whoami())); input()"


def test_a_container_with_a_clock_of_its_own_lets_a_live_run_live() -> None:
    """A holder whose boot began at another time by its own clock (a time namespace) is not taken for dead."""
    prefix = prefix_of("unshare", "--time", "--boottime", "7200", "--fork")
    command = [*prefix, sys.executable, "-c", WHO]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        told = json.loads(holder.stdout.readline())
        assert not prefix or told["clock"] != whoami()["clock"]
        assert not is_gone(told)
        holder.stdin.write("\n")
        holder.stdin.close()
        holder.wait()
    assert is_gone(told)


def test_a_stranger_with_the_number_of_a_dead_holder() -> None:
    """Its number borne by another user's process that we may not signal or read: in doubt, so the lease decides."""
    assert not is_gone(whoami() | {"pid": 1, "started": "another"}, there, lambda pid: "")
    assert os.getpid() == whoami()["pid"]
