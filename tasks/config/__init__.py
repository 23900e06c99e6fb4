"""TOML, environment and blocks read into settings; models.toml into the catalogue; where a key may go."""
