"""The command line: `ami-ari-bridge`."""
