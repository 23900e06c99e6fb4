"""One pure module a gateway; README.md beside this says how to add one."""

import importlib
from typing import Protocol, cast

from tasks.domain.job import Done, Follow, Job, Pending
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
