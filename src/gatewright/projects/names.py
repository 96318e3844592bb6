"""What a project's file and its table in it are called."""

FILE_NAME = "gatewright.toml"
TABLE = "project"
