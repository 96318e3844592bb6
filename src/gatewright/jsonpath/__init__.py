"""Jayway's JsonPath dialect, and the lenient JSON reader and the writers that go with it (json-smart)."""
