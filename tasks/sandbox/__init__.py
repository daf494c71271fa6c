"""Embedded hosts on loopback, for the demo and the tests: SSH, sudo, services and a web server each, and one git origin.

`world` builds and removes it on the workstation's side; what runs "on the host" lies in `host/`, and the sources of
the site that it serves in `site/`. Everything that it writes is in one folder.
"""
