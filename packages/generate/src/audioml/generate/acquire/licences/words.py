"""Words of which the names of licences are made."""

from __future__ import annotations

__all__ = ["CODES", "IDLE", "OTHER", "PLACES", "PORTS"]

_PORTS = """
BY-2.5-AU BY-3.0-AT BY-3.0-AU BY-3.0-DE BY-3.0-IGO BY-3.0-NL BY-3.0-US BY-NC-3.0-DE BY-NC-ND-3.0-DE
BY-NC-ND-3.0-IGO BY-NC-SA-2.0-DE BY-NC-SA-2.0-FR BY-NC-SA-2.0-UK BY-NC-SA-3.0-DE BY-NC-SA-3.0-IGO
BY-ND-3.0-DE BY-SA-2.0-UK BY-SA-2.1-JP BY-SA-3.0-AT BY-SA-3.0-DE BY-SA-3.0-IGO
"""
PORTS = frozenset(_PORTS.split())
"""The licences of Creative Commons for one country that SPDX lists."""

CODES = {
    "united states": "us",
    "usa": "us",
    "germany": "de",
    "austria": "at",
    "australia": "au",
    "netherlands": "nl",
    "france": "fr",
    "japan": "jp",
    "uk": "uk",
    "uk england": "uk",
    "uk england wales": "uk",
    "england wales": "uk",
    "igo": "igo",
}
"""Codes of the countries that they are for."""

_PLACES = """
argentina armenia australia austria azerbaijan belgium brazil bulgaria canada chile china mainland
colombia costa rica croatia czech republic denmark ecuador egypt england wales estonia finland
france georgia germany ghana greece guatemala hong kong hungary india ireland israel italy japan
kenya korea south africa luxembourg macedonia malaysia malta mexico netherlands new zealand nigeria
norway panama peru philippines poland portugal puerto rico romania russia scotland serbia singapore
slovenia spain sweden switzerland taiwan tanzania thailand uganda ukraine united kingdom states usa
uk us venezuela vietnam igo at au de fr jp nl
"""
PLACES = frozenset(_PLACES.split())
"""Words of the names of countries that there are such licences for."""

_IDLE = """
creative commons cc license licence licensed version v unported international generic universal the
under and deed
"""
IDLE = frozenset(_IDLE.split())
"""Words that say nothing about the terms."""

_OTHER = """
LAL-1.2 LAL-1.3 PDDL-1.0 ODC-By-1.0 ODbL-1.0 GPL-2.0-only GPL-2.0-or-later GPL-3.0-only
GPL-3.0-or-later MIT Unlicense WTFPL
"""
OTHER = {name.lower(): name for name in _OTHER.split()}
"""Licences that recordings are found under and that are known by their identifiers alone."""
