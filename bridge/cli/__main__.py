"""`python -m bridge.cli`."""

from bridge.cli import main

main(prog_name="ami-ari-bridge")
