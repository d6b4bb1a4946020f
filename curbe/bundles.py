"""The widget's modules, put together: what the browser needs at once comes in two files instead of fifteen.

Written as modules, served as they are while one develops, and joined when static files are collected. A bundle is a
module that brings along what it imports, except others' code and what another bundle has. It relies on how our modules
are written: one import a statement, from double quotes, at the top; exports in front of what they export.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

# `base` is what the other one and the parts that are loaded later share. It never imports a part that imports it.
BASE, MAIN = "widget/base.js", "widget/main.js"
_OURS = ("widget/", "realtime/")
_IMPORT = re.compile(r'^import (?:(\w+)|\{([^}]*)\}) from "([^"]+)";\n', re.MULTILINE)
_EXPORT_ALL = re.compile(r'^export \* from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)

# From the name of a static file, such as widget/app.js, to its text.
Read = Callable[[str], str]


@dataclass
class _Joined:
    """Modules in an order in which each comes after what it needs, and what they need of others."""

    modules: list[str] = field(default_factory=list)
    exported: list[str] = field(default_factory=list)
    # Path → the imports from it, as they are written.
    outside: dict[str, set[str]] = field(default_factory=dict)


def is_bundle(name: str) -> bool:
    """Whether the file is served as a bundle."""
    return name in (BASE, MAIN)


def bundled(name: str, read: Read) -> str:
    """Return a bundle with everything in it, as a module."""
    joined = _Joined()
    shared = set() if name == BASE else set(_members(BASE, read))
    for member in _members(name, read, shared):
        _join(joined, member, read(member), shared)
    imports = "".join(_imports(path, names) for path, names in joined.outside.items())
    body = "\n".join(joined.modules)
    if name == MAIN:
        return f"{imports}(() => {{\n{body}\n}})();\n"
    names = ", ".join(sorted(joined.exported))
    return f"{imports}export const {{ {names} }} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def redirected(name: str, source: str, read: Read) -> str:
    """Return a module that is no bundle, with what it imports of the base's members coming from the base."""
    if not name.startswith("widget/"):
        return source  # The inbox shares realtime/, and has nothing else of the widget's.
    base = set(_members(BASE, read))

    def redirect(match: re.Match[str]) -> str:
        path = match[3]
        return match[0].replace(path, _relative(name, BASE)) if _target(name, path) in base else match[0]

    return _IMPORT.sub(redirect, source)


def _members(bundle: str, read: Read, shared: Collection[str] = ()) -> list[str]:
    """The modules of a bundle, each after those that it imports, without those that another bundle has."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        for target in _needs(name, read(name)):
            if target not in found and target not in shared and target.startswith(_OURS):
                visit(target)
        found[name] = None

    visit(bundle)
    return list(found)


def _needs(name: str, source: str) -> Iterator[str]:
    for path in [match[3] for match in _IMPORT.finditer(source)] + _EXPORT_ALL.findall(source):
        yield _target(name, path)


def _join(joined: _Joined, member: str, source: str, shared: Collection[str]) -> None:
    """Add a module as a function of its own, so that its private names stay private."""
    for default, names, path in _IMPORT.findall(source):
        target = _target(member, path)
        if target in shared or not target.startswith(_OURS):
            place = BASE if target in shared else target
            joined.outside.setdefault(_relative(BASE, place), set()).update([default] if default else _listed(names))
    exported = _EXPORT.findall(source)
    body = _EXPORT.sub("", _EXPORT_ALL.sub("", _IMPORT.sub("", source)))
    joined.exported += exported
    names = ", ".join(exported)
    joined.modules.append(
        f"const {{ {names} }} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();" if exported else body
    )


def _imports(path: str, names: set[str]) -> str:
    listed = ", ".join(sorted(names))
    return f'import {listed} from "{path}";\n' if path.endswith("htm.js") else f'import {{ {listed} }} from "{path}";\n'


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _target(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _relative(name: str, target: str) -> str:
    path = posixpath.relpath(target, posixpath.dirname(name))
    return path if path.startswith(".") else f"./{path}"
