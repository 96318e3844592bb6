"""Why a request to a backend has no answer."""

from __future__ import annotations


class UpstreamError(Exception):
    """The backend gave no answer that can be used."""


class HostNotFound(UpstreamError):
    """The name of the backend does not resolve."""


class ConnectFailed(UpstreamError):
    """No connection: refused, unreachable, timed out, or none left to give."""


class NoRoom(ConnectFailed):
    """As many calls wait for a connection as may; of the backend it says nothing."""


class TlsFailed(UpstreamError):
    """The TLS handshake failed, or the certificate is not to be trusted."""


class HostMismatch(TlsFailed):
    """The certificate is for another host: `host` was wanted, `subject` is its common name (may be empty)."""

    def __init__(self, host: str, subject: str) -> None:
        super().__init__(f"the certificate of {host} is for {subject or 'no named host'}")
        self.host = host
        self.subject = subject


class RequestBroke(UpstreamError):
    """The request's own body broke off on its way in: the client was answered `status`, if it is there."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(f"the request broke off: {reason}")
        self.status = status


class AnswerTimedOut(UpstreamError):
    """The answer was not complete in time."""


class ConnectionLost(UpstreamError):
    """The backend closed the connection before its answer was complete."""


class BadAnswer(UpstreamError):
    """What came back is not HTTP/1.1, or leaves in doubt where it ends."""


class AnswerTooLarge(UpstreamError):
    """The answer passes the limit of its head or its body."""
