from __future__ import annotations

import pytest

from audioml.core.errors import UsageError
from audioml.generate.acquire.licences import Allowed, identify

CC = "https://creativecommons.org/"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("CC-BY-SA-3.0-DE", "CC-BY-SA-3.0-DE"),
        ("Attribution 4.0 International", "CC-BY-4.0"),
        ("Creative Commons Attribution-ShareAlike 3.0 Unported License", "CC-BY-SA-3.0"),
        ("Attribution-Noncommercial-Share Alike 3.0 United States", "CC-BY-NC-SA-3.0"),
        ("Attribution 3.0 United States", "CC-BY-3.0-US"),
        ("Attribution-NonCommercial-NoDerivatives (aka Music Sharing) 3.0", "CC-BY-NC-ND-3.0"),
        ("Attribution-Noncommercial-No Derivative Works 2.5 UK: Scotland", "CC-BY-NC-ND-2.5"),
        ("Attribution-NoDerivs 3.0 New Zealand", "CC-BY-ND-3.0"),
        ("Attribution 3.0 Netherlands", "CC-BY-3.0-NL"),
        ("Attribution-Share Alike 2.1 Japan", "CC-BY-SA-2.1-JP"),
        ("Attribution-Noncommercial 2.1 Japan", "LicenseRef-CC-BY-NC-2.1"),
        ("Attribution", "LicenseRef-CC-BY"),
        ("Creative Commons Attribution v3.0", "CC-BY-3.0"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("CC0-1.0", "CC0-1.0"),
        ("Creative Commons Zero v1.0 Universal", "CC0-1.0"),
        ("Public Domain Mark 1.0", "CC-PDM-1.0"),
        ("Public Domain", "LicenseRef-PublicDomain"),
        ("Public Domain / Sound Recording Common Law Protection", "unknown"),
        ("own", "LicenseRef-own"),
        ("Free Art License", "LAL-1.3"),
        ("lal-1.2", "LAL-1.2"),
        ("LicenseRef-Studio", "LicenseRef-Studio"),
        (f"{CC}licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("FMA-Limited: Download Only", "unknown"),
        ("Attribution, no resale", "unknown"),
        ("Attribution-NoDerivs-ShareAlike 3.0", "unknown"),
        ("Sampling Plus 1.0", "unknown"),
        ("CC-BY-4.0 OR MIT", "unknown"),
        ("all rights reserved", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_name_is_understood_whole_or_not_at_all(name, expected):
    assert identify(name).id == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/3.0/us/", "CC-BY-NC-SA-3.0"),
        ("https://www.creativecommons.org/licenses/by/3.0/us/legalcode", "CC-BY-3.0-US"),
        ("creativecommons.org/licenses/by/4.0/deed.de", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("https://creativecommons.org/licenses/publicdomain/", "CC-PDDC"),
        ("https://creativecommons.org/licenses/sampling+/1.0/", "unknown"),
        ("https://creativecommons.org.example.com/licenses/by/4.0/", "unknown"),
        ("https://example.com/?creativecommons.org/licenses/by/4.0/", "unknown"),
        ("http://freemusicarchive.org/FMA_License", "unknown"),
    ],
)
def test_an_address_is_that_of_a_licence_or_of_none(url, expected):
    assert identify(None, url).id == expected


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("Attribution-Noncommercial-Share Alike 3.0 United States", "by nc sa"),
        (
            "Attribution-NonCommercial-NoDerivatives (aka Music Sharing) 3.0 International",
            "by nc nd",
        ),
        ("Attribution-NonCommercial-ShareAlike 3.0 International", "by nc sa"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", "by nc nd"),
        ("Attribution-Noncommercial-No Derivative Works 3.0 United States", "by nc nd"),
        ("Attribution-NonCommercial-ShareAlike", "by nc sa"),
        ("Attribution", "by"),
        ("Attribution-NonCommercial 3.0 International", "by nc"),
        ("Attribution-NonCommercial", "by nc"),
        ("Attribution-ShareAlike", "by sa"),
    ],
)
def test_the_ten_commonest_names_of_fma_are_understood(name, terms):
    assert identify(name).terms == set(terms.split())


def test_an_address_decides_the_version_and_contradictions_decide_nothing():
    found = identify("Attribution", f"{CC}licenses/by/3.0/us/")
    assert (found.id, found.url) == ("CC-BY-3.0-US", f"{CC}licenses/by/3.0/us/")
    assert identify("CC-BY-4.0", "https://example.com/about").id == "CC-BY-4.0"
    assert identify("CC-BY-4.0", f"{CC}licenses/by-nc/4.0/").id == "unknown"
    assert identify("Public Domain", f"{CC}licenses/by/3.0/").id == "unknown"


def test_what_is_free_is_allowed_and_the_rest_by_a_word():
    free = ["CC0-1.0", "Public Domain", "CC-PDM-1.0", "CC-BY-4.0", "Attribution", "CC-BY-SA-3.0"]
    for name in [*free, "own"]:
        assert Allowed().permits(identify(name)), name
    nc, nd, both = (
        identify("CC-BY-NC-SA-3.0"),
        identify("CC-BY-ND-4.0"),
        identify("CC-BY-NC-ND-3.0"),
    )
    for allowed, expected in [
        ((), (False, False, False)),
        (("nc",), (True, False, False)),
        (("nd",), (False, True, False)),
        (("nc,nd",), (True, True, True)),
        (("NC", "nd"), (True, True, True)),
        (("CC-BY-ND-4.0",), (False, True, False)),
    ]:
        assert tuple(map(Allowed(allowed).permits, (nc, nd, both))) == expected
    assert not Allowed().permits(identify("LAL-1.3"))
    assert Allowed(["Free Art License"]).permits(identify("LAL-1.3"))
    assert not Allowed(["nc", "nd"]).permits(identify("who knows"))


def test_what_is_unknown_cannot_be_allowed():
    with pytest.raises(UsageError, match="never allowed"):
        Allowed(["unknown"])
