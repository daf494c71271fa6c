"""Runtime files: where they lie, which copy of each counts, and how a release that is there already is given new ones."""
