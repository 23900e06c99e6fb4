"""Random input to every reader of what strangers send: a value or the reader's own error, never anything else.

A test counts what it tried. The default run tries some 60 inputs a reader; ``make fuzz`` tries 20,000. What was
found stays here, as an ``@example`` or as a file in ``samples``.
"""

from hypothesis import HealthCheck, settings

SHORT = 60


def tries(share: int = 1) -> settings:
    """So many examples as the profile says, or a fraction of them where one takes long; without a deadline."""
    chosen = settings.default
    assert chosen is not None
    most = chosen.max_examples if chosen.max_examples > 1000 else SHORT
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=max(most // share, 5), deadline=None, suppress_health_check=quiet)
