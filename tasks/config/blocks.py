"""The blocks of a Prefect server that a config names, as they were looked up. Prefect itself is not imported here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.domain.redaction import SecretStr


@dataclass(frozen=True, slots=True)
class Blocks:
    """The result of a look-up by address (``secret/pixazo-key``): the blocks' data, or why there is none.

    The default stands for no look-up at all.
    """

    found: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    missing: Mapping[str, str] = field(default_factory=dict)

    def secret(self, name: str) -> SecretStr | str:
        """A Secret block's text; a plain string is the reason why there is none."""
        address = secret_address(name)
        value = self.found.get(address, {}).get("value")
        if isinstance(value, str) and value.strip():
            return SecretStr(value.strip())
        return self._why(address, "holds no text")

    def options(self, address: str) -> dict[str, Any]:
        """A file system block's settings: storage options of fsspec. Raises ``ValueError`` when there are none."""
        settings = self.found.get(address, {}).get("settings")
        if isinstance(settings, dict):
            return dict(settings)
        raise ValueError(self._why(address, "has no settings for a file system"))

    def _why(self, address: str, unfit: str) -> str:
        return unfit if address in self.found else self.missing.get(address, "was not looked up")


def secret_address(name: str) -> str:
    """The address of a Secret block."""
    return f"secret/{name}"
