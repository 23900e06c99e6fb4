"""The sandbox and a whole run before it, for what a gateway's own tests take through both."""

from tests.chain.conftest import sandbox, studio

__all__ = ["sandbox", "studio"]
