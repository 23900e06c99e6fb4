"""Which Prefect server a run will use, and how loud it is."""

import os
import sys
from typing import NoReturn

from tasks.errors import ConfigError
from tasks.models import Request
from tasks.transport import Http, Lost, NotSent

PATIENCE = 10.0


async def reachable(http: Http) -> str:
    """The configured server's address, or ``embedded server``. `ConfigError` when a configured one stays silent."""
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if not url:
        return "embedded server"
    try:
        await http.ask(Request("GET", f"{url}/health"), f"{url}/health", {}, PATIENCE)
    except (NotSent, Lost) as error:
        raise ConfigError(f"the Prefect server of PREFECT_API_URL ({url}) does not answer: {error}") from error
    return str(url)


def quiet() -> None:
    """The embedded server phones nobody, may start slowly, and Prefect's own log stays out of a person's way."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "ERROR")
    # its own 20 s are not enough for a first start on a busy machine, which takes 14 on an idle one
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")


def leave(code: object) -> NoReturn:
    """End the process at once: Prefect's farewell to a server that was lost would take minutes."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)
