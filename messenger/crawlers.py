"""Crawlers load pages and run scripts, but nobody is there to chat: they get no session and leave no row (S62)."""

from __future__ import annotations

import re

# Our own short list, of those who fetch pages for an index, a preview or a model, and of what they call themselves.
# Lists to download also name curl, the HTTP libraries of every language and HeadlessChrome: here those are programs of
# integrators, and tests. A bare "bot" inside a word is not enough either: CUBOT makes telephones.
_CRAWLER = re.compile(
    r"""
    \b (?!cubot\b) [\w.-]{0,40} (?: bot | crawler | spider ) (?: [/;:,)+\s-] | $ )
    | facebookexternalhit | facebookcatalog | meta-external | ^whatsapp/ | skypeuripreview | bingpreview | embedly
    | mediapartners-google | apis-google | feedfetcher-google | google-inspectiontool | googleother | google-read-aloud
    | yahoo!\ slurp | ia_archiver | archive\.org | yandex(?:images|video|media|metrika)
    | chatgpt-user | perplexity-user | claude-(?:web|user) | anthropic-ai | cohere-ai
    """,
    re.IGNORECASE | re.VERBOSE,
)

# A shop's app may be called MyShopChatbot, and show the shop to a person. A crawler that poses as a telephone says
# that it is "compatible" with one, or where to read about it.
_APP = re.compile(
    r"^ (?=.*\b(?:iphone|ipad|android)\b) (?!.*(?:compatible;|https?:)) .* chat-?bot\b", re.IGNORECASE | re.VERBOSE
)


def is_crawler(user_agent: str) -> bool:
    """Whether the User-Agent is one of a crawler that says so. Browsers, apps, programs and silence are not."""
    return bool(_CRAWLER.search(user_agent)) and not _APP.search(user_agent)
