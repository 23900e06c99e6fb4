"""DashScope's list of tasks of the last 24 hours: without money and without an id of ours.

Documents, checked 2026-11-26: https://www.alibabacloud.com/help/en/model-studio/manage-asynchronous-tasks (page_no,
page_size, times; tasks are kept for 24 hours; every task of the account is listed, whichever key ordered it).
"""

from datetime import date

from tasks.domain.job import JobRecord, RecordPage
from tasks.domain.order import Reply, Request
from tasks.providers._common import text_of
from tasks.providers._records.lists import SIZE, listed, moment, word_for

KEPT_DAYS = 1
HOSTS: dict[str, str] = {}
PATH = "/api/v1/tasks"


def records(since: date, page: int = 1, cursor: str = "") -> Request:
    """The question after a page of tasks: without times it lists the last 24 hours."""
    return Request("GET", PATH, params={"page_no": str(page), "page_size": str(SIZE)})


def record(reply: Reply) -> RecordPage:
    """The page. Raises ``Unclear`` when the reply is none."""
    found = listed(reply, "data")
    lines = (
        JobRecord(
            job,
            word_for(text_of(one.get("status"))),
            text_of(one.get("model_name")),
            moment(one.get("gmt_create"), 1000),
        )
        for one in found
        if (job := text_of(one.get("task_id")))
    )
    return RecordPage(tuple(lines), more=bool(found))
