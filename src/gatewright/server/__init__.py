"""Settings and process topology: supervisor, workers, control process; graceful reload."""
