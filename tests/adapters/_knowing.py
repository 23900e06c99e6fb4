"""What the adapters here share: pixazo's protocol, with our id on every order."""

from dataclasses import replace

from tasks.domain.job import Job
from tasks.domain.order import Order, Reply, Request
from tasks.providers import pixazo
from tasks.providers._common import dig

AUTH, JOB_ID = pixazo.AUTH, pixazo.JOB_ID
accepted, progress = pixazo.accepted, pixazo.progress
MEMORY = 600  # seconds for which the gateway replays a repeated id, as it documents


def submit(order: Order) -> Request:
    """The paid request, with the id of its intent."""
    request = pixazo.submit(order)
    return replace(request, headers={**request.headers, "X-Order-Id": order.order_id})


def find(order_id: str) -> Request:
    """The question after the jobs that were ordered by an id."""
    return Request("GET", f"/orders/{order_id}")


def found(reply: Reply, order_id: str) -> Job | None:
    """The job of this id; None where the list names none."""
    first = dig(reply.data, "jobs", 0) or {}
    job = first.get("id") if first.get("order_id") == order_id else None
    return Job(job, pixazo._status(job)) if job else None
