"""The embedded Prefect server, a process of its own: it takes the socket it is given and ends with who started it.

Run by path and not as a module: nothing beside the working directory may get in its way.
"""

import os
import socket
import sys
import threading
import time
from typing import Any

import uvicorn

APP = "prefect.server.api.server:create_app"
FAREWELL = 5.0  # seconds in which it ends in good order


class Server(uvicorn.Server):
    """uvicorn that says on its standard output when it can be asked."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, then say so."""
        await super().startup(sockets=sockets)
        if not self.should_exit:
            os.write(1, b"ready\n")


def end_with_parent(server: Any) -> None:
    """Wait until the other end of standard input is closed: by whoever started this, or by its death."""
    while os.read(0, 1024):
        pass
    server.should_exit = True
    time.sleep(FAREWELL)
    os._exit(0)


def main() -> None:
    """Serve until the parent is gone."""
    server = Server(uvicorn.Config(APP, factory=True, lifespan="on", log_level="error"))
    threading.Thread(target=end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
