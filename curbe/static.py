"""Static files: hashed names, imports between modules rewritten to match, our comments left out, compressed copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import rjsmin  # type: ignore[import-untyped]  # it carries no types
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where our ES modules are. In others' bundles the search for imports finds none, and takes ten seconds.
_MODULES = ("inbox/*.js", "realtime/*.js", "vendor/*.js", "widget/*.js")
_, _IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns

# Scripts that visitors load, written with the comments and the indentation that others' are served without.
_OURS = re.compile(r"(widget|realtime)/.*\.(js|css)")


# What begins or ends something, in code and inside a template literal.
_IN_CODE = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[`{}]""", re.DOTALL)
_IN_TEMPLATE = re.compile(r"\\.|`|\$\{", re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def lean_script(source: str) -> str:
    """Return our JavaScript as it is served: without comments (`/*!` stays) and the space that only readers need.

    rjsmin ends a template literal at the first backtick inside it, so ours, which are nested, are kept from it.
    """
    templates = list(_templates(source))
    for i, template in enumerate(templates):
        source = source.replace(template, f"`{i}`", 1)
    code = rjsmin.jsmin(source, keep_bang_comments=True)
    return re.sub(r"`(\d+)`", lambda place: _lean_markup(templates[int(place[1])]), code)


def _lean_markup(template: str) -> str:
    """Without the line breaks that htm leaves out, too: those beside a tag. Others stay, between two attributes."""
    return re.sub(r"(?<=[>`])\n\s*|\n\s*(?=[<`])|(?<=\n)\s+", "", template)


def _templates(source: str) -> Iterator[str]:
    """The outermost template literals of a program, in their order."""
    opened: list[str] = []
    at = start = 0
    while piece := (_IN_TEMPLATE if opened[-1:] == ["`"] else _IN_CODE).search(source, at):
        mark, at = piece[0], piece.end()
        if mark == "}" or (mark == "`" and opened[-1:] == ["`"]):
            opened.pop()
            if mark == "`" and "`" not in opened:
                yield source[start:at]
        elif mark in ("`", "{", "${"):
            start = start if "`" in opened else piece.start()
            opened.append(mark)


def lean_styles(source: str) -> str:
    """Return our CSS without comments and without the space that only readers need."""
    return re.sub(r"\s*([{};,])\s*|(?<=:)\s+", r"\1", _CSS_COMMENT.sub("", source)).strip()


class LeanStorage:
    """The files of a storage as they are served."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def open(self, name: str) -> ContentFile[bytes]:
        lean = lean_styles if name.endswith(".css") else lean_script
        with self._storage.open(name) as file:
            return ContentFile(lean(file.read().decode()).encode())


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """The manifest storage of WhiteNoise that also follows `import … from` in ES modules."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, *((glob, _IMPORTS) for glob in _MODULES))
    # One pass per step on the longest way through the imports.
    max_post_process_passes = 12

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        lean = {
            name: (LeanStorage(storage), path) if _OURS.fullmatch(name) else (storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(lean, dry_run, **options)
