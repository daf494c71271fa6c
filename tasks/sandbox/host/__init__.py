"""What runs on the embedded host. Only `sshd` needs more than Python: a command starts in milliseconds.

Its modules import each other relatively, so that `python …/host NAME` (see `__main__`) need not load the release tool.
"""
