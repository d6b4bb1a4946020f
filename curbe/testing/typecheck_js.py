"""Check the JSDoc types of our JavaScript with a pinned TypeScript: python -m curbe.testing.typecheck_js

The first call fetches TypeScript from npm into the project's cache; without network and cache it fails, as a
check that cannot be made should.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from curbe.testing.npm import ROOT, FetchFailed, Package, fetch, node

TYPESCRIPT = Package(
    "typescript",
    "5.9.3",
    "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw==",
)
CONFIG = Path(__file__).with_name("tsconfig.json")
FOLDERS = ("widget", "realtime", "inbox", "admin_curbe")


def main() -> None:
    modules = [path for folder in FOLDERS for path in (ROOT / "static" / folder).rglob("*.js")]
    if not modules:
        sys.exit(f"No JavaScript in static/{{{','.join(FOLDERS)}}}: has it moved?")
    try:
        compiler = fetch(TYPESCRIPT) / "bin" / "tsc"
    except FetchFailed as error:
        sys.exit(f"TypeScript is needed once from npm to check {len(modules)} JavaScript files.\n{error}")
    print(f"tsc {TYPESCRIPT.version}: {len(modules)} files", flush=True)
    sys.exit(subprocess.run([node(), compiler, "--project", CONFIG], cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
