"""What can go wrong in the lab: one class, whose text says what is missing and what to do."""

from bridge.errors import BridgeError


class LabError(BridgeError):
    """The lab could not fetch, start or reach an Asterisk; the text is written for the person at the terminal."""
