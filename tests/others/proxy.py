"""A LiteLLM proxy, a program that is not ours, as the gateway: between the product and the sandbox, on loopback."""

import contextlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import free_port, without_settings
from tests.processes import end

KEY = "sk-proxy-of-the-sandbox"
PATIENCE = 180.0  # seconds: it imports half the world
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "NO_PROXY": "127.0.0.1"}
RETRIES_OFF = "litellm_settings: { num_retries: 0 }\nrouter_settings: { num_retries: 0 }\n"
DEPLOYMENT = """model_list:
  - model_name: wan-2.2
    litellm_params: {{ model: openai/sora-2, api_base: "{upstream}/v1", api_key: sandbox-openai_videos }}
general_settings: {{ master_key: {key} }}
"""


@contextlib.contextmanager
def serving(python: str, upstream: str, folder: Path, *, retries: bool = False) -> Iterator[str]:
    """The address of a proxy before ``upstream``; its retries are off unless asked for. RuntimeError if it ends."""
    port, config, log = free_port(), folder / "proxy.yaml", folder / "proxy.log"
    config.write_text(DEPLOYMENT.format(upstream=upstream, key=KEY) + ("" if retries else RETRIES_OFF))
    program = [str(Path(python).absolute().with_name("litellm")), "--config", str(config)]
    words = [*program, "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    with log.open("wb") as out:
        process = subprocess.Popen(words, env={**without_settings(), **QUIET}, cwd=folder, stdout=out, stderr=out)
        try:
            _wait(f"http://127.0.0.1:{port}/health/liveliness", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=2) as reply:
            if reply.status == 200:
                return
        time.sleep(0.3)
    raise RuntimeError(f"no proxy:\n{log.read_text(errors='replace')[-3000:]}")
