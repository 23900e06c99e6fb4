"""What a user would otherwise write: a short asyncio and httpx script that submits, polls and downloads.

No record, no budget, no retry, no check of what came. It polls in the rhythm of the program it is measured against,
jitter and all: jobs that last a whole number of polls would else be found at once by the one and late by the other.
"""

import asyncio
import json
import random
import time
from pathlib import Path

import httpx

KEY = {"ocp-apim-subscription-key": "sandbox-pixazo"}


async def _shot(client: httpx.AsyncClient, places: asyncio.Semaphore, base: str, out: Path, every: float) -> None:
    async with places:
        order = {"prompt": f"shot {out.stem}", "model": "sora-2-pro", "seconds": 4, "size": "1280x720"}
        reply = await client.post(f"{base}/sora-video/v1/video/generate", json=order, headers=KEY)
        job = reply.raise_for_status().json()
        while True:
            await asyncio.sleep(every * random.uniform(0.9, 1.1))
            reply = await client.get(job["polling_url"], headers=KEY)
            state = reply.raise_for_status().json()
            if state["status"] == "COMPLETED":
                break
        async with client.stream("GET", state["output"]["media_url"][0]) as media:
            with out.open("wb") as file:
                async for piece in media.aiter_bytes():
                    file.write(piece)


async def _all(base: str, folder: Path, shots: int, in_flight: int, every: float) -> None:
    places = asyncio.Semaphore(in_flight)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        await asyncio.gather(*(_shot(client, places, base, folder / f"{n}.mp4", every) for n in range(shots)))


def main(url: str, folder: str, shots: str, in_flight: str, every: str) -> None:
    """Bring so many clips to the folder."""
    Path(folder).mkdir(parents=True)
    since = time.perf_counter()
    asyncio.run(_all(f"{url}/pixazo", Path(folder), int(shots), int(in_flight), float(every)))
    print(json.dumps({"seconds": time.perf_counter() - since, "clips": len(list(Path(folder).glob("*.mp4")))}))
