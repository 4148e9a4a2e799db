"""Undo, in a copy of Debian's Python library, what Debian changes about where packages are installed.

    as-upstream.py LIBRARY

Each edit must apply exactly once: when Debian changes its patches, the build fails here.
"""

import sys
from pathlib import Path

EDITS = {
    # pip installs into PREFIX/lib/python3.13/site-packages, not PREFIX/local/lib/python3.13/dist-packages ...
    "sysconfig/__init__.py": ("prefix_scheme = 'posix_local'", "prefix_scheme = 'posix_prefix'"),
    # ... and may itself be installed without apt.
    "ensurepip/__init__.py": ("\n    _ensurepip_is_disabled_in_debian_for_system()\n", "\n"),
}

library = Path(sys.argv[1])
for name, (debian, upstream) in EDITS.items():
    path = library / name
    text = path.read_text(encoding="utf-8")
    if text.count(debian) != 1:
        sys.exit(f"{path}: expected exactly one {debian.strip()!r}, found {text.count(debian)}")
    path.write_text(text.replace(debian, upstream), encoding="utf-8")
(library / "EXTERNALLY-MANAGED").unlink()

# The module `site` is frozen into the program and looks in dist-packages only: from there it is sent on.
(library / "dist-packages").mkdir()
(library / "dist-packages" / "upstream.pth").write_text(
    f"import site; site.addsitedir({str(library / 'site-packages')!r})\n", encoding="utf-8"
)
