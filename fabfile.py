"""Release a web application to the few servers it runs on: `fab -l` lists the verbs."""

import sys

try:
    from tasks import ns
except KeyboardInterrupt:
    print("interrupted; nothing was sent to any host", file=sys.stderr)
    sys.exit(130)

__all__ = ["ns"]
