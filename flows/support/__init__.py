"""What the flows share: parameters, approval, artifacts, blocks, cancellation, the run's log."""
