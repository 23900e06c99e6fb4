"""Gateways that mean harm, over real sockets: bounded in bytes, time and memory, and the shot's row says why."""

import json
import re
import time
from typing import Any

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.providers import adapter
from tests.chain.conftest import GATEWAYS, PRICE, T2V, Studio
from tests.chain.test_live import DIALECT, ROUTE
from tests.chain.wire import PROTOCOLS
from tests.hostile import GIGABYTE, weighed_code

Fault = dict[str, Any]
SHORT = {"deadline_s": 8, "poll_every_s": 5, "poll_max_s": 5, "stall_timeout_s": 0.4, "submit_timeout_s": 10}
SHORT |= {"download_timeout_s": 0.4}
MADE = [model for model in load_catalogue().models.values() if "text_to_video" in model.modes and not model.final_of]
TEXT = {model.provider: model.route for model in reversed(MADE)} | T2V | ROUTE

ORDERS: dict[str, tuple[Fault, str]] = {
    "endless JSON": ({"do": "endless"}, "the reply is larger than 64000000 bytes"),
    "endless JSON, accepted": ({"do": "endless", "accepted": True}, "the reply is larger than 64000000 bytes"),
    "headers of 10 MB": ({"do": "heads"}, "no whole reply from 127.0.0.1"),
    "a bomb of gzip": ({"do": "bomb"}, "the reply is larger than 1000000 bytes"),
    "deep JSON": ({"status": 200, "body": "[" * 900_000}, "without a job id"),
    "a number of a million digits": ({"status": 200, "body": f'{{"id": {"9" * 900_000}}}'}, "without a job id"),
    "an id of 200 kB": (
        {"status": 200, "body": {"request_id": "x" * 200_000, "id": "x" * 200_000, "data": {"taskId": "x" * 200_000}}},
        "a job id of 200000 characters, longer than any real one",
    ),
}


@pytest.mark.parametrize("name", ORDERS)
async def test_an_order_that_is_answered_with_harm_is_unclear(studio: Studio, name: str) -> None:
    """One order, its quote at risk, the reason in the row and in the ledger; it took no time and nothing is bought."""
    gateway, (fault, why) = "pixazo", ORDERS[name]
    studio.faults({"gateway": gateway, **fault})
    began = time.monotonic()
    outcome = await studio.one(gateway, env=studio.env(**{gateway: SHORT}))
    assert time.monotonic() - began < 60
    assert outcome.told == [(gateway, "unclear", "Unclear", "0.00", f"{PRICE[gateway]:.2f}")]
    assert (outcome.code, outcome.row["status"], len(outcome.orders())) == (1, "failed", 1)
    assert why in outcome.row["error"] and len(outcome.row["error"]) <= 400


POLLS: dict[str, tuple[Fault, str]] = {
    "endless JSON": ({"do": "endless", "phase": "poll"}, "the reply is larger than "),
    "headers of 10 MB": ({"do": "heads", "phase": "poll"}, "no whole reply from"),
    "a bomb of gzip": ({"do": "bomb", "phase": "poll"}, "the reply is larger than "),
    "another job's result": ({"do": "other_job"}, "the reply is for job other-"),
    "an address in a private net": ({"do": "url", "url": "https://10.0.0.1/y.mp4"}, "10.0.0.1 is not a public address"),
    "an address of a cloud's secrets": (
        {"do": "url", "url": "http://169.254.169.254/latest/meta-data"},
        "http://169.254.169.254/latest/meta-data is not https",
    ),
    "a file as an address": ({"do": "url", "url": "file:///etc/passwd"}, ""),
    "a redirect into a private net": (
        {"do": "redirect", "phase": "media", "url": "https://192.168.1.1/y.mp4"},
        "192.168.1.1 is not a public address",
    ),
    "a redirect round and round": (
        {"do": "redirect", "phase": "media", "url": "/media/x.mp4"},
        "answered 404",
    ),
    "headers of 10 MB before the clip": ({"do": "heads", "phase": "media"}, "Receive buffer too long"),
    "a clip of 100 GB": ({"do": "claims"}, "has 100000000000 bytes, at most 2000000000 are taken"),
    "a clip without end": ({"do": "endless", "phase": "media"}, ""),
}


PATIENT = {"deadline_s": 20, "stall_timeout_s": 20, "download_timeout_s": 20}  # bytes end it, on a busy machine too


@pytest.mark.parametrize("name", POLLS)
async def test_a_job_that_is_answered_with_harm_is_overdue(studio: Studio, name: str) -> None:
    """The job stays unsettled, its quote at risk, the last trouble in the row; nothing else is bought or kept."""
    fault, why = POLLS[name]
    studio.faults({"gateway": "pixazo", **fault})
    began = time.monotonic()
    asked = SHORT | (PATIENT if "larger" in why else {})
    outcome = await studio.one("pixazo", env=studio.env(pixazo=asked))
    assert time.monotonic() - began < 60
    assert outcome.told == [("pixazo", "overdue", "Unclear", "0.00", "1.50")]
    assert (outcome.code, outcome.row["status"], outcome.row["clip"]) == (1, "failed", "")
    assert f"did not finish within {asked['deadline_s']} s" in outcome.row["error"] and why in outcome.row["error"]
    assert not list((studio.target / "clips").glob("*"))


CLIPS: dict[str, tuple[str, str]] = {
    "a page called mp4": ("wrong", "this is no mp4: it begins with b'<!doctype html>"),
    "boxes that lie": ("lying", "the mp4 lies: its header counts 50,000,000 samples"),
    "half a clip": ("short", "the mp4"),
    "nothing": ("empty", "the file is empty"),
}


@pytest.mark.parametrize("name", CLIPS)
async def test_a_clip_that_is_none_is_failed_and_charged(studio: Studio, name: str) -> None:
    """The same each time it is looked at, it was delivered: charged, wasted, and the row says what came instead."""
    do, why = CLIPS[name]
    studio.faults({"gateway": "pixazo", "do": do})
    outcome = await studio.one("pixazo", env=studio.env(pixazo=SHORT | {"deadline_s": 100}))
    assert outcome.told == [("pixazo", "failed", "Failed", "1.50", "0.00")]
    assert why in outcome.row["error"] and outcome.row["wasted_usd"] == PRICE["pixazo"]
    assert not list((studio.target / "clips").glob("*"))


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("ending", ["completed", "failed"])
async def test_another_jobs_end_settles_nothing_of_ours(studio: Studio, gateway: str, ending: str) -> None:
    """Two replies for another job, good or bad, are asked past: ours comes, bought once and charged once."""
    faults: list[Fault] = [{"gateway": gateway, "do": "other_job", "times": 2}]
    if ending == "failed":
        faults = [{"gateway": gateway, "do": "other_job"}, {"gateway": gateway, "do": "failed"}]
    studio.faults(*faults)
    outcome = await studio.one(
        TEXT[gateway], env=studio.env(**{gateway: SHORT | {"deadline_s": 40} | DIALECT.get(gateway, {})})
    )
    named = any(hasattr(adapter(gateway), name) for name in ("JOB_ID", "job_ids"))
    ended = "overdue" if named else "failed"  # where replies name no job, nothing tells one from another
    wanted = "clip" if ending == "completed" else ended
    assert [told[:2] for told in outcome.told] == [(gateway, wanted)] and len(outcome.orders()) == 1


ECHOES = "key {key} in base64 {key64}, as {key_url}, Authorization: Bearer {key}"
LEAKS = f"{ECHOES} https://u:p@h.example/x?X-Amz-Signature=abcdef0123&token=t0k3nt0k3n data:image/png;base64,iVBORw0K"
SECRET = "sk/live+MARKED&key=77"


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("fault", [{"kind": "bad_request"}, {"kind": "auth"}, {"do": "failed"}], ids=str)
async def test_an_echoed_key_is_kept_nowhere(studio: Studio, gateway: str, fault: Fault) -> None:
    """What a gateway echoes in its errors of a key, a signature or a picture reaches no row, record or line."""
    studio.faults({"gateway": gateway, "message": LEAKS, **fault})
    env = studio.env(**DIALECT) | {PROTOCOLS[gateway].variable: SECRET}
    outcome = await studio.one(TEXT[gateway], env=env)
    assert outcome.code == 1 and "key [cut]" in outcome.row["error"], outcome.row["error"]
    kept = b"".join(path.read_bytes() for path in studio.target.rglob("*") if path.is_file())
    kept += json.dumps(outcome.lines).encode()
    assert not re.search(rb"(?i)MARKED|TUFSS0VE|1BUktFR|NQVJLRU|abcdef0123|t0k3n|iVBORw", kept)


BRIEF = "MARKED-98765"
TELLING: dict[str, Fault] = {
    "in what is no video": {"status": 200, "body": f"{BRIEF}, and no video"},
    "in an address that has nothing": {"do": "redirect", "url": f"/media/{BRIEF}.mp4"},
}


@pytest.mark.parametrize("name", TELLING)
async def test_a_key_in_a_download_is_kept_nowhere(studio: Studio, name: str) -> None:
    """Neither the first bytes of a clip that is none nor the address that it was looked for at tell it."""
    studio.faults({"gateway": "pixazo", "phase": "media", **TELLING[name]})
    env = studio.env(pixazo=SHORT | {"deadline_s": 60}) | {"PIXAZO_API_KEY": BRIEF}
    outcome = await studio.one("pixazo", env=env)
    assert outcome.code == 1 and "[cut]" in outcome.row["error"], outcome.row["error"]
    kept = b"".join(path.read_bytes() for path in studio.target.rglob("*") if path.is_file())
    assert b"MARKED" not in kept + json.dumps(outcome.lines).encode()


RUN = """
import asyncio, json, sys
from pathlib import Path
from tests.chain.conftest import rendered
board, target, config, env = sys.argv[1:]
outcome = asyncio.run(rendered(Path(board), Path(target), json.loads(env), config=config))
print(json.dumps([outcome.code, outcome.statuses()]))
"""


async def test_a_signed_address_of_a_picture_is_kept_nowhere(studio: Studio) -> None:
    """The ledger knows it by a digest: the second run asks and fetches nothing, and no byte of the target tells it."""
    signed = f"{studio.box.image_url('a.jpg', '1280x720')}&X-Amz-Signature=MARKED"
    board = studio.board({"prompt": "a", "image": signed, "mode": "i2v"})
    host = studio.box.url.removeprefix("http://")
    config = studio.config(chain={"image_to_video": ["pixazo:sora-2-pro"]}, images={"allow_hosts": [host]})
    first = await studio.render(board, config)
    assert (first.code, first.row["status"]) == (0, "rendered"), first.errors
    closed = studio.config(chain={"image_to_video": ["pixazo:sora-2-pro"]})  # to fetch it would be a fault now
    second = await studio.render(board, closed)
    assert (second.code, second.errors, second.row["status"]) == (0, "", "reused")
    kept = b"".join(path.read_bytes() for path in studio.target.rglob("*") if path.is_file())
    assert b"?sha256=" in kept and b"MARKED" not in kept and b"Signature" not in kept


FLOODS: dict[str, Fault] = {
    "endless": {"do": "endless"},
    "bomb": {"do": "bomb"},
    "objects": {"status": 200, "body": f"[{'{},' * 300_000}0]"},
}


@pytest.mark.parametrize(
    "name", ["bomb", *(pytest.param(name, marks=pytest.mark.slow) for name in ("endless", "objects"))]
)
def test_that_memory_is_bounded(studio: Studio, name: str) -> None:
    """Many shots in flight, each answered with as much as is taken, cost less than a gigabyte in all."""
    studio.faults({"gateway": "pixazo", **FLOODS[name]})
    count = {"objects": 20, "endless": 16}.get(name, 40)  # parsing takes its time, and so do 64 MB each
    board = studio.board(*(f"shot {n}" for n in range(count)))
    config = studio.config("pixazo", render={"concurrency": 100})
    env = json.dumps(studio.env(pixazo=SHORT | {"submit_timeout_s": 60, "max_in_flight": 100}))
    found = weighed_code(RUN, board, studio.target, config, env)
    print(f"{name}: {found.peak / 1e6:.0f} MB")
    assert found.code == 0, found.err
    code, statuses = json.loads(found.out)
    assert code == 1 and statuses == {"failed": count}
    assert found.peak < GIGABYTE
