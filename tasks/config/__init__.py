"""hosts.yml as frozen, validated values, and every path on a host."""
