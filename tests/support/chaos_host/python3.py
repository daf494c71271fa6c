#!/usr/bin/python3 -IS
"""/usr/local/bin/python3 of a host: while there is a plan, the host program and its jobs run beside places.py."""

import os
import sys

OURS = ["-I", "-S", "-c"]
words = sys.argv[1:]
if words[:3] != OURS or not os.path.exists("/srv/chaos/plan"):
    os.execv("/usr/bin/python3", ["python3", *words])
sys.executable = "/usr/local/bin/python3"  # a job is started with it
sys.argv = ["-c", *words[4:]]
with open("/usr/local/lib/chaos/places.py", encoding="utf-8") as file:
    exec(file.read(), {"__name__": "places"})
exec(words[3])
