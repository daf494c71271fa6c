"""What runs on a host: Python 3.8 and later, the standard library alone. Nothing here imports from outside of this folder."""
