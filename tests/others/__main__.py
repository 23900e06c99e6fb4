"""LibreOffice and readers of tables on ours, editing programs on our timelines, ffmpeg on last pictures, every official
client and a proxy at fresh sandboxes.

``python -m tests.others PYTHON``, the interpreter that has the clients.
"""

import subprocess
import sys
from pathlib import Path

from tests.others import editors, last_pictures, office, spreadsheet, through_proxy
from tests.others.clients import CLIENTS
from tests.sandbox import Sandbox

SECONDS = 120


def main(python: str) -> int:
    """How many clients did not come to their file, orders through the proxy not to what they must, and workbooks,
    timelines and last pictures not to what they must be."""
    program, python = Path(__file__).with_name("clients.py"), str(Path(python).absolute())  # some start elsewhere
    failed = office.main() + spreadsheet.drive(python) + editors.main(python) + last_pictures.main()
    with Sandbox(job_seconds=0.5) as box:
        for name in CLIENTS:
            done = subprocess.run([python, str(program), box.url, name], timeout=SECONDS, check=False)
            failed += done.returncode != 0
    return failed + through_proxy.drive(python)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
