"""Money, waiting times and keep rates over many targets: read, grouped, drawn."""
