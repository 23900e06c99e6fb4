"""The ledger against the gateways' own records: asked for, joined, settled, told."""
