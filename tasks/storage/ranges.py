"""Parts of the files of a store, for whoever looks at them: never through a link that leads out of the folder."""

from tasks.storage.store import Store


def file_size(store: Store, path: str) -> int:
    """The bytes of a file.

    Raises ``FileNotFoundError`` when it is none, or when a link on its way leads out of the store's folder;
    ``StoreError`` when the store fails.
    """

    def act() -> int:
        full = store.full(path)
        if store.way.leads_out(store.root, full):
            raise FileNotFoundError(path)
        found = store.fs.info(full)
        if found.get("type", "file") != "file" or found.get("size") is None:
            raise FileNotFoundError(path)
        return int(found["size"])

    return store._guard(path, act)


def read_part(store: Store, path: str, start: int, stop: int) -> bytes:
    """The bytes of a file from ``start`` up to, and without, ``stop``.

    Raises ``FileNotFoundError`` or ``StoreError`` when `file_size` does.
    """
    return store._guard(path, lambda: store.way.read_part(store.full(path), start, stop))
