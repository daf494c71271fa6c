"""The asset pool: files with a hash in their name, which outlive the release that made them."""
