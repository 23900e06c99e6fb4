"""Which Prefect server a run will use, and how loud it is."""

import asyncio
import atexit
import contextlib
import importlib
import os
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NoReturn

from tasks.domain.errors import ConfigError, StartError
from tasks.domain.order import Request
from tasks.transport import Http, Lost, NotSent, why_unusable, with_loopback

PATIENCE = 10.0
SERVED = Path(__file__).with_name("served.py")
EMBEDDED = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
#: What a run loads before its first order: its flow, what Prefect leaves until a flow begins, the writer of tables.
RUN = (
    *("flows.render_storyboard", "prefect.flow_engine", "prefect.task_engine", "prefect.utilities.visualization"),
    *("fastapi.encoders", "anyio._backends._asyncio"),
    *("tasks.engine.shot", "tasks.engine.submit", "pyarrow.parquet"),
)
FAREWELL = 5.0  # seconds that the embedded server has to end


class ServerStart:
    """Finds or starts the server of a run; it may begin while the board is still being looked at."""

    def __init__(self, http: Http, scratch: Path) -> None:
        self.http, self.scratch = http, scratch
        self.said: list[str] = []
        self.say: Callable[[str], None] = self.said.append
        self.task: asyncio.Task[str] | None = None

    def begin(self) -> None:
        """Begin, once. What it finds wrong is told by `ready`, to whoever needs the server."""
        if self.task is None:
            self.task = asyncio.ensure_future(reachable(self.http, self.scratch, lambda line: self.say(line)))

    async def ready(self, say: Callable[[str], None]) -> str:
        """The server's address, or ``embedded server``. ``say`` gets a line for what takes its time.

        Raises ``ConfigError`` and ``StartError`` when `reachable` does.
        """
        self.begin()
        assert self.task is not None  # noqa: S101 - begun one line above
        for line in self.said:
            say(line)
        self.say = say
        return await self.task


@contextlib.asynccontextmanager
async def beside(http: Http, scratch: Path) -> AsyncIterator[ServerStart]:
    """The start of a run's server during the body. One that nobody came to need is left: it ends with this process."""
    start = ServerStart(http, scratch)
    try:
        yield start
    finally:
        if start.task is not None:
            start.task.cancel()
            await asyncio.gather(start.task, return_exceptions=True)


async def reachable(http: Http, scratch: Path, say: Callable[[str], None]) -> str:
    """The server that a run will use: the configured one's address, or ``embedded server``, which is started for it.
    What the run itself needs is loaded meanwhile.

    What the embedded one prints goes to a file in ``scratch``. ``say`` gets a line for what takes its time. Raises
    ``ConfigError`` when a configured one stays silent, ``StartError`` when the embedded one does not start.
    """
    await _load("prefect.context", "prefect.settings")
    from prefect.settings import PREFECT_API_URL

    _writable_home()
    _leave_out_unusable()
    url = PREFECT_API_URL.value()
    if not url:
        say("Prefect: starting a server for this run")
        await _embed(scratch / "prefect-server.log")
        return "embedded server"
    loading = asyncio.ensure_future(_load(*RUN))
    try:
        await http.ask(Request("GET", f"{url}/health"), f"{url}/health", {}, PATIENCE)
    except (NotSent, Lost) as error:
        raise ConfigError(f"the Prefect server of PREFECT_API_URL ({url}) does not answer: {error}") from error
    await loading
    return str(url)


async def _load(*modules: str) -> None:
    """Load these in a thread: Prefect takes seconds, in which the board is looked at."""
    for module in modules:
        await asyncio.to_thread(importlib.import_module, module)


def _leave_out_unusable() -> None:
    """Prefect's client fails over a proxy or a certificate that it cannot use, though it asks loopback alone."""
    from prefect.context import refresh_global_settings_context

    for name in [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]:
        if os.environ[name].strip() and why_unusable(os.environ[name].strip()):
            del os.environ[name]
    if "SSL_CERT_FILE" in os.environ and not Path(os.environ["SSL_CERT_FILE"]).is_file():
        del os.environ["SSL_CERT_FILE"]
        os.environ.setdefault("PREFECT_API_SSL_CERT_FILE", "")  # it has read the other one when it was loaded
    refresh_global_settings_context()


def _writable_home() -> None:
    """Check that Prefect can keep its records: it would try for minutes. Raises ``ConfigError`` when it cannot."""
    from prefect.settings import PREFECT_HOME

    home = Path(PREFECT_HOME.value()).expanduser()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"storyreel")
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        said = f"Prefect cannot write its records to {home} ({why}): set PREFECT_HOME to a folder that can be written"
        raise ConfigError(said) from error


async def _embed(log: Path) -> None:
    """Start a server that ends with this process, and tell Prefect of it as if it had been configured."""
    from prefect.context import refresh_global_settings_context
    from prefect.settings import PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS as TIMEOUT

    with _bound() as listening:
        process = _started(listening, log)
        port = listening.getsockname()[1]
    loading = asyncio.ensure_future(_load(*RUN))
    said = await _first_word(process, TIMEOUT.value())
    await loading
    if not said:
        _stop(process)
        raise StartError(f"Prefect's embedded server did not start: {_last_line(log)}")
    atexit.register(_stop, process)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    refresh_global_settings_context()


async def _first_word(process: "subprocess.Popen[bytes]", patience: float) -> bytes:
    """What it says first; nothing where it ends, or says nothing for so many seconds. No thread waits for it: that
    would hold up the end of a command that needs no server after all."""
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    loop, pipe, heard = asyncio.get_running_loop(), process.stdout.fileno(), asyncio.Event()
    loop.add_reader(pipe, heard.set)
    try:
        async with asyncio.timeout(patience):
            await heard.wait()
            return os.read(pipe, 1024)
    except TimeoutError:
        return b""
    finally:
        loop.remove_reader(pipe)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


@contextlib.contextmanager
def _bound() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(2048)
        yield listening


def _started(listening: socket.socket, log: Path) -> "subprocess.Popen[bytes]":
    """The server's process: no terminal, a session of its own, and a pipe whose end tells it that we are gone."""
    from prefect.settings import get_current_settings

    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    with log.open("wb") as said:
        return subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-P", str(SERVED), str(listening.fileno())],
            env={**os.environ, **EMBEDDED, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            pass_fds=(listening.fileno(),),
            start_new_session=True,  # a terminal's Ctrl-C is for us
        )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server, in good order where it can."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.terminate()
    try:
        process.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def quiet() -> None:
    """Set up the embedded server: telemetry off, time to start slowly, and Prefect's own log away from the terminal."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "ERROR")
    # Arrow's own allocator keeps what was freed: 20 MB after a table of 4,000 rows
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = with_loopback(os.environ)
    # its own 20 s are not enough for a first start on a busy machine, which takes 14 on an idle one
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    # a home that it cannot make is told in our words, by `reachable`, and only where Prefect is needed
    warnings.filterwarnings("ignore", message="Failed to create the Prefect home directory", category=UserWarning)


def leave(code: object) -> NoReturn:
    """End the process at once with this code: Prefect's own shutdown would try for minutes to reach a lost server."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0)
