"""What a model writes is shown only as far as it may stay: no mark, no stranger's link, nothing without a source."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messenger.assistant.draft import Draft
from messenger.assistant.links import destinations
from messenger.assistant.protocol import Passage
from messenger.rendering import render_markdown

HELP = "https://help.acme.example/refunds"
PASSAGES = (
    Passage("refunds", "en", "Refunds", "", f"Read [all of it]({HELP}) or write to help@acme.example.", 0.9),
    Passage("billing", "en", "Billing", "", "Invoices are at `https://pay.acme.example/in?a=1`.", 0.5),
)
EVIL = "https://evil.example/?q=secret"


def written(*pieces, needs_source=False):
    """All that was shown while it was written, and the draft at its end."""
    draft, seen = Draft(PASSAGES, needs_source=needs_source), []
    for piece in pieces:
        draft.add(piece)
        seen.append(draft.shown)
    draft.finish()
    return [*seen, draft.shown], draft


def one_by_one(text, **options):
    """The last of what is shown when it comes character by character, after looking at all that was shown before."""
    seen, draft = written(*text, **options)
    assert all(after.startswith(before) for before, after in pairwise(seen))
    assert draft.is_safe
    assert all(seen[-1].startswith(one) for one in seen)
    return seen[-1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It takes 14 days [1].", "It takes 14 days."),
        ("It takes 14 days. [1][2]", "It takes 14 days."),
        ("It takes 14 days [1, 2]. Then [2], [1], all is well.", "It takes 14 days. Then, all is well."),
        ("It takes 14 days【1†source】.", "It takes 14 days."),
        ("It takes 14 days [^1].\n\n[1]", "It takes 14 days."),
        (f"It takes 14 days [1]({EVIL}).", "It takes 14 days."),
        ("Not given [7], not a mark [2024].", "Not given, not a mark [2024]."),
        ("Choose [Settings] and [ ] wait", "Choose [Settings] and [ ] wait"),
    ],
)
def test_it_takes_marks_out_however_they_are_cut(text, shown):
    assert one_by_one(text) == shown
    assert written(text)[0][-1] == shown


def test_it_notes_what_is_cited_once_and_in_order():
    assert written("B [2]. A and B [1-2]. None [3].")[1].sources == ["billing", "refunds"]


def test_nothing_is_shown_of_an_answer_before_it_has_a_source():
    seen, draft = written("It takes ", "14 days ", "[", "1", "]", ". And ", "so on.", needs_source=True)
    whole = "It takes 14 days. And so on."
    assert seen == ["", "", "", "", "", whole.removesuffix(" so on."), whole.removesuffix(" on."), whole]
    assert written("It takes 14 days [3]. ", needs_source=True)[0] == ["", ""]
    assert written("It takes 14 days. ")[0] == ["It takes 14 days."] * 2, "a word of courtesy needs none"
    assert draft.sources == ["refunds"]


@pytest.mark.parametrize("text", ["NOANSWER", " NOANSWER.", "**NOANSWER**", '"NOANSWER" [1]', "NOANSWER\n\nBut [1]"])
def test_the_word_for_not_knowing_is_never_shown(text):
    assert one_by_one(text) == ""
    assert written(text)[1].is_unknown
    assert one_by_one(f"First this [1]. {text}", needs_source=True) == "First this."
    assert "NOANSWER"[:-1] in one_by_one("NOANSWE is a word."), "and what only begins like it is"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Read [this page]({HELP}) now", f"Read [this page]({HELP}) now"),
        (f"Read **{HELP}**, then help@acme.example.", f"Read **{HELP}**, then help@acme.example."),
        (f"Read <{HELP}>.", f"Read {HELP}."),
        ("At https://pay.acme.example/in?a=1.", "At https://pay.acme.example/in?a=1."),
    ],
)
def test_links_of_the_articles_stay(text, shown):
    assert one_by_one(text) == shown
    assert destinations(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Read [this page]({EVIL}) now", "Read this page now"),
        (f"Read [this *long* page]( <{EVIL}> 'title' ) now", "Read this *long* page now"),
        (f"Read [this]({HELP}?q=secret) now", "Read this now"),
        (f"Read ![pic]({EVIL} 'a') now", "Read  now"),
        (f"Read ![pic]({HELP}) now", "Read  now"),
        (f"Read {EVIL} now", "Read now"),
        (f"Read <{EVIL}> now", "Read  now"),
        (f"Read **{EVIL}** now", "Read now"),
        (f"Read [{EVIL}]({EVIL}) now", "Read now"),
        ("Read [this](/admin/logout) or [that](javascript:alert(1)) now", "Read this or that now"),
        ("Write to thief@evil.com now", "Write to now"),
        ("Call <script>alert(1)</script><img src=x onerror=alert(1)> now", "Call alert(1) now"),
        ("Open settings.py now", "Open `settings.py` now"),
        ("Open `vi settings.py` now", "Open `vi settings.py` now"),
    ],
)
def test_what_leads_elsewhere_is_reduced_to_its_text(text, shown):
    assert one_by_one(text) == shown
    assert destinations(shown) == frozenset()
    assert written(text)[0][-1] == shown


@pytest.mark.parametrize(
    "text",
    [
        f"[a [b] c]({EVIL}) d",
        f"[a]<b>({EVIL})",
        f"[a] [1]<b>({EVIL})",
        f"[a][b]\n\n[b]: {EVIL}\n",
        f"[a]\n\n[a]:\n{EVIL}\n",
        f"![a][b]\n\n[b]: {EVIL} 'x'",
        f"[![a]({EVIL})]({HELP})",
        f"``\n{EVIL}",
        f"[{'a ' * 300}]({EVIL})",
        f"\\[a](x)[b\\]({EVIL})",
        "[a](&#104;ttps://evil.example/x)",
        "//evil.com/x www.evil.com/x ftp://evil.com/x evil.com",
        f"\ue0000\ue001 {EVIL} \ue0001\ue001",
        "a\x00b\ud800c",
    ],
)
def test_no_trick_makes_a_link(text):
    shown = one_by_one(text)
    assert destinations(shown) <= {HELP}
    assert "secret" not in shown
    assert "\x00" not in shown
    shown.encode()


def test_the_tricks_are_links_where_nobody_looks():
    assert EVIL in destinations(f"[a [b] c]({EVIL}) d")
    assert EVIL in destinations(f"[a]\n\n[a]:\n{EVIL}\n")
    assert destinations("Go to www.evil.com/x")
    assert destinations("Open settings.py now")


def test_what_the_renderer_reads_otherwise_is_not_safe():
    seen, draft = written("Between ` and ` is code, and after ` settings.py is none.")
    assert destinations(seen[-1]) == {"http://settings.py"}
    assert not draft.is_safe


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000"])
@pytest.mark.parametrize("before", ["Yes", "[1]", "[a](", "<a"])
def test_four_times_the_blanks_take_about_four_times_as_long(before, blank):
    few, many = (quickest(f"{before}{blank * count} or so.") for count in (2_000, 8_000))
    assert many < 8 * few


def quickest(text):
    """Seconds of work to write a text in twenty pieces, at best: others want the processor, too."""
    size = len(text) // 20 + 1
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return min(timed(lambda: written(*pieces)) for _ in range(5))


def timed(act):
    began = time.thread_time()
    act()
    return time.thread_time() - began


PARTS = st.sampled_from(
    [*"[]()<>!`*_:/\\ \n1a", "[1]", "](", "]:", "NOANSWER", "NOAN", EVIL, HELP, "evil.com", "![", "<a href=", " "]
)


@given(st.lists(PARTS, max_size=30))
@example(["[", "a", "]", " ", "[1]", "<a href=", ">", "(", EVIL, ")"])
def test_whatever_comes_is_only_prolonged_and_leads_nowhere_else(parts):
    seen, draft = written(*parts)
    kept = {"https://help.acme.example/refunds", "mailto:help@acme.example", "https://pay.acme.example/in?a=1"}
    for before, after in pairwise(seen):
        assert after.startswith(before)
        assert "NOANSWER" not in after
        assert "<img" not in render_markdown(after)
    if draft.is_safe:  # Else nothing of it is shown: the provider fails.
        assert destinations(seen[-1]) <= kept
