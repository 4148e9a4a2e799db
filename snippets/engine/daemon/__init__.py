"""An engine for the time of one command: found, started, or installed and started; see `session`."""
