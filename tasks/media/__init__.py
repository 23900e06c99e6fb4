"""Reference files fetched, checked and framed; delivered clips probed. Its libraries load with its modules."""
