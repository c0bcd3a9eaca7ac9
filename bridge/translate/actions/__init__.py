"""Every Python translator, by the name of its action; `mappings/actions/<Action>.yaml` says `translator: python`."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.translate.effects import Translator

TRANSLATORS: Mapping[str, Translator] = {}
