"""The gateways' side of things without HTTP: accepting orders, ageing jobs, signing URLs."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.sandbox.book import NEVER, Book
from tests.sandbox.faults import Fault, Script, parse, read_script
from tests.sandbox.gateways import all_gateways
from tests.sandbox.media import FLAWS, signature
from tests.sandbox.protocol import POLICY, Gateway, Job, Options, Refusal, Wish

ENDINGS = {"failed": "failed", "error": "error", "moderated_async": "moderated"}
WALLET = Decimal(1000)


@dataclass(slots=True)
class World:
    """Everything that a server answers from. ``url`` is its own root, ``media_url`` that of its files."""

    url: str
    media_url: str
    job_seconds: float = 0.05
    gateways: Mapping[str, Gateway] = field(default_factory=all_gateways)
    script: Script = field(default_factory=Script)
    book: Book = field(init=False)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def __post_init__(self) -> None:
        self.book = Book(tuple(self.gateways))

    def play(
        self,
        faults: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str,
        gateways: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Replace the script: a list of faults, a whole script, or its TOML or JSON. ScriptError if wrong."""
        whole = parse(faults) if isinstance(faults, str) else faults
        data: dict[str, Any] = dict(whole) if isinstance(whole, Mapping) else {"fault": list(whole)}
        if gateways:
            data["gateway"] = {**data.get("gateway", {}), **gateways}
        self.script = read_script(data, self.gateways)

    def reset(self) -> None:
        """Forget jobs, bills, log and how often each fault was seen; the script stays."""
        self.book.clear()
        self.script.counts.clear()

    def options(self, name: str) -> Options:
        """The options of one gateway."""
        return self.script.options.get(name) or Options()

    def balance(self, name: str) -> Decimal:
        """What is left in a gateway's wallet."""
        credit = self.options(name).credit_usd
        return (WALLET if credit is None else credit) - self.book.accounts[name].billed

    def accept(self, gateway: Gateway, wish: Wish, n: int) -> Job:
        """Book an order, or raise Refusal where a limit stands against it."""
        assert wish.size is not None
        account, options = self.book.accounts[gateway.name], self.options(gateway.name)
        price = gateway.price(wish.model, wish.size, wish.seconds) + wish.extra
        if kind := account.refuses(options, price):
            raise Refusal(kind)
        default = self.job_seconds if self.script.job_seconds is None else self.script.job_seconds
        takes = default if options.job_seconds is None else options.job_seconds
        job = Job(
            id=gateway.new_id(wish),
            gateway=gateway.name,
            n=n,
            prompt=wish.prompt,
            model=wish.model,
            seconds=wish.seconds,
            size=wish.size,
            price=price,
            token=secrets.token_hex(12),
            created=time.time(),
            done_at=time.monotonic() + takes,
            kept=wish.kept,
            charged=not wish.free,
            pictures=(wish.picture, wish.last_picture),
        )
        for fault in self.script.all_of("job", gateway.name, job.prompt, job.n):
            _destine(job, fault, gateway)
        self.book.add(job)
        return job

    def cancel(self, job: Job) -> None:
        """Its owner gives a job up: one at work ends, free where the gateway says so."""
        gateway, done = self.gateways[job.gateway], job.done_at <= time.monotonic()
        job.deleted = gateway.forgets(job, done)
        if done:
            return
        if gateway.refunds(job):
            self.book.accounts[job.gateway].billed -= job.billed
            job.charged = False
        job.ending, job.message, job.done_at = "cancelled", "Cancelled by its owner.", 0.0

    def is_done(self, job: Job) -> bool:
        """Whether the next answer is the final word."""
        return job.done_at <= time.monotonic() and job.polls >= self.options(job.gateway).min_polls

    def too_fast(self, job: Job) -> bool:
        """Whether this poll is answered 304. One that is does not push the next one back."""
        now, floor = time.monotonic(), self.options(job.gateway).poll_floor_s
        if job.polls and now - job.polled_at < floor:
            return True
        job.polled_at = now
        return False

    def fresh_url(self, job: Job) -> str:
        """A new signed URL of a job's clip."""
        job.urls += 1
        expires = round(time.time() + self.options(job.gateway).url_life_s, 3)
        sign = signature(self.secret, job.token, job.urls, expires)
        return f"{self.media_url}/media/{job.token}.mp4?expires={expires}&turn={job.urls}&signature={sign}"

    def refuses_url(self, job: Job, query: Mapping[str, str]) -> bool:
        """Whether a media URL is expired, forged, or one that a fault has used up."""
        try:
            expires, turn = float(query["expires"]), int(query["turn"])
        except (KeyError, ValueError):
            return True
        right = signature(self.secret, job.token, turn, expires)
        signed = secrets.compare_digest(right, query.get("signature", ""))
        return not signed or expires < time.time() or turn <= job.oldest_url


def _destine(job: Job, fault: Fault, gateway: Gateway) -> None:
    """Lay one fault of the script on a job that is being accepted."""
    if fault.do == "late":
        job.done_at = time.monotonic() + fault.seconds
    elif fault.do == "stuck":
        job.done_at = NEVER
    elif fault.do in FLAWS:
        job.flaw = fault.do
    elif fault.do == "filmed":
        job.film = fault.shape
    elif fault.do == "shape":
        job.shape = fault.shape
        job.id = gateway.id_of(job)
    else:
        job.ending = ENDINGS[fault.do]
        job.charged = gateway.failed_is_charged.get(job.ending, False)
        job.message = fault.message or (POLICY if job.ending == "moderated" else "Generation failed upstream.")
    if fault.charged is not None:
        job.charged = fault.charged
