"""Whole runs without Prefect. Nothing is imported here: the processes that tests start would load a sandbox each."""
