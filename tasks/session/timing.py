"""A plan that is to be done by a time: what was measured here and at the targets that the user names."""

import asyncio
from datetime import UTC, datetime

from tasks.domain.errors import TargetError
from tasks.domain.plan import Plan
from tasks.ledger import spent
from tasks.manifest import load_attempts
from tasks.planning import Lane, Measured, Pace, Time, measure, of_attempts, of_rows, schedule
from tasks.session.state import SessionState
from tasks.storage import StoreError, open_store


async def keep_time(session: SessionState) -> Plan:
    """As `in_time`, after a look at the targets that the request names: the session keeps what was measured there.

    Raises ``TargetError`` when one has no table of its attempts, or cannot be read.
    """
    found = [await asyncio.to_thread(_read, session, url) for url in session.request.measured]
    session.elsewhere = [one for measured in found for one in measured]
    session.plan = in_time(session)
    return session.plan


def _read(session: SessionState, url: str) -> list[Measured]:
    store = open_store(url, session.settings.target_options)
    try:
        return of_rows(load_attempts(store.read("attempts.parquet")))
    except FileNotFoundError:
        raise TargetError(f"{store.url} has no attempts.parquet, so nothing was measured there") from None
    except StoreError as error:
        raise TargetError(f"{store.url} cannot be read: {error}") from error
    except (ValueError, KeyError, OSError) as error:  # as pyarrow says it, and of a table that is not ours
        raise TargetError(f"{store.url}: its attempts.parquet cannot be read: {error}") from error


def in_time(session: SessionState) -> Plan:
    """The session's plan, its routes in the order that has it done by the time that was asked for, if one was."""
    request, providers = session.request, session.settings.providers
    if not request.by:
        return session.plan
    history = list(session.ledger.history())
    lanes = {
        name: Lane(
            min(one.max_in_flight, request.concurrency or session.settings.render.concurrency), one.submits_per_minute
        )
        for name, one in providers.items()
    }
    left = None if session.budget_usd is None else session.budget_usd - spent(history)
    now, by = datetime.now(UTC).astimezone(), datetime.fromisoformat(request.by)
    pace = Pace(measure([*of_attempts(history), *session.elsewhere]), lanes)
    return schedule(session.plan, pace, Time(now, by.astimezone(now.tzinfo), left))
