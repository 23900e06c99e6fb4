"""A folder at any fsspec URL: the kinds of store, atomic writes, the check of a target and the lock on it."""

from tasks.storage.backends import is_chained, kind_of, misspelled, sort_options
from tasks.storage.lock import BOARD, LEASE, LeaseWatcher, Lock, is_gone, keep_lock, seconds
from tasks.storage.probe import keeps, look_at_target, may_write, open_store, probe_writes, take_up
from tasks.storage.ranges import file_size, read_part
from tasks.storage.reads import read_pipe, read_url
from tasks.storage.store import Store, StoreError, has_scheme, is_http, split

__all__ = [
    "BOARD",
    "LEASE",
    "LeaseWatcher",
    "Lock",
    "Store",
    "StoreError",
    "file_size",
    "has_scheme",
    "is_chained",
    "is_gone",
    "is_http",
    "keep_lock",
    "keeps",
    "kind_of",
    "look_at_target",
    "may_write",
    "misspelled",
    "open_store",
    "probe_writes",
    "read_part",
    "read_pipe",
    "read_url",
    "seconds",
    "sort_options",
    "split",
    "take_up",
]
