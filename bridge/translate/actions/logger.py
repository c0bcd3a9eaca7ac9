"""LoggerRotate (main/logger.c: manager LoggerRotate)."""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import success
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import objects_of, plain, refusal
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator, Unknown


def logger_rotate(action: Action, context: Context) -> Translation:
    """Rotate each log file that Asterisk writes; one that vanished meanwhile is passed over."""
    listing: AriResponse = yield Call("asterisk.listLogChannels")
    files = [plain(item.get("channel")) for item in objects_of(listing) if item.get("type") == "File"]
    if not files:
        raise Untranslatable("ARI lists no log file")
    rotated = 0
    for name in files:
        response: AriResponse = yield Call("asterisk.rotateLog", {"logChannelName": name})
        if response.status == 404:
            continue
        if not response.ok:
            if rotated:
                return Unknown(f"{rotated} of {len(files)} log files were rotated, then {refusal(response)}")
            raise Untranslatable(refusal(response))
        rotated += 1
    if not rotated:
        raise Untranslatable("ARI rotated no log file")
    yield Emit(success(action, "Reloaded the logger and rotated log files"))
    return Done()


LOGGER_ROTATE = Translator("LoggerRotate", logger_rotate, "write")
