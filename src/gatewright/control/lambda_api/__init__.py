"""The operations of Lambda's management API, one module per family."""
