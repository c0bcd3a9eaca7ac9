"""Every Python translator, by the name of its action; `mappings/actions/<Action>.yaml` says `translator: python`."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.translate.actions.bridge_ import BRIDGE, BRIDGE_DESTROY, BRIDGE_KICK
from bridge.translate.actions.bridges_read import BRIDGE_INFO, BRIDGE_LIST
from bridge.translate.actions.channels import CORE_SHOW_CHANNELS
from bridge.translate.actions.core import CORE_SETTINGS, CORE_STATUS, PING
from bridge.translate.actions.dtmf import PLAY_DTMF
from bridge.translate.actions.endpoints import PJSIP_SHOW_ENDPOINTS
from bridge.translate.actions.hangup import HANGUP
from bridge.translate.actions.logger import LOGGER_ROTATE
from bridge.translate.actions.messages import MESSAGE_SEND
from bridge.translate.actions.modules import MODULE_CHECK, MODULE_LOAD, RELOAD
from bridge.translate.actions.mute import MUTE_AUDIO
from bridge.translate.actions.originate import ORIGINATE
from bridge.translate.actions.redirect import REDIRECT
from bridge.translate.actions.status import STATUS
from bridge.translate.actions.timeout import ABSOLUTE_TIMEOUT
from bridge.translate.actions.user_event import USER_EVENT
from bridge.translate.actions.variables import GETVAR, SETVAR
from bridge.translate.effects import Translator

TRANSLATORS: Mapping[str, Translator] = {
    translator.action: translator
    for translator in (
        ABSOLUTE_TIMEOUT,
        BRIDGE,
        BRIDGE_DESTROY,
        BRIDGE_INFO,
        BRIDGE_KICK,
        BRIDGE_LIST,
        CORE_SETTINGS,
        CORE_SHOW_CHANNELS,
        CORE_STATUS,
        GETVAR,
        HANGUP,
        LOGGER_ROTATE,
        MESSAGE_SEND,
        MODULE_CHECK,
        MODULE_LOAD,
        MUTE_AUDIO,
        ORIGINATE,
        PING,
        PJSIP_SHOW_ENDPOINTS,
        PLAY_DTMF,
        REDIRECT,
        RELOAD,
        SETVAR,
        STATUS,
        USER_EVENT,
    )
}
