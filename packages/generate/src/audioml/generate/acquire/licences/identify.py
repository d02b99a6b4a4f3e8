"""From what a source calls a licence to its SPDX identifier; what is not understood is unknown.

Names that people write are read word by word, and one word that is not known makes the licence
unknown: "Attribution 3.0 United States" is one, "Attribution, no resale" is none. Licences of
Creative Commons that SPDX does not list (old versions, ports to countries, names without a version)
keep their terms: a port is called as its international version, and the others ``LicenseRef-…``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .words import CODES, IDLE, OTHER, PLACES, PORTS

__all__ = ["UNKNOWN", "Licence", "identify"]

Kind = Literal["cc", "free", "other", "unknown"]

_CC_HOSTS = ("creativecommons.org", "www.creativecommons.org")
_VERSION = re.compile(r"\d\.\d")
_LISTED = ("1.0", "2.0", "2.5", "3.0", "4.0")
_WORDS = {"attribution": "by", "noncommercial": "nc", "noderivatives": "nd", "sharealike": "sa"}
_TERMS = ("by", "nc", "nd", "sa")
_JOINED = (
    (r"non[ -]?commercial", "noncommercial"),
    (r"no[ -]?deriv(s|ative[ -]works?|atives?)?\b", "noderivatives"),
    (r"share[ -]?alike", "sharealike"),
    (r"\(aka music sharing\)", ""),  # the Free Music Archive's word for CC BY-NC-ND
)
_NAMED: dict[str, tuple[str, Kind]] = {
    "cc0": ("CC0-1.0", "free"),
    "cc zero": ("CC0-1.0", "free"),
    "zero": ("CC0-1.0", "free"),
    "public domain dedication": ("CC0-1.0", "free"),
    "cc0 public domain dedication": ("CC0-1.0", "free"),
    "public domain mark": ("CC-PDM-1.0", "free"),
    "pdm": ("CC-PDM-1.0", "free"),
    "cc pdm": ("CC-PDM-1.0", "free"),
    "pddc": ("CC-PDDC", "free"),
    "cc pddc": ("CC-PDDC", "free"),
    "public domain": ("LicenseRef-PublicDomain", "free"),
    "own": ("LicenseRef-own", "free"),
    "free art": ("LAL-1.3", "other"),
    "art libre": ("LAL-1.3", "other"),
}
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence.

    Parameters
    ----------
    id
        Its SPDX identifier, ``LicenseRef-…``, or ``unknown``.
    url
        Where its text is, where that is known.
    kind
        ``cc`` of Creative Commons, ``free`` for the public domain and one's own recordings,
        ``other`` for what is known by its name alone.
    terms
        Of those of Creative Commons: ``by``, ``nc``, ``nd``, ``sa``.
    """

    id: str
    url: str | None = None
    kind: Kind = "unknown"
    terms: frozenset[str] = frozenset()


UNKNOWN = Licence("unknown")


@functools.lru_cache(4096)
def identify(name: str | None, url: str | None = None) -> Licence:
    """Return the licence that a name and an address mean; unknown where they contradict.

    Parameters
    ----------
    name
        Any of ``CC-BY-NC-SA-3.0``, ``Attribution-Noncommercial-Share Alike 3.0 United States``,
        ``CC BY 4.0``, ``https://creativecommons.org/licenses/by/4.0/``, ``own`` and so on.
    url
        Address of its text; that of a Creative Commons licence decides its version.
    """
    said, given = (name or "").strip(), (url or "").strip()
    by_name = _of_url(said) or _of_name(said)
    by_url = _of_url(given)
    if by_url and by_name and (by_url.terms, by_url.kind) != (by_name.terms, by_name.kind):
        return Licence(UNKNOWN.id, given)
    found = by_url or by_name
    if found is None:
        return Licence(UNKNOWN.id, given or None)
    return Licence(found.id, given or found.url, found.kind, found.terms)


def _of_url(text: str) -> Licence | None:
    """Return the licence at an address of Creative Commons."""
    parts = urlsplit(text if "//" in text else f"//{text}")
    if parts.netloc.lower() not in _CC_HOSTS:
        return None
    kind, code, version, port, *_ = [*parts.path.lower().strip("/").split("/"), *[""] * 4]
    if (kind, code) == ("licenses", "publicdomain"):
        return Licence("CC-PDDC", _address(kind, code), "free")
    version = version if _VERSION.fullmatch(version) else ""
    if kind == "publicdomain":
        named = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}.get(code)
        return Licence(named, _address(kind, code, "1.0"), "free") if named else None
    terms = frozenset(code.split("-"))
    return _cc(terms, version, port) if kind == "licenses" else None


def _of_name(text: str) -> Licence | None:
    if _REFERENCE.fullmatch(text) and text not in ("LicenseRef-own", "LicenseRef-PublicDomain"):
        return Licence(text, None, "other")
    low = text.lower().removeprefix("licenseref-")
    if low in OTHER:
        return Licence(OTHER[low], f"https://spdx.org/licenses/{OTHER[low]}.html", "other")
    low = re.sub(r"\bv(?=\d)", "", low)
    for pattern, word in _JOINED:
        low = re.sub(pattern, word, low)
    words = re.findall(r"\d+(?:\.\d+)*|[^\W\d_]+\d?|\S", re.sub(r"[-_/,():]", " ", low))
    named = " ".join(w for w in words if w not in IDLE - {"cc"} and w != "1.0")
    named = "public domain" if named == "publicdomain" else named
    if named in _NAMED:
        known, kind = _NAMED[named]
        return Licence(known, _of_free(known), kind)
    return _of_words([word for word in words if word not in IDLE])


def _of_words(words: list[str]) -> Licence | None:
    words = [_WORDS.get(word, word) for word in words]
    terms = frozenset(word for word in words if word in _TERMS)
    versions = [word for word in words if _VERSION.fullmatch(word)]
    places = [word for word in words if word not in _TERMS and word not in versions]
    if len(versions) > 1 or not set(places) <= PLACES:
        return None
    place = " ".join(places)
    port = CODES.get(place) or (place if len(place) == 2 else "")
    return _cc(terms, "".join(versions), port)


def _cc(terms: frozenset[str], version: str, port: str) -> Licence | None:
    if "by" not in terms or not terms <= set(_TERMS) or {"nd", "sa"} <= terms:
        return None
    code = "-".join(term for term in _TERMS if term in terms)
    short = f"{code.upper()}-{version}" if version else code.upper()
    ported = f"{short}-{port.upper()}"
    if ported in PORTS:
        return Licence(f"CC-{ported}", _address("licenses", code, version, port), "cc", terms)
    prefix = "CC-" if version in _LISTED else "LicenseRef-CC-"
    url = _address("licenses", code, version) if version else None
    return Licence(prefix + short, url, "cc", terms)


def _address(*parts: str) -> str:
    return f"https://creativecommons.org/{'/'.join(parts)}/"


def _of_free(name: str) -> str | None:
    return {
        "CC0-1.0": _address("publicdomain", "zero", "1.0"),
        "CC-PDM-1.0": _address("publicdomain", "mark", "1.0"),
        "CC-PDDC": _address("licenses", "publicdomain"),
        "LAL-1.3": "https://artlibre.org/licence/lal/en/",
    }.get(name)
