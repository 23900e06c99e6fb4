"""What strangers send, and what a command that gets it may take."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import SILENT, without_settings

SAMPLES = Path(__file__).parent / "samples"
STORYREEL = str(Path(sys.executable).with_name("storyreel"))
GIGABYTE = 1_000_000_000

# A process begins with the peak of the one that made it, so a small one stands between the tests and what is weighed.
SCALE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([done.returncode, done.stdout, done.stderr, peak]))
"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """How a process ended, what it said, and the most bytes that it or one that it started held."""

    code: int
    out: str
    err: str
    peak: int


def weighed(*command: object, **more: str) -> Weighed:
    """Run a command to its end in an environment without keys; a test's own timeout bounds it."""
    environment: Mapping[str, str] = {**without_settings(), **SILENT, **more}
    scale = [sys.executable, "-c", SCALE, *map(str, command)]
    done = subprocess.run(scale, env=environment, capture_output=True, check=True, timeout=110)
    code, out, err, peak = json.loads(done.stdout)
    return Weighed(code, out, err, peak)


def weighed_code(code: str, *arguments: object) -> Weighed:
    """Run Python code with the project at hand."""
    return weighed(sys.executable, "-c", code, *arguments)
