"""The deployments of prefect.yaml on a real Prefect server, with a real worker that takes their runs."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.processes import end
from tests.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
PREFECT = str(Path(sys.executable).with_name("prefect"))
PATIENCE = 150.0  # seconds; a run starts 6 to 12 after its trigger, on a busy machine a minute
SECRET = "storyreel-sandbox"
CHAIN = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
[provider.pixazo]
base_url = "{url}"
api_key_secret = "{secret}"
allow_hosts = ["{host}"]
submits_per_minute = 6000
poll_every_s = 0.2
poll_max_s = 0.5
"""


def paid_config(path: Path, box: Sandbox, secret: str = SECRET) -> Path:
    """A config whose one gateway is the sandbox's, with its key in a Secret block."""
    url = box.base_url("pixazo")
    path.write_text(CHAIN.format(url=url, secret=secret, host=url.split("/")[2]))
    return path


@dataclass(frozen=True, slots=True)
class Api:
    """What the Prefect UI asks a server, asked the same way."""

    client: httpx.Client

    def get(self, path: str) -> Any:
        """One object."""
        return self.asked("GET", path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        """A question or an order."""
        answer = self.asked("POST", path, json=body).raise_for_status()
        return answer.json() if answer.content else None

    def asked(self, verb: str, path: str, **more: Any) -> httpx.Response:
        """Whatever it answers: a server with a busy database says 503 and is asked again, as Prefect's client does."""
        ask = partial(self.client.request, verb, path, **more)
        found: httpx.Response = self.wait(ask, lambda answer: answer.status_code != 503, 30)
        return found

    def put_secret(self, name: str, value: str) -> None:
        """A Secret block, as the UI's form makes it."""
        kind = self.get("/block_types/slug/secret")["id"]
        schema = self.post("/block_schemas/filter", block_schemas={"block_type_id": {"any_": [kind]}})[0]["id"]
        self.post("/block_documents/", name=name, data={"value": value}, block_type_id=kind, block_schema_id=schema)

    def deployment(self, name: str) -> Any:
        """A deployment by the name that its flow has too."""
        return self.get(f"/deployments/name/{name}/{name}")

    def trigger(self, deployment: str, **parameters: Any) -> str:
        """Start a run of a deployment: its id."""
        asked = f"/deployments/{self.deployment(deployment)['id']}/create_flow_run"
        return str(self.post(asked, parameters=parameters, state={"type": "SCHEDULED"})["id"])

    def until(self, run: str, *states: str, patience: float = PATIENCE) -> dict[str, Any]:
        """The run's state once it has one of these names; the test fails when none comes in time."""
        return self.wait(lambda: self.state(run), lambda state: state["name"] in states, patience)

    def state(self, run: str) -> dict[str, Any]:
        """The run's state as it is now."""
        state: dict[str, Any] = self.get(f"/flow_runs/{run}")["state"]
        return state

    def wait(self, ask: Callable[[], Any], good: Callable[[Any], bool], patience: float = PATIENCE) -> Any:
        """What the server answers once it is good."""
        until = time.monotonic() + patience
        while not good(found := ask()):
            assert time.monotonic() < until, found
            time.sleep(0.2)  # another process's work can only be looked at again
        return found

    def cancel(self, run: str) -> None:
        """What the button does."""
        self.post(f"/flow_runs/{run}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})

    def resume(self, run: str, **form: Any) -> None:
        """Fill in the form of a paused run, once it is there: a run waits a moment before the server has its form, and
        an answer is turned down until then."""
        until = time.monotonic() + 60
        while (told := self.post(f"/flow_runs/{run}/resume", run_input=form))["status"] != "ACCEPT":
            assert "schema not found" in str(told["details"]) and time.monotonic() < until, told
            time.sleep(0.1)  # another process's work can only be looked at again

    def tasks(self, run: str) -> list[dict[str, Any]]:
        """The run's task runs."""
        found, more = [], True
        while more:
            asked = {"flow_runs": {"id": {"any_": [run]}}, "sort": "ID_DESC", "limit": 200, "offset": len(found)}
            more = self.post("/task_runs/filter", **asked)
            found += more
        return found

    def artifacts(self, run: str) -> dict[str, dict[str, Any]]:
        """The run's artifacts by key, the last of each."""
        found = self.post("/artifacts/filter", flow_runs={"id": {"any_": [run]}}, sort="ID_DESC")
        return {one["key"]: one for one in sorted(found, key=lambda one: one["created"])}

    def lines(self, run: str) -> list[dict[str, Any]]:
        """What the run logged, its tasks included."""
        found: list[dict[str, Any]] = self.post("/logs/filter", logs={"flow_run_id": {"any_": [run]}}, limit=200)
        return found


@contextlib.contextmanager
def api_of(url: str) -> Iterator[Api]:
    """A client of a server's API."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client:
        yield Api(client)


def deployed(environment: Mapping[str, str]) -> None:
    """All of prefect.yaml on the server, and the work pool that its runs go to."""
    for command in (
        ("work-pool", "create", "storyreel", "--type", "process", "--overwrite"),
        ("--no-prompt", "deploy", "--all"),
    ):
        done = subprocess.run(
            [PREFECT, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def worker(environment: Mapping[str, str], log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the pool for as long as this lasts."""
    asks = {**environment, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    command = [PREFECT, "worker", "start", "--pool", "storyreel", *options]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=log.parent, env=asks, stdout=out, stderr=out)
        try:
            yield process
        finally:
            end(process, 30)


@contextlib.contextmanager
def working(environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Deploy all of prefect.yaml and keep a worker for as long as this lasts."""
    deployed(environment)
    with worker(environment, log) as process:
        yield process
