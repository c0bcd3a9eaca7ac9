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

# From some release after this major on, ModuleLoad first looks for a file of exactly that name and says "Module not
# found." when there is none (V22). ARI does not tell that from a module that fails to load, or that does not run.
KNOWS_NO_FILES = 16

# Refusals that leave no doubt, as the module's file exists: the module runs already, or something uses it.
CERTAIN = {(409, "Module is already loaded"), (409, "Module could not be unloaded")}
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
    if context.version[0] > KNOWS_NO_FILES and not module.endswith(".so"):
        raise Untranslatable("this Asterisk looks for a file of that name, which ARI cannot")
    if kind == "reload":
        return (yield from _reload(action, module, LOAD_TYPE_TEXTS))
    operation, done, refused = {
        "load": ("asterisk.loadModule", "Module loaded.", "Could not load module."),
        "unload": ("asterisk.unloadModule", "Module unloaded.", "Could not unload module."),
    }[kind]
    response: AriResponse = yield Call(operation, {"moduleName": module})
    if response.ok:
        yield Emit(success(action, done))
    elif (response.status, response.message) in CERTAIN or _names_no_file(response, context):
        yield Emit(error(action, refused))
    else:
        raise Untranslatable(refusal(response))
    return Done()


def _names_no_file(response: AriResponse, context: Context) -> bool:
    """Whether AMI has but one text for this refusal, because it does not look for the module's file."""
    return response.status in {404, 409} and context.version[0] <= KNOWS_NO_FILES


def reload(action: Action, context: Context) -> Translation:
    """Reload one module."""
    module = action.get("Module")
    if not module:
        raise Untranslatable("ARI reloads single modules only")
    return (yield from _reload(action, module, RELOAD_TEXTS))


def _reload(action: Action, module: str, texts: tuple[str, str]) -> Part[Outcome]:
    done, unable = texts
    response: AriResponse = yield Call("asterisk.reloadModule", {"moduleName": module})
    if response.ok:
        yield Emit(success(action, done))
    elif response.status == 409 and response.message == NO_RELOAD:
        yield Emit(error(action, unable))
    else:
        # Of an unknown module AMI tells every session by a Reload event, which ARI does not send.
        raise Untranslatable(refusal(response))
    return Done()


# Texts for: reloaded, without reload.
LOAD_TYPE_TEXTS = ("Module reloaded.", "Module does not support reload action.")
RELOAD_TEXTS = ("Module Reloaded", "Module does not support reload")

MODULE_CHECK = Translator("ModuleCheck", module_check, "read")
MODULE_LOAD = Translator("ModuleLoad", module_load, "write")
RELOAD = Translator("Reload", reload, "write")
