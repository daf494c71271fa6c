"""Release a web application to the few servers it runs on: `fab -l` lists the verbs."""

from tasks import ns

__all__ = ["ns"]
