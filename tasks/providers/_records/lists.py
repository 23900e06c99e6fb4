"""What the readers of records share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from tasks.domain.errors import Unclear
from tasks.domain.order import Reply
from tasks.providers._common import dig, is_ok, number_of, said
from tasks.providers._common.family import COMPLETED, ENDED

SIZE = 100  # records a page, asked for


def listed(reply: Reply, *path: str) -> list[Mapping[str, Any]]:
    """The objects of a list in a reply. Raises ``Unclear`` when the reply has none."""
    found = dig(reply.data, *path) if is_ok(reply) else None
    if not isinstance(found, list):
        raise Unclear(said(reply))
    return [one for one in found if isinstance(one, Mapping)]


def word_for(status: str) -> Literal["done", "ended", "open"]:
    """What a task's status says of its end."""
    word = status.lower()
    return "done" if word in COMPLETED else "ended" if word in ENDED else "open"


def moment(value: Any, per_second: int = 1) -> str:
    """A count since 1970 as ISO 8601 UTC; empty where it is none."""
    number = number_of(value)
    if number is None or not 0 <= number / per_second < 10**11:
        return ""
    return datetime.fromtimestamp(float(number / per_second), UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
