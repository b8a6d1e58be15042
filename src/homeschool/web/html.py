"""The page as one file: the built script and style, the data, and a policy that lets it do nothing else."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from homeschool.errors import UsageError
from homeschool.messages.refusals import pages as refused
from homeschool.web.page import escaped_json

BUNDLE = Path(__file__).with_name("bundle")
LARGEST = 2_000_000
"""Bytes of one report."""
FRAME = 4_000
"""Bytes of it that are neither bundle nor data, at most."""


@cache
def bundle(name: str) -> str:
    """``page.js`` or ``page.css`` as built; UsageError where they are not there."""
    try:
        return (BUNDLE / name).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(refused.NOT_BUILT(path=BUNDLE / name)) from error


def is_built() -> bool:
    """The script and the style are there."""
    return all((BUNDLE / name).is_file() for name in ("page.js", "page.css"))


def room() -> int:
    """Bytes left for the data."""
    return LARGEST - FRAME - sum(len(bundle(name).encode()) for name in ("page.js", "page.css"))


def policy(connect: str) -> str:
    """The content security policy: this script and this style and nothing else; ``connect`` is where it may ask."""
    script, style = (_digest(bundle(name)) for name in ("page.js", "page.css"))
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; connect-src {connect}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def document(data: dict[str, Any], title: str, connect: str = "'none'") -> bytes:
    """The whole page. Names and texts of runs reach it as data only, the title escaped."""
    head = (
        f'<!doctype html>\n<html lang="{data["language"]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy(connect))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title[:200])}</title>\n<style>{bundle('page.css')}</style>\n</head>\n<body>\n"
        '<div id="app"></div>\n<script type="application/json" id="data">'
    )
    tail = f'</script>\n<script type="module">{bundle("page.js")}</script>\n</body>\n</html>\n'
    return head.encode("utf-8", errors="replace") + escaped_json(data) + tail.encode("utf-8")
