"""S38 and S39 at the server: whatever people write is text, and a link leads where it reads."""

from __future__ import annotations

import re
from html import unescape

import pytest

from messenger.rendering import render_markdown, render_plain

from .hostile import CORPUS, LINK_REL, PAYLOADS, faults_in

RENDERERS = [pytest.param(render_plain, id="visitor"), pytest.param(render_markdown, id="agent")]


def links_in(html):
    return re.findall(r'<a [^>]*href="([^"]*)"', html)


def test_the_corpus_is_large_and_without_doubles():
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 200
    assert len(CORPUS) >= 10


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("group", CORPUS)
def test_s38_what_is_rendered_is_markup_of_ours(render, group):
    for payload in CORPUS[group]:
        assert faults_in(render(payload)) == [], payload
        assert faults_in(render(f"before {payload}\nhttps://good.example/ after")) == [], payload


def test_s38_a_visitors_text_is_shown_as_it_was_typed():
    for payload in PAYLOADS:
        shown = unescape(re.sub(r"<[^>]*>", "", render_plain(payload).replace("<br>", "\n")))
        assert shown == payload


def test_s38_the_check_finds_what_is_not_escaped():
    """The control: of the payloads that are HTML, none passes as it is."""
    harmless = [payload for payload in PAYLOADS if not faults_in(payload)]
    html = [payload for name in ("event handlers", "scripts", "foreign content") for payload in CORPUS[name]]
    assert not set(harmless) & set(html)
    assert len(harmless) < len(PAYLOADS) / 2


VEILED = [
    "https://bank.example@evil.example",
    "https://bank.example:443@evil.example/login",
    "http://user:password@evil.example",
    "HTTPS://bank.example%2Flogin@evil.example",
    "https://evil.example/\u202emoc.elpmaxe.knab//:sptth",
    "https://bank.example\u2066.evil.example",
    "\u202ehttps://evil.example/",
    "https://bank\u200b.example/",
    "https://bank.example\u200d.evil.example/",
    "https://bank.example\u00ad.evil.example/",
    "https://bank.example\u2060/",
    "https://bank.example\u3164.evil.example/",
    "\ufeffhttps://bank.example/",
]
MARKDOWN_VEILED = [
    "[bank](https://bank.example@evil.example)",
    "[bank](<https://bank.example@evil.example>)",
    "<https://bank.example@evil.example>",
    "[bank](https:bank.example@evil.example)",
    "[bank](https:\\\\bank.example@evil.example)",
    "[bank](https:///bank.example@evil.example)",
    "[bank](//bank.example@evil.example)",
    "[bank](https://bank.example&commat;evil.example)",
    "[bank](https://bank.example\\@evil.example)",
    "[bank](https://bank&#8203;.example)",
    "[bank](https://evil.example/&#x202e;moc)",
    "https://evil.example/%E2%80%AEmoc.elpmaxe",
    "[bank][r]\n\n[r]: https://bank.example@evil.example",
    "\u202e[bank](https://evil.example)",
]


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("text", VEILED)
def test_s39_an_address_that_hides_where_it_leads_stays_text(render, text):
    html = render(f"see {text} now")
    assert "<a" not in html
    assert unescape(re.sub(r"<[^>]*>", "", html)) == f"see {text} now"


@pytest.mark.parametrize("text", MARKDOWN_VEILED)
def test_s39_so_does_a_link_of_markdown(text):
    assert "<a" not in render_markdown(text)


HONEST = [
    "https://good.example",
    "http://good.example:8080/path?mail=ada@good.example#part",
    "https://good.example/@ada",
    "https://xn--bcher-kva.example/",
    "https://bücher.example/ñ",
]


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("text", HONEST)
def test_s39_every_link_that_is_made_vouches_for_nothing(render, text):
    """The control: without anything to hide it is a link."""
    html = render(f"see {text} now")
    assert len(links_in(html)) == 1
    assert f'rel="{LINK_REL}"' in html
    assert faults_in(html) == []


@pytest.mark.parametrize("target", [*HONEST, "/account/orders", "#prices", "mailto:ada@good.example"])
def test_s39_an_honest_link_of_markdown_is_one(target):
    html = render_markdown(f"[there]({target})")
    assert len(links_in(html)) == 1
    assert f'rel="{LINK_REL}"' in html
