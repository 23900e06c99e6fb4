"""One pure module a gateway; README.md beside this says how to add one."""
