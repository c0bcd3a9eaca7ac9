"""The lab: a private, disposable, real Asterisk without root, for users, the demo, tests and benchmarks.

``Asterisk("22")`` in a ``with`` block fetches it once if need be, starts it on its own
ports, and takes it away afterwards.
"""

from bridge.lab.errors import LabError
from bridge.lab.options import AMI_USERS, ARI_USERS, AmiUser, AriUser, Options, Ports
from bridge.lab.provision import VERSIONS, Installation, provision
from bridge.lab.run import Asterisk

__all__ = [
    "AMI_USERS",
    "ARI_USERS",
    "VERSIONS",
    "AmiUser",
    "AriUser",
    "Asterisk",
    "Installation",
    "LabError",
    "Options",
    "Ports",
    "provision",
]
