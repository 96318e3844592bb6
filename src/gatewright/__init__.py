"""Gatewright: Amazon API Gateway on your own machines."""
