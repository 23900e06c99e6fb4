"""fal's billing events: what each request was billed, before and after discounts.

Documents, checked 2026-11-26: https://fal.ai/docs/platform-apis/v1/models/billing-events (at most 90 days a question,
10,000 events a page, a cursor). They lie at another host than the queue, which the config has to name in
``key_hosts``, and want a key of the kind admin.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tasks.domain.job import JobRecord, RecordPage
from tasks.domain.order import Reply, Request
from tasks.providers._common import text_of, usd_of
from tasks.providers._records.lists import listed

KEPT_DAYS = 89  # a question may ask for 90
HOSTS = {"https://queue.fal.run": "https://api.fal.ai"}
NANO = 10**9


def records(since: date, page: int = 1, cursor: str = "") -> Request:
    """The question after a page of events."""
    more = {"cursor": cursor} if cursor else {}
    return Request("GET", "/v1/models/billing-events", params={"start": since.isoformat(), "limit": "1000", **more})


def record(reply: Reply) -> RecordPage:
    """The page. Raises ``Unclear`` when the reply is none."""
    found = listed(reply, "billing_events")
    lines = (_line(job, one) for one in found if (job := text_of(one.get("request_id"))))
    cursor = text_of(reply.data.get("next_cursor"))
    return RecordPage(tuple(lines), reply.data.get("has_more") is True and bool(cursor), cursor)


def _line(job: str, one: Mapping[str, Any]) -> JobRecord:
    charge = usd_of(one.get("cost_total"))
    charge = usd_of(one.get("cost_estimate_nano_usd"), NANO) if charge is None else charge
    at = text_of(one.get("timestamp"))
    told = (at, *(str(one.get(name)) for name in ("output_units", "unit_price")))
    return JobRecord(job, "", text_of(one.get("endpoint_id")), at, charge, line=" ".join(told))
