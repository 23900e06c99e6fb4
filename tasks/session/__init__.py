"""One command over one target: check, lock, render, publish. Without Prefect."""
