"""What runs: the flows and the command line."""
