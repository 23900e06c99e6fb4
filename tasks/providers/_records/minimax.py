"""MiniMax's list of tasks: newest first, without money and without an id of ours.

Documents, checked 2026-11-26: https://platform.minimax.io/docs/api-reference/video-generation-v2-list (the tasks of the
last seven days; page_num and page_size), and the adapter of LiteLLM 1.108 (items and total).
"""

from datetime import date

from tasks.domain.job import JobRecord, RecordPage
from tasks.domain.order import Reply, Request
from tasks.providers._common import text_of
from tasks.providers._records.lists import SIZE, listed, moment, word_for

KEPT_DAYS = 7
HOSTS: dict[str, str] = {}
PATH = "/v2/query/video_generation"


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
        )
        for one in found
        if (job := text_of(one.get("id")))
    )
    return RecordPage(tuple(lines), more=bool(found))
