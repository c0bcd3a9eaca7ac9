"""Direct and through the bridge in one run: what the bridge costs, and whether it meets its targets.

``python -m benchmarks --help`` shows the names. Nothing here decides a test: the figures depend on the
machine, so they are printed beside their targets, and the ratio between the two sides is what to read.
"""
