"""People choose among takes: by words, by a list, or in the report that is served on loopback. Holds no lock."""
