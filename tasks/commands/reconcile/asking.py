"""The gateways' own records, asked for page by page. These questions cost nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tasks.domain.errors import GatewayError
from tasks.domain.job import JobRecord, RecordPage
from tasks.domain.money import ZERO
from tasks.domain.order import Request
from tasks.engine.client import ProviderClient
from tasks.engine.limits import Sleep, backoff
from tasks.providers import Bookkeeper, bookkeeper
from tasks.transport import Forbidden, Lost, NotSent

MOST_PAGES = 1000  # of one gateway's records
TRIES = 3  # of a page


@dataclass(frozen=True, slots=True)
class Books:
    """One gateway's records. ``lines`` are those of each job by its id; ``covers`` is the time (ISO 8601 UTC) from
    which a job that is not among them was not recorded, empty where nobody can say."""

    provider: str
    lines: dict[str, tuple[JobRecord, ...]]
    covers: str = ""

    def charge(self, job: str) -> Decimal | None:
        """US dollars that the records name for a job; None where they name none."""
        named = [line.charge for line in self.lines.get(job, ()) if line.charge is not None]
        return sum(named, ZERO) if named else None


class Unread(Exception):
    """Records that could not be had, with the reason in words."""


async def read_books(client: ProviderClient, since: date, now: datetime, sleep: Sleep) -> Books | None:
    """The records of a gateway since a day (UTC), asked for ``now`` (UTC); None where it documents none.

    Raises ``Unread`` when they cannot be had.
    """
    keeper = bookkeeper(client.settings.protocol)
    if keeper is None:
        return None
    if keeper.KEPT_DAYS:
        since = max(since, (now - timedelta(days=keeper.KEPT_DAYS)).date())
    known: dict[tuple[str, str], JobRecord] = {}
    whole = False
    cursor = ""
    for page in range(1, MOST_PAGES + 1):
        found = await _page(client, keeper, keeper.records(since, page, cursor), sleep)
        before = dict(known)
        known |= {(line.id, line.line): line for line in found.records}
        if not found.more or known == before or _older(found, since):
            whole = True  # a page that repeats another brings nothing new: there is no end but this
            break
        cursor = found.cursor
    return Books(
        client.settings.name, dict(_by_job(known, since)), _covered(known, keeper, since, now) if whole else ""
    )


def _older(page: RecordPage, since: date) -> bool:
    """Whether all of a page is from before the day: such lists begin with the newest."""
    return bool(page.records) and all(line.at and line.at[:10] < since.isoformat() for line in page.records)


def _by_job(known: dict[tuple[str, str], JobRecord], since: date) -> Iterator[tuple[str, tuple[JobRecord, ...]]]:
    lines: dict[str, list[JobRecord]] = {}
    for line in known.values():
        if not line.at or line.at[:10] >= since.isoformat():
            lines.setdefault(line.id, []).append(line)
    yield from ((job, tuple(one)) for job, one in lines.items())


def _covered(known: dict[tuple[str, str], JobRecord], keeper: Bookkeeper, since: date, now: datetime) -> str:
    """From when the records are whole: as documented, to the minute, else from the oldest that was told."""
    if keeper.KEPT_DAYS:
        return max(since.isoformat(), (now - timedelta(days=keeper.KEPT_DAYS)).isoformat(timespec="milliseconds"))
    return min((line.at for line in known.values() if line.at), default="")


async def _page(client: ProviderClient, keeper: Bookkeeper, request: Request, sleep: Sleep) -> RecordPage:
    base = client.settings.base_url.rstrip("/")
    base = keeper.HOSTS.get(base, base)
    why = ""
    for tries in range(1, TRIES + 1):
        try:
            return keeper.record(await client.ask(request, base, client.settings.stall_timeout_s))
        except Forbidden as error:
            raise Unread(f"{error}; its records are at {base}: name that host in key_hosts") from error
        except (Lost, NotSent, GatewayError) as error:
            why = str(error)
        if tries < TRIES:
            await sleep(backoff(tries))
    raise Unread(f"its records could not be read: {client.hidden(why)}")
