"""Static files: hashed names, imports between modules rewritten to match, our comments left out, compressed copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Scripts that visitors load, written with the comments and the indentation that others' are served without.
_OURS = re.compile(r"(widget|realtime)/.*\.(js|css)")


def without_comments(source: str) -> str:
    """Return our JavaScript without block comments, comment lines and indentation. `/*!` stays.

    Made for the sources of this project, which have none of these inside a string.
    """
    code = re.sub(r"/\*(?!!).*?\*/ ?", "", source, flags=re.DOTALL)
    return re.sub(r"^[ \t]*(//.*)?\n|^[ \t]+", "", code, flags=re.MULTILINE)


def lean_styles(source: str) -> str:
    """Return our CSS without comments and without the space that only readers need."""
    return re.sub(r"\s*([{};,])\s*|(?<=:)\s+", r"\1", without_comments(source))


class LeanStorage:
    """The files of a storage as they are served."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def open(self, name: str) -> ContentFile[bytes]:
        lean = lean_styles if name.endswith(".css") else without_comments
        with self._storage.open(name) as file:
            return ContentFile(lean(file.read().decode()).encode())


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """The manifest storage of WhiteNoise that also follows `import … from` in ES modules."""

    support_js_module_import_aggregation = True
    # One pass per step on the longest way through the imports.
    max_post_process_passes = 12

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        lean = {
            name: (LeanStorage(storage), path) if _OURS.fullmatch(name) else (storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(lean, dry_run, **options)
