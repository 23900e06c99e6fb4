"""A loopback server that speaks the video gateways' protocols, with scripted faults and an exact bill.

It is a reading of the gateways' documents of its own: no product code imports it and it imports none,
so that an error in an adapter or in the catalogue shows as a refusal or as a difference between two bills.
"""

from tests.sandbox.server import Sandbox

__all__ = ["Sandbox"]
