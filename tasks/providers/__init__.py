"""One pure module a gateway; README.md beside this says how to add one."""

import importlib
import importlib.util
from datetime import date
from typing import Protocol, cast

from tasks.domain.job import Done, Follow, Job, Pending, RecordPage
from tasks.domain.order import Order, Reply, Request


class Adapter(Protocol):
    """What the modules of `tasks.providers` are."""

    AUTH: tuple[str, str]

    def submit(self, order: Order) -> Request:
        """The paid request. Raises ``Refused`` when the model does not take the order."""
        ...

    def accepted(self, reply: Reply, order: Order) -> Job | Done:
        """The receipt. Raises ``GatewayError``, of the kind that the reply means, when it is none."""
        ...

    def progress(self, reply: Reply) -> Pending | Follow | Done:
        """How the job stands. Raises ``Failed`` or ``Moderated`` when its own final word says so."""
        ...


def adapter(provider: str) -> Adapter:
    """The module of a protocol: its file name is its name in a config."""
    return cast(Adapter, importlib.import_module(f"tasks.providers.{provider}"))


class Bookkeeper(Protocol):
    """What reads a gateway's own records of its jobs: a module of `tasks.providers._records`, or the adapter itself."""

    KEPT_DAYS: int  # for which they are documented to go back; 0 where no document says
    HOSTS: dict[str, str]  # base URL -> that of the records, where they are elsewhere

    def records(self, since: date, page: int = 1, cursor: str = "") -> Request:
        """The question after a page of the records since a day (UTC), counted from 1. It costs nothing."""
        ...

    def record(self, reply: Reply) -> RecordPage:
        """The page. Raises ``GatewayError`` when the reply is none."""
        ...


def bookkeeper(provider: str) -> Bookkeeper | None:
    """Who reads the records of a protocol's gateway; None where it documents none."""
    own = adapter(provider)
    if hasattr(own, "records"):
        return cast(Bookkeeper, own)
    name = f"tasks.providers._records.{provider}"
    return cast(Bookkeeper, importlib.import_module(name)) if importlib.util.find_spec(name) else None
