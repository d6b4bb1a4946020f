"""Other people's JavaScript: exactly what VERSIONS.json says, loadable under a strict policy without a build step."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"
VERSIONS = json.loads((VENDOR / "VERSIONS.json").read_text())


@pytest.mark.parametrize("entry", VERSIONS, ids=lambda entry: entry["file"])
def test_a_file_is_the_recorded_one(entry: dict[str, str]) -> None:
    digest = hashlib.sha384((VENDOR / entry["file"]).read_bytes()).digest()
    assert entry["integrity"] == f"sha384-{base64.b64encode(digest).decode()}"
    assert (VENDOR / entry["licence_text"]).stat().st_size > 200


def test_every_file_is_recorded() -> None:
    assert {path.name for path in VENDOR.glob("*.js")} == {entry["file"] for entry in VERSIONS}


@pytest.mark.parametrize("entry", VERSIONS, ids=lambda entry: entry["file"])
def test_a_file_names_no_module_or_map_that_is_not_there(entry: dict[str, str]) -> None:
    text = (VENDOR / entry["file"]).read_text()
    assert "sourceMappingURL" not in text
    for target in re.findall(r"""\bimport\b[^;"']*["']([^"']+)["']""", text):
        assert target.startswith("./") and (VENDOR / target).is_file(), target
