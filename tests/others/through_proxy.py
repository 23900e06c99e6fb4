"""The product through a LiteLLM proxy at the sandbox, by `configs/own_gpu.toml`: what it buys, and what it books."""

import asyncio
import csv
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tasks.domain.money import ZERO
from tests.chain.conftest import Outcome, check_sums, rendered
from tests.conftest import without_settings
from tests.others import proxy
from tests.sandbox import Sandbox

OWN_GPU = Path(__file__).parent.parent.parent / "configs" / "own_gpu.toml"
MODEL = "wan-2.2"  # the config's; the proxy leads it to the sandbox's sora-2
TEXT = {"shot_id": "sh010", "prompt": "a heron over still water"}
IMAGE = {"shot_id": "sh020", "prompt": "the heron lands", "mode": "i2v", "image": "heron.png"}
REMIX = {"shot_id": "sh030", "prompt": "the same at night", "mode": "remix", "source": "sh010"}
Fault = Mapping[str, Any]
LOST: dict[str, Fault] = {
    "its connection is cut": {"do": "lost_after"},
    "half a receipt": {"do": "malformed"},
    **{
        f"{status} after the order was taken": {"status": status, "accepted": True}
        for status in (408, 500, 502, 503, 504, 529)
    },
    "a web page": {"do": "front", "front": "cloudflare-522", "accepted": True},
}


@dataclass(frozen=True)
class Case:
    """Rows, what the sandbox does, and what must come of it: each attempt's end, and the orders that it took."""

    name: str
    rows: Sequence[Mapping[str, str]]
    faults: Sequence[Fault]
    ends: Sequence[str]
    taken: int
    per_second: str = "0.10"
    unpaid: bool = True  # what failed costs nothing at the sandbox


ALONE = [TEXT]
CASES = [
    Case("text and image", [TEXT, IMAGE], [], ["clip", "clip"], 2, "0"),
    Case("text and its remix", [TEXT, REMIX], [], ["clip", "clip"], 2),
    Case("a job that fails", ALONE, [{"do": "failed"}], ["failed"] * 2, 2),
    Case("a job that fails under 500", ALONE, [{"do": "shape", "shape": "under=500"}], ["failed"] * 2, 2, unpaid=False),
    Case("a job that policy ends", ALONE, [{"do": "moderated_async"}], ["moderated"], 1),
    Case("refused by policy", ALONE, [{"kind": "moderated"}], ["moderated"], 0),
    Case("out of credit", ALONE, [{"kind": "out_of_money"}], ["locked"], 0),
    Case("no key", ALONE, [{"kind": "auth"}], ["locked"], 0),
    Case("too many at once", ALONE, [{"kind": "rate"}], ["busy"] * 4, 0),
    *(Case(name, ALONE, [fault], ["unclear"], 1) for name, fault in LOST.items()),
]
RETRIES_ON = Case("retries on: three bills for one", ALONE, [{"do": "lost_after"}], ["unclear"], 3)


class Bench:
    """A sandbox, a proxy before it, and a folder for each case."""

    def __init__(self, box: Sandbox, address: str, folder: Path) -> None:
        self.box, self.address, self.folder = box, address, folder

    def config(self, per_second: str) -> Path:
        """The shipped example with the proxy's address and key, a price, and remixes by the job's id."""
        text, path = OWN_GPU.read_text(), self.folder / "own.toml"
        for old, new in (
            ('"http://127.0.0.1:8000"', f'"{self.address}"'),
            ('key = "none"', ""),
            ("per_second = 0\n", f"per_second = {per_second}\n"),
            ('["animatic:caption"]', f'["mybox:{MODEL}"]'),
            ('"image_to_video"]\n', '"image_to_video", "remix"]\nremix = ["job"]\n'),
            (', "animatic:card"]\n', "]\n"),
            (', "animatic:kenburns"]\n', "]\n"),
        ):
            assert text.count(old) == 1, f"{OWN_GPU.name} has no single {old}"
            text = text.replace(old, new)
        path.write_text(text)
        return path

    def board(self, rows: Sequence[Mapping[str, str]]) -> Path:
        """A shot list of 4 s each, and the picture that it names."""
        Image.linear_gradient("L").resize((1280, 720)).convert("RGB").save(self.folder / "heron.png")
        path = self.folder / "board.csv"
        with path.open("w", newline="") as out:
            names = ["shot_id", "prompt", "mode", "image", "source", "duration"]
            writer = csv.DictWriter(out, names, restval="")
            writer.writeheader()
            writer.writerows({**row, "duration": "4"} for row in rows)
        return path

    def run(self, case: Case) -> str:
        """Render it; what was seen in one line. AssertionError where something else was."""
        self.box.reset()
        self.box.faults(list(case.faults))
        target = self.folder / case.name.replace(" ", "-").replace(":", "")
        env = {**without_settings(), "MYBOX_API_KEY": proxy.KEY, "STORYREEL_MYBOX__POLL_MAX_S": "3"}
        outcome = asyncio.run(rendered(self.board(case.rows), target, env, config=self.config(case.per_second)))
        return judged(case, outcome, self.box)


def judged(case: Case, outcome: Outcome, box: Sandbox) -> str:
    """The ledger against the sandbox's bill."""
    assert not outcome.errors, outcome.errors
    bill, ends = box.bill()["openai_videos"], [one["outcome"] for one in outcome.attempts]
    charged, risk = (sum((one[name] for one in outcome.attempts), ZERO) for name in ("charged_usd", "at_risk_usd"))
    money = f"{bill['billed_usd']:.2f} USD billed, {charged:.2f} booked, {risk:.2f} at risk"
    seen = f"{case.name}: {', '.join(ends)}; {bill['accepted']} taken, {money}"
    assert (sorted(ends), bill["accepted"]) == (sorted(case.ends), case.taken), f"{seen}\n{outcome.attempts}"
    assert case is RETRIES_ON or not case.unpaid or charged <= bill["billed_usd"] == charged + risk, seen
    check_sums(outcome)
    return f"litellm: {seen}"


def drive(python: str) -> int:
    """How many cases went otherwise than they must, told a line each."""
    failed = 0
    for cases, retries in ((CASES, False), ([RETRIES_ON], True)):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            box = stack.enter_context(Sandbox(job_seconds=0.3))
            upstream = box.base_url("openai_videos")
            address = stack.enter_context(proxy.serving(python, upstream, folder, retries=retries))
            bench = Bench(box, address, folder)
            for case in cases:
                try:
                    print(bench.run(case), flush=True)
                except AssertionError as wrong:
                    failed += 1
                    print(f"litellm: WRONG: {wrong}", flush=True)
    return failed
