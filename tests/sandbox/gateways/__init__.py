"""One module a gateway; every module here with a ``GATEWAY`` is served."""

import importlib
import pkgutil

from tests.sandbox.protocol import Gateway


def all_gateways() -> dict[str, Gateway]:
    """Every gateway of this folder by name, which is also its path prefix."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {module.GATEWAY.name: module.GATEWAY for module in modules}
