"""Adapters of gateways that know an order by our id, over pixazo's protocol and against the sandbox's options for it.

No gateway that is shipped documents such an id yet. A test puts one in the place of pixazo's: `stand_in`.
"""

import importlib
import sys
from types import ModuleType

KINDS = ("repeatable", "listing", "both")


def stand_in(kind: str) -> tuple[str, ModuleType]:
    """What to put where in ``sys.modules`` so that every order to pixazo goes through the adapter of this kind."""
    return "tasks.providers.pixazo", importlib.import_module(f"tests.adapters.{kind}")


def install(kind: str) -> None:
    """The same for the whole of this process."""
    name, module = stand_in(kind)
    sys.modules[name] = module
