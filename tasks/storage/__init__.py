"""A folder at any fsspec URL: its kinds, whole writes, its trial and the lock on it."""
