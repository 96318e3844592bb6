"""The types of resources: how each one's properties become operations on the node."""
