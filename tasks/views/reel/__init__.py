"""The rough cut: the clips of a target joined into one film."""
