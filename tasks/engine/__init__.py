"""One shot taken through its chain: ordered, polled, downloaded, paid for."""
