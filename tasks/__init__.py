"""What a flow is made of: the ground, the doors and the steps."""
