"""What a project's file and its tables in it are called."""

FILE_NAME = "gatewright.toml"
TABLE = "project"
PARAMETERS = "parameters"  # of a template beside it
