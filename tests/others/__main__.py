"""LibreOffice on our workbooks, editing programs on our timelines, every official client and a proxy at sandboxes.

``python -m tests.others PYTHON``, the interpreter that has the clients.
"""

import subprocess
import sys
from pathlib import Path

from tests.others import editors, office, through_proxy
from tests.others.clients import CLIENTS
from tests.sandbox import Sandbox

SECONDS = 120


def main(python: str) -> int:
    """How many clients did not come to their file, orders through the proxy not to what they must, workbooks not to
    their cells, and timelines not to their length."""
    program, failed = Path(__file__).with_name("clients.py"), office.main() + editors.main(python)
    with Sandbox(job_seconds=0.5) as box:
        for name in CLIENTS:
            done = subprocess.run([python, str(program), box.url, name], timeout=SECONDS, check=False)
            failed += done.returncode != 0
    return failed + through_proxy.drive(python)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
