"""One command over one target: check, lock, render, publish. Without Prefect."""

from tasks.session.restore import lost, plans_of_rows, results_of_plans
from tasks.session.role import WholeRun
from tasks.session.session import Session, start_session

__all__ = ["Session", "WholeRun", "lost", "plans_of_rows", "results_of_plans", "start_session"]
