from __future__ import annotations

import pytest

from audioml.generate.acquire.web.robots import EVERYTHING, parse

FMA = """
# comment
User-agent: *
Disallow: /private/
Allow: /private/open/
Crawl-delay: 2.5
Disallow:

User-agent: Audioml/2.0
User-agent: other
Disallow: /*.zip$
Disallow: /a*b*c
Crawl-delay: nonsense
Crawl-delay: -1

user-agent: third
disallow: /
user-agent: audioml
disallow: /more%2dover
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("third", "/", False),
        ("third", "/robots.txt", True),
        ("nobody", "/", True),
        ("nobody", "/private/x", False),
        ("nobody", "/private/open/x", True),
        ("audioml", "/private/x", True),
        ("audioml", "/x/fma.zip", False),
        ("audioml", "/x/fma.zip?again", True),
        ("audioml", "/aXbYc", False),
        ("audioml", "/aXbY", True),
        ("audioml", "/more-over", False),
        ("audioml", "/m%6Fre%2Dover/x", False),
        ("other", "/more-over", True),
    ],
)
def test_the_longest_pattern_of_ones_own_group_decides(agent, path, allowed):
    assert parse(FMA, agent=agent).allows(path) is allowed


def test_a_delay_is_that_of_ones_group_and_only_a_number():
    assert parse(FMA, agent="nobody").delay == 2.5
    assert parse(FMA, agent="audioml").delay is None


def test_what_is_no_robots_file_forbids_nothing():
    assert parse("<html>\nDisallow: /\n", agent="audioml").allows("/x")
    assert EVERYTHING.allows("/")


def test_a_pattern_full_of_stars_takes_no_time():
    rules = parse("User-agent: *\nDisallow: /" + "*a" * 5000 + "b", agent="audioml")
    assert rules.allows("/" + "a" * 20000)
