"""What people look at, made from the tables at the target: report, timeline, rough cut."""
