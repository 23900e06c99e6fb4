"""Programs that tests start: each is ended with the test that started it."""

import subprocess
from typing import Any


def end(process: "subprocess.Popen[Any]", seconds: float = 20) -> None:
    """Ask a program to end, and kill it where it has not after so many seconds."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
