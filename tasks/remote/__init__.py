"""One host and all hosts: the only place that opens a connection."""
