"""ModuleCheck, ModuleLoad and Reload (main/manager.c, main/loader.c: manager_modulecheck, manager_moduleload).

ARI looks modules up with the same functions as AMI (ast_module_check, ast_load_resource, ast_unload_resource,
ast_module_reload), so a name that one accepts the other accepts too: with or without `.so`, in any case.
"""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Part, refusal
from bridge.translate.effects import Call, Context, Done, Emit, Outcome, Translation, Translator

# Since which minor of each branch ModuleLoad wants the file's whole name is not known: only these were watched.
WANTS_FILE_NAME = 22

# ARI's refusals, by status and text, and the text that AMI has for the same result of the same function.
LOAD_REFUSED = "Could not load module."
UNLOAD_REFUSED = "Could not unload module."
NOT_FOUND = "Module not found in running modules"
NO_RELOAD = "Module does not support reloading"


def module_check(action: Action, context: Context) -> Translation:
    """Whether a module runs. ARI says 404 when not, and 409 when it runs under a name written a little differently."""
    name = action.get("Module")
    loaded = False
    if name:
        response: AriResponse = yield Call("asterisk.getModule", {"moduleName": name})
        if response.status == 404 and response.message != "Module could not be found in running modules":
            raise Untranslatable(refusal(response))
        if not response.ok and response.status not in {404, 409}:
            raise Untranslatable(refusal(response))
        loaded = response.status != 404
    yield Emit(success(action, None, ("Version", "")) if loaded else error(action, "Module not loaded"))
    return Done()


def module_load(action: Action, context: Context) -> Translation:
    """Load, unload or reload one module."""
    module, kind = action.get("Module"), action.get("LoadType").lower()
    if kind not in {"load", "unload", "reload"} or not module:
        # AMI answers these with up to three errors, or reloads everything.
        raise Untranslatable("ARI loads, unloads and reloads single modules only")
    if context.version[0] >= WANTS_FILE_NAME and not module.endswith(".so"):
        raise Untranslatable("this Asterisk looks for a file of that name, which ARI cannot")
    if kind == "reload":
        return (yield from _reload(action, module, LOAD_TYPE_TEXTS))
    operation, done, refused = {
        "load": ("asterisk.loadModule", "Module loaded.", LOAD_REFUSED),
        "unload": ("asterisk.unloadModule", "Module unloaded.", UNLOAD_REFUSED),
    }[kind]
    response: AriResponse = yield Call(operation, {"moduleName": module})
    if response.status in {404, 409}:
        yield Emit(error(action, refused))
        return Done()
    if not response.ok:
        raise Untranslatable(refusal(response))
    yield Emit(success(action, done))
    return Done()


def reload(action: Action, context: Context) -> Translation:
    """Reload one module."""
    module = action.get("Module")
    if not module:
        raise Untranslatable("ARI reloads single modules only")
    return (yield from _reload(action, module, RELOAD_TEXTS))


def _reload(action: Action, module: str, texts: tuple[str, str, str]) -> Part[Outcome]:
    done, missing, unable = texts
    response: AriResponse = yield Call("asterisk.reloadModule", {"moduleName": module})
    if response.ok:
        yield Emit(success(action, done))
    elif response.status == 404 and response.message == NOT_FOUND:
        yield Emit(error(action, missing))
    elif response.status == 409 and response.message == NO_RELOAD:
        yield Emit(error(action, unable))
    else:
        raise Untranslatable(refusal(response))
    return Done()


# Texts for: reloaded, not found, without reload. The two actions differ by a full stop and a capital letter.
LOAD_TYPE_TEXTS = ("Module reloaded.", "No such module.", "Module does not support reload action.")
RELOAD_TEXTS = ("Module Reloaded", "No such module", "Module does not support reload")

MODULE_CHECK = Translator("ModuleCheck", module_check, "read")
MODULE_LOAD = Translator("ModuleLoad", module_load, "write")
RELOAD = Translator("Reload", reload, "write")
