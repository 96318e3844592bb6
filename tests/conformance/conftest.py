"""The cases run against the same shared node as the integration tests."""

from tests.integration.conftest import dev

__all__ = ["dev"]
