"""Where things are kept. Everything but the code itself lives under .local, .venv and node_modules."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENDOR = ROOT / "static" / "vendor"
FONTS_CONF = LOCAL / "fonts.conf"
AXE_JS = LOCAL / "axe.min.js"
ARTEFACTS = LOCAL / "artefacts"


def fingerprint(*files: Path) -> str:
    """What these files say now, in one short word."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
