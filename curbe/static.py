"""Static files: hashed names, imports between modules rewritten to match, our comments left out, compressed copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import brotli
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from .bundles import bundled, is_bundle, redirected

# Where our ES modules are. In others' bundles the search for imports finds none, and takes ten seconds.
_MODULES = ("admin_curbe/*.js", "inbox/*.js", "realtime/*.js", "vendor/*.js", "widget/*.js")
_, _IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns

# Scripts that visitors load, written with the comments and the indentation that others' are served without.
_OURS = re.compile(r"(widget|realtime)/.*\.(js|css)")


# What begins or ends something, in code and inside a template literal.
_IN_CODE = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[`{}]""", re.DOTALL)
_IN_TEMPLATE = re.compile(r"\\.|`|\$\{", re.DOTALL)


HASH_DIGITS = 8
# Ours have less, and visitors wait for each byte of them. Larger ones are others', for agents and programmers, and the
# last tenth of their size would take twenty times as long.
_LARGE = 64 * 1024


def is_ours(name: str) -> bool:
    """Whether it is a file of the widget's, which is served without what only its readers need."""
    return _OURS.fullmatch(name) is not None


def served(name: str) -> str:
    """Return one of our files as visitors get it: as it was collected or, where nothing was, made so now."""
    if isinstance(staticfiles_storage, ModuleManifestStorage):
        with staticfiles_storage.open(staticfiles_storage.stored_name(name)) as file:
            return str(file.read().decode())
    path = find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(f"static/{name} is missing.")
    return lean(name, Path(path).read_text())


def lean(name: str, source: str) -> str:
    """Return a file of ours, a script or a style sheet, without what only its readers need."""
    return lean_styles(source) if name.endswith(".css") else lean_script(source)


def lean_script(source: str) -> str:
    """Return our JavaScript as it is served: short names, no comments, and in markup no space that nobody sees."""
    for template in _templates(source):
        source = source.replace(template, _lean_markup(template), 1)
    return _minified("text/javascript", source)


def lean_styles(source: str) -> str:
    """Return our CSS as it is served."""
    return _minified("text/css", source)


def _minified(kind: str, source: str) -> str:
    """Collecting alone needs the library, which brings a runtime of its own into the process."""
    import minify  # type: ignore[import-untyped]

    return str(minify.string(kind, source))


def _lean_markup(template: str) -> str:
    """Without the line breaks that htm leaves out, too: those beside a tag or between two values.

    Others stay, between two attributes.
    """
    return re.sub(r"(?<=[>`])\n\s*|(?<=})\n\s*(?=\$\{)|\n\s*(?=[<`])|(?<=\n)\s+", "", template)


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


class LeanFile:
    """A file of a storage as it is served: joined where it belongs together, and lean. Every pass opens it again."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage, self._name = storage, name

    def open(self, _name: str) -> ContentFile[bytes]:
        return ContentFile(self._content)

    @cached_property
    def _content(self) -> bytes:
        name, read = self._name, self._read
        return lean(name, bundled(name, read) if is_bundle(name) else redirected(name, read(name), read)).encode()

    def _read(self, name: str) -> str:
        with self._storage.open(name) as file:
            return str(file.read().decode())


class QuickCompressor(Compressor):
    """As small as can be, but for what is large."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=11 if len(data) < _LARGE else 9)
        return compressed


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """The manifest storage of WhiteNoise that also follows `import … from` in ES modules."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, *((glob, _IMPORTS) for glob in _MODULES))
    # One pass per step on the longest way through the imports.
    max_post_process_passes = 12

    def file_hash(self, name: str, content: Any = None) -> str | None:
        """So much of it tells the versions of a file apart, and every import carries it over the network."""
        digest: str | None = super().file_hash(name, content)
        return digest and digest[:HASH_DIGITS]

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        leaner = {
            name: (LeanFile(storage, path), path) if is_ours(name) else (storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(leaner, dry_run, **options)

    def create_compressor(self, **options: Any) -> Compressor:
        return QuickCompressor(**options)
