"""LibreOffice on our workbooks, readers of tables, every official client and a proxy at fresh sandboxes.

``python -m tests.others PYTHON``, the interpreter that has the clients.
"""

import subprocess
import sys
from pathlib import Path

from tests.others import office, spreadsheet, through_proxy
from tests.others.clients import CLIENTS
from tests.sandbox import Sandbox

SECONDS = 120


def main(python: str) -> int:
    """How many clients did not come to their file, orders through the proxy not to what they must, and workbooks not to
    their cells."""
    program = Path(__file__).with_name("clients.py")
    failed = office.main() + spreadsheet.drive(python)
    with Sandbox(job_seconds=0.5) as box:
        for name in CLIENTS:
            done = subprocess.run([python, str(program), box.url, name], timeout=SECONDS, check=False)
            failed += done.returncode != 0
    return failed + through_proxy.drive(python)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
