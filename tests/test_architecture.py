"""The layers of bridge/, enforced: who may import whom, and what the pure core may not touch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "bridge"

# A layer may import the layers named here and itself; `errors` is open to all.
LAYERS: dict[str, set[str]] = {
    "ami": set(),
    "ari": set(),
    "world": {"ari"},
    "translate": {"ami", "ari", "world", "mapping"},
    "mapping": {"ami", "ari", "world", "translate"},
    "compare": {"ami", "ari", "world", "translate", "mapping"},
    "config": {"ami", "mapping"},
    "net": {"ami", "ari", "world", "translate", "mapping", "compare", "config"},
    "store": {"compare"},
    "web": {"store", "net"},
    "lab": set(),
    "telemetry": set(),
    "cli": {"*"},
    "app": {"*"},
    "__main__": {"*"},
}
PURE = {"ami", "ari", "world", "translate", "mapping", "compare"}
IMPURE_STDLIB = {"asyncio", "socket", "time", "random", "os", "sqlite3", "logging", "threading"}
# Each third-party package is imported in one module or folder only.
HOMES = {
    "panoramisk": ("net/ami_service.py", "cli/demo"),
    "websockets": ("net/ari_stream.py",),
    "aiohttp": ("net/ari_rest.py", "web/"),
    "yaml": ("mapping/load.py", "config/load.py"),
    "sqlite3": ("store/",),
    "jinja2": ("web/",),
    "click": ("cli/",),
    "uvloop": ("app.py",),
    "orjson": ("net/",),
    "prometheus_client": ("web/",),
}
IMPURE_EXCEPT = {"mapping/load.py"}

MODULES = sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> list[tuple[int, str]]:
    """(line, dotted module) of every import in `path`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module))
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.append((node.lineno, "relative"))
    return found


def layer_of(dotted: str) -> str:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    layer = name.split("/")[0].removesuffix(".py")
    for line, module in imports(path):
        where = f"bridge/{name}:{line}"
        top = module.split(".")[0]
        assert module != "relative", f"{where}: import bridge modules by their full name"
        if top == "bridge" and layer not in {"__init__", "errors"}:
            other = layer_of(module)
            allowed = LAYERS[layer] | {layer, "errors", ""}
            assert other in allowed or "*" in allowed, f"{where}: {layer} must not import {other} (design.md §2)"
        if layer in PURE and name not in IMPURE_EXCEPT:
            assert top not in IMPURE_STDLIB, f"{where}: the pure core owns no {top}; move it to the edge (net)"
            assert top not in HOMES, f"{where}: the pure core uses no third-party package"
        if top in HOMES:
            assert name.startswith(HOMES[top]), f"{where}: {top} is imported only in {HOMES[top]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_size(path: Path) -> None:
    text = path.read_text()
    if text.startswith('"""GENERATED'):
        return
    assert text.count("\n") <= 500, f"{path.relative_to(ROOT)}: split it, the limit is 500 lines"


def test_nine_in_ten_functions_are_short() -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = sum(length > 40 for length in lengths)
    assert long * 10 <= len(lengths), f"{long} of {len(lengths)} functions are longer than 40 lines"
