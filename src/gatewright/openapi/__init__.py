"""OpenAPI documents in and out: plain functions on values, which know nothing of HTTP or of the catalog."""
