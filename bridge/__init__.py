"""ami-ari-bridge: unmodified AMI applications carried action by action onto ARI.

Direction of data, downstream (the AMI client) to upstream (Asterisk)::

    AMI client -> net.listener -> net.session -> net.router -> ami | ari -> Asterisk
    ARI websocket -> world (snapshots, ownership) -> router, translations

The nouns: Message, Action, Response, Event, ActionID (AMI wire); Operation, Application (ARI); Snapshot, World,
Ownership; Translator, Rule, Mapping; Route, Plan; Backend; Fidelity, Differences. `docs/glossary.md` explains each.
"""

__version__ = "0.1.0"
