"""Programs that are not ours, at the sandbox; not part of the check."""
