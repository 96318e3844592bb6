"""Jayway's JsonPath dialect, compiled, and json-smart: its lenient JSON reader and its writers."""

from gatewright.jsonpath.errors import MISSING, InvalidPath, Missing, PathError
from gatewright.jsonpath.path import Path, compile_path

__all__ = ["MISSING", "InvalidPath", "Missing", "Path", "PathError", "compile_path"]
