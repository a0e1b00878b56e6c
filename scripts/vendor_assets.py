"""Fetch the front-end builds that this repository carries, by `npm pack`, and write them under `web/static`.

Run it only to move to another version: the files are committed, users need no Node. Every file is listed with
version, licence and SHA-256 in `vendor/manifest.json`; a test compares.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src/tenantry/web/static"
VENDOR = STATIC / "vendor"

# package, version, {path in the package: name here}
PACKAGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "@tabler/core",
        "1.6.1",
        {"dist/css/tabler.min.css": "tabler.min.css", "dist/css/tabler.rtl.min.css": "tabler.rtl.min.css"},
    ),
    ("htmx.org", "4.0.1", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "htmx.LICENSE.txt"}),
    (
        "@fontsource-variable/inter",
        "5.3.0",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext-wght-normal.woff2",
            "LICENSE": "inter.LICENSE.txt",
        },
    ),
    ("@tabler/icons", "3.51.0", {"LICENSE": "tabler-icons.LICENSE.txt"}),
)
# What invoices are set in; where a script is missing, fonts of the machine are asked.
FONTS = STATIC.parent.parent / "billing/fonts"
_NOTO = (
    ("noto-sans", "0.4.2", "NotoSans", ("400Regular", "600SemiBold")),
    ("noto-sans-arabic", "0.4.3", "NotoSansArabic", ("400Regular",)),
    ("noto-sans-devanagari", "0.4.1", "NotoSansDevanagari", ("400Regular",)),
    ("noto-emoji", "0.4.7", "NotoEmoji", ("400Regular",)),
    ("noto-sans-hebrew", "0.4.1", "NotoSansHebrew", ("400Regular",)),
    ("noto-sans-thai", "0.4.2", "NotoSansThai", ("400Regular",)),
)
FONT_PACKAGES: tuple[tuple[str, str, dict[str, str]], ...] = tuple(
    (
        f"@expo-google-fonts/{name}",
        version,
        {f"{weight}/{family}_{weight}.ttf": f"{family}-{weight[3:]}.ttf" for weight in weights}
        | {"LICENSE_FONT": f"{name}.LICENSE.txt"},
    )
    for name, version, family, weights in _NOTO
)
ICONS_PACKAGE = "@tabler/icons"
# fmt: off
ICONS = (
    "activity", "adjustments-horizontal", "alert-circle", "alert-triangle", "archive", "arrow-back-up",
    "arrow-down", "arrow-left", "arrow-right", "arrow-up", "arrows-split-2", "at", "ban", "bell", "bell-off",
    "bolt", "book", "bookmark", "briefcase", "building", "calendar-event", "certificate", "chart-bar", "check",
    "checks", "chevron-down", "chevron-left", "chevron-right", "chevron-up", "circle", "circle-check",
    "circle-dot", "circle-x", "clipboard", "clipboard-list", "clock", "clock-hour-4", "cloud", "code", "copy",
    "credit-card", "crown", "database", "device-desktop", "device-laptop", "device-mobile", "dots", "download",
    "edit", "external-link", "eye", "eye-off", "file-description", "file-spreadsheet", "file-text", "files",
    "filter", "fingerprint", "flag", "folder", "folders", "gift", "git-compare", "grid-dots", "help",
    "hierarchy", "history", "home", "hourglass", "id-badge-2", "inbox", "info-circle", "key", "layout-grid",
    "layout-list", "lifebuoy", "link", "list", "list-details", "loader-2", "lock", "lock-open", "login-2",
    "logout", "mail", "mail-check", "mail-forward", "mail-off", "map-pin", "medal", "menu-2", "message",
    "messages", "minus", "moon", "note", "notes", "paperclip", "pencil", "phone", "photo", "player-pause",
    "player-play", "plug", "plus", "point", "printer", "puzzle", "qrcode", "receipt", "refresh", "report-money",
    "rocket", "rotate", "scale", "search", "select", "selector", "send", "server", "server-2", "settings",
    "share", "shield", "shield-check", "shield-half", "shield-lock", "sitemap", "sort-ascending",
    "sort-descending", "sparkles", "star", "stethoscope", "sun", "tag", "target", "terminal-2", "ticket",
    "timeline", "tool", "transfer", "trash", "trending-up", "trophy", "upload", "user", "user-check",
    "user-cog", "user-edit", "user-minus", "user-off", "user-plus", "user-question", "user-search", "user-x",
    "users", "users-group", "wallet", "webhook", "world", "writing", "x", "zoom-question",
)
# fmt: on
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
    ' stroke-linecap="round" stroke-linejoin="round">{paths}</symbol>'
)


def fetch(package: str, version: str, folder: Path) -> Path:
    """Unpacked package; the registry is whichever this machine's npm is set up for."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to fetch the builds.")
    answer = subprocess.run(
        [npm, "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True
    )
    target = folder / re.sub(r"\W+", "-", package).strip("-")
    with tarfile.open(folder / answer.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def cleaned(name: str, content: bytes) -> bytes:
    """Without source maps (the manifest storage would look for the map) and without trailing blanks in texts."""
    if name.endswith((".css", ".js")):
        text = content.decode()
        text = re.sub(r"\n?/\*# sourceMappingURL=[^*]*\*/|\n?//# sourceMappingURL=\S+", "", text)
        return (text.rstrip() + "\n").encode()
    if name.endswith(".txt"):
        return ("\n".join(line.rstrip() for line in content.decode().splitlines()).rstrip() + "\n").encode()
    return content


def sprite(outline: Path) -> str:
    symbols = []
    for name in sorted(ICONS):
        drawing = re.sub(r"\s+", " ", (outline / f"{name}.svg").read_text())
        paths = re.sub(r"^.*?<svg[^>]*>|</svg>.*$|<!--.*?-->", "", drawing).strip()
        paths = re.sub(r" ?(/?>) ?", r"\1", paths).strip()
        # Every drawing starts with an invisible square that keeps its size in editors.
        paths = paths.removeprefix('<path stroke="none" d="M0 0h24v24H0z" fill="none"/>')
        symbols.append(SYMBOL.format(name=name, paths=paths))
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def write(packages: tuple[tuple[str, str, dict[str, str]], ...], folder: Path, prefix: str) -> None:
    """The files of these packages and a manifest of them. `prefix`: what names in it begin with."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    with tempfile.TemporaryDirectory() as scratch:
        for package, version, wanted in packages:
            unpacked = fetch(package, version, Path(scratch))
            described = json.loads((unpacked / "package.json").read_text())
            files = {}
            for source, name in wanted.items():
                content = cleaned(name, (unpacked / source).read_bytes())
                (folder / name).write_bytes(content)
                files[f"{prefix}{name}"] = hashlib.sha256(content).hexdigest()
            if package == ICONS_PACKAGE:
                content = sprite(unpacked / "icons/outline").encode()
                (STATIC / "icons.svg").write_bytes(content)
                files["icons.svg"] = hashlib.sha256(content).hexdigest()
            manifest.append(
                {
                    "name": package,
                    "version": version,
                    "licence": described["license"],
                    "sha256": dict(sorted(files.items())),
                }
            )
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def main() -> None:
    write(PACKAGES, VENDOR, "vendor/")
    write(FONT_PACKAGES, FONTS, "")


if __name__ == "__main__":
    main()
