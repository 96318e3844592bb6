"""What a node or the way to it said, as one sentence for the developer."""

from __future__ import annotations

from botocore.exceptions import ClientError


def said(error: ClientError) -> str:
    """The service's own message."""
    answer = error.response["Error"]
    return str(answer.get("Message") or answer.get("message") or answer.get("Code") or error)
