"""What tests of several rooms share: a real Prefect server, and the environment of a person without keys."""

import contextlib
import fcntl
import gc
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from flows.cli.app import main
from tests.deployed import SECRET, Api, api_of, working
from tests.flows import Cli, Ran
from tests.processes import end
from tests.sandbox import media

media.FPS = 2  # a quarter of what `make sandbox` shows: in a run of the chain looking at clips takes longest
settings.register_profile("fuzz", max_examples=20_000, deadline=None, print_blob=True)  # `make fuzz`
# a busy machine is no fault:
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("usual")
PATIENCE = 110.0  # seconds; a cold start takes 8 to 14, on a busy machine a minute
ONE_SERVER = ("tests/flows/", "tests/hostile/test_secrets.py")  # what asks the Prefect server of a session
STORES = (  # what asks Azure Blob and SFTP servers, and S3 and Google's beside them
    *("tests/chain/test_any_target.py", "tests/chain/test_two_runs.py", "tests/chain/test_written_back.py"),
    "tests/tasks/storage/",
    *("tests/tasks/ledger/test_verdicts.py", "tests/tasks/commands/review/test_server.py"),
)
TOGETHER = {"prefect": ONE_SERVER, "stores": STORES}
SILENT = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays: to look through it for garbage again and again takes half the time of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


class OneServer(LoadFileScheduling):
    """A file is for one process of a test run, and so is all that shares a server: each takes seconds to start, and
    Prefect's works on while nobody asks it."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (name for name, starts in TOGETHER.items() if nodeid.startswith(starts))
        return next(shared, None) or str(super()._split_scope(nodeid))

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Keep what a process collected so that its places are found at once: each is asked for when it is given."""
        super().add_node_collection(node, collection)
        self.registered_collections[node] = Places(self.registered_collections[node])


class Places(list[str]):
    """Names with their places; a list would look through thousands for each."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(names)
        self.places = {name: place for place, name in enumerate(self)}

    def index(self, name: str, *among: Any) -> int:
        """Where the name stands. Raises ``KeyError`` when it is not there."""
        return self.places[name]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Of the ways to hand out tests, the one by file."""
    return OneServer(config, log) if config.getvalue("dist") == "loadfile" else None


def worth_telling(report: pytest.TestReport) -> bool:
    """Of the three parts of a test the test itself, and before and after it only what did not go well."""
    return report.when == "call" or not report.passed


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker tells of a test once: to pack, send and take in what says nothing costs as much as a small test."""
    if not hasattr(item.config, "workerinput"):
        return None
    for report in filter(worth_telling, runtestprotocol(item, log=False, nextitem=nextitem)):
        report.keywords = {}  # twenty names a test that nobody reads
        item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest parts begin first.

    What Hypothesis tries again and again is measured once, by the samples beside it: to measure takes half the time.
    What it finds does not depend on that."""
    items.sort(key=lambda item: (not item.nodeid.startswith(ONE_SERVER), not item.nodeid.startswith(STORES)))
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.no_cover)


def without_settings() -> dict[str, str]:
    """This process's environment without what would steer storyreel, Prefect, the display or the way to others.

    A process that has it is not measured: coverage doubles its time, and what it runs is measured in this process.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STORYREEL_", "PREFECT_", "COV_", "COVERAGE_", "PYTEST_"))
        and not name.endswith("_API_KEY")
        and not name.lower().endswith("_proxy")
        and name not in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES", "SSL_CERT_FILE", "SSL_CERT_DIR")
    }


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def prefect_tables(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The empty database of a Prefect server, made once for all processes of a test run, and kept for the next runs
    with the same Prefect: its tables take seconds."""
    folder = tmp_path_factory.getbasetemp()
    home = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    if (cache := getattr(pytestconfig, "cache", None)) is not None:
        home = cache.mkdir("prefect")
    made = home / f"tables-{version('prefect')}.db"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            whole = _make_tables(tmp_path_factory.mktemp("prefect-tables"))
            Path(shutil.copy(whole, made.with_suffix(".part"))).rename(made)
    return made


def _make_tables(home: Path) -> Path:
    command = [str(Path(sys.executable).with_name("prefect")), "server", "database", "upgrade", "-y"]
    environment = {**without_settings(), **SILENT, "PREFECT_HOME": str(home)}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE)
    return home / "prefect.db"


def fill(home: Path, tables: Path) -> Path:
    """The PREFECT_HOME of somebody who has run a server before, and no flow."""
    home.mkdir(exist_ok=True)
    shutil.copy(tables, home / "prefect.db")
    return home


@pytest.fixture(scope="session")
def prefect_home(prefect_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile folder of Prefect's that belongs to this test session."""
    return fill(tmp_path_factory.mktemp("prefect"), prefect_tables)


@pytest.fixture
def own_home(prefect_tables: Path, tmp_path: Path) -> Path:
    """A profile folder of Prefect's that belongs to one test."""
    return fill(tmp_path / "home", prefect_tables)


@contextlib.contextmanager
def serving_prefect(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Prefect server with its UI, on a free port: its API URL and its process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    prefect = str(Path(sys.executable).with_name("prefect"))
    options = ("--host", "127.0.0.1", "--port", str(port), "--no-late-runs")
    settings = {"PREFECT_HOME": str(home), "PREFECT_SERVER_LOGGING_LEVEL": "WARNING"}
    settings |= {"PREFECT_SERVER_UI_API_URL": url}  # else its pages ask at port 4200
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [prefect, "server", "start", *options],
            env={**without_settings(), **SILENT, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(url, process, Path(log.name))
            yield url, process
        finally:
            end(process)


@pytest.fixture(scope="session")
def prefect_server(prefect_home: Path) -> Iterator[str]:
    """The API URL of a Prefect server that runs as long as the test session."""
    with serving_prefect(prefect_home) as (url, _):
        yield url


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    with httpx.Client(trust_env=False, verify=False, timeout=2) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                if client.get(f"{url}/health").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)  # nobody listens yet
    raise RuntimeError(f"no Prefect server at {url}:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def environment(prefect_server: str, prefect_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a ``storyreel`` started by a test sees: this session's server, no key, no setting, a /tmp of its own."""
    own = {"PREFECT_API_URL": prefect_server, "PREFECT_HOME": str(prefect_home), "TERM": "xterm-256color"}
    return {**without_settings(), **SILENT, **own, "TMPDIR": str(tmp_path_factory.mktemp("scratch"))}


@pytest.fixture(scope="session")
def api(prefect_server: str) -> Iterator[Api]:
    """What the Prefect UI asks this session's server; the sandbox's key lies in a Secret block."""
    with api_of(prefect_server) as found:
        found.put_secret(SECRET, "sandbox-pixazo")
        yield found


@pytest.fixture(scope="session")
def worker(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator["subprocess.Popen[bytes]"]:
    """Every deployment of prefect.yaml, and a worker that takes their runs as long as the test session."""
    with working(environment, tmp_path_factory.mktemp("worker") / "worker.log") as process:
        yield process


@pytest.fixture(scope="session")
def cli(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The installed command, run in an empty working directory against this session's Prefect server."""
    return Cli(environment, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Ran]:
    """The command's `main` in this process, with no key, no setting, and a Prefect server that is not there."""
    for name in set(os.environ) - set(without_settings()) - {"PYTEST_CURRENT_TEST"}:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect-home"))
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")

    def run(*args: object, **more: str) -> Ran:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["storyreel", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run
