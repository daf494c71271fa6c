"""What a release needs of a host, a line each: ok, warn or FAIL, and what to do. Nothing is changed."""
