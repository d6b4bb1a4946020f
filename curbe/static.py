"""Static files: hashed names, compressed copies, and imports between JavaScript modules rewritten to match."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """The manifest storage of WhiteNoise that also follows `import … from` in ES modules."""

    support_js_module_import_aggregation = True
