"""Finding channels as AMI does: by name, else by uniqueid, both whole and without regard to case.

Source: main/channel.c, `ast_channel_get_by_name`: all names are tried before any uniqueid, with strcasecmp.
"""

from __future__ import annotations


class ChannelIndex:
    """Names and uniqueids of the known channels, without regard to case."""

    def __init__(self) -> None:
        """Start with no channel."""
        self._by_name: dict[str, str] = {}
        self._by_id: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def put(self, channel_id: str, name: str) -> None:
        """Know the channel by this name from now on; a former name of it is forgotten."""
        folded = name.lower()
        former = self._names.get(channel_id)
        if former == folded:
            # Another channel may have held the name for a moment and given it up.
            self._by_name.setdefault(folded, channel_id)
            self._by_id.setdefault(channel_id.lower(), channel_id)
            return
        if former is not None:
            _release(self._by_name, former, channel_id)
        self._names[channel_id] = folded
        # A masquerade lets two channels swap their names; between the two messages the later one holds the name.
        self._by_name[folded] = channel_id
        self._by_id[channel_id.lower()] = channel_id

    def drop(self, channel_id: str) -> None:
        """Forget the channel, if it is known."""
        name = self._names.pop(channel_id, None)
        if name is not None:
            _release(self._by_name, name, channel_id)
            _release(self._by_id, channel_id.lower(), channel_id)

    def find(self, name_or_id: str) -> str | None:
        """The uniqueid of the channel with this name or uniqueid, None when there is none."""
        folded = name_or_id.lower()
        return self._by_name.get(folded) or self._by_id.get(folded)


def _release(index: dict[str, str], key: str, channel_id: str) -> None:
    if index.get(key) == channel_id:
        del index[key]
