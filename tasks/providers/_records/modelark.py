"""ModelArk's list of tasks: newest first, with the tokens of each, and the id that came with its order.

Documents, checked 2026-11-26: the types of the published client byteplus-python-sdk-v2 3.0.63 (list, paging, items)
and https://docs.byteplus.com/en/docs/ModelArk/1520757. It goes back seven days.
"""

from datetime import date
from urllib.parse import quote

from tasks.domain.job import JobRecord, RecordPage
from tasks.domain.order import Reply, Request
from tasks.providers._common import dig, text_of, usd_of
from tasks.providers._records.lists import SIZE, listed, moment, word_for

KEPT_DAYS = 7
HOSTS: dict[str, str] = {}
PATH, ECHO = "/api/v3/contents/generations/tasks", "safety_identifier"


def records(since: date, page: int = 1, cursor: str = "") -> Request:
    """The question after a page of tasks."""
    return Request("GET", PATH, params={"page_num": str(page), "page_size": str(SIZE)})


def record(reply: Reply) -> RecordPage:
    """The page. Raises ``Unclear`` when the reply is none."""
    found = listed(reply, "items")
    lines = (
        JobRecord(
            job,
            word_for(text_of(one.get("status"))),
            text_of(one.get("model")),
            moment(one.get("created_at")),
            units=usd_of(dig(one, "usage", "completion_tokens")),
            order_id=text_of(one.get(ECHO)),
            request=Request("GET", f"{PATH}/{quote(job, safe='')}"),
        )
        for one in found
        if (job := text_of(one.get("id")))
    )
    return RecordPage(tuple(lines), more=bool(found))
