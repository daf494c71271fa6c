"""Post-release on a host: services are restarted or reloaded, shown to run the live release, and health is checked."""
