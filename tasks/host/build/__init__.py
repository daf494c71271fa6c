"""The steps of a build: from a ref to a release that is complete."""
