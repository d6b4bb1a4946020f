"""Spanish is complete, says the same with the same placeholders, and ships as it was written."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from curbe.testing.catalogues import INBOX, PLACES, Sentence, compiled, read, sentences_of
from inbox.texts import script_texts

_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")

of_each_place = pytest.mark.parametrize("place", PLACES, ids=[place.name for place in PLACES])


@of_each_place
def test_every_sentence_of_the_sources_is_translated(place):
    catalogue = read(place)
    found = {sentence: catalogue.get(sentence.id, sentence.context) for sentence in sentences_of(place)}
    assert found
    missing = [one.text for one, entry in found.items() if entry is None or not all(_texts(entry.string))]
    assert missing == [], "python -m curbe.testing.catalogues adds them to the .po file"
    assert [one.text for one, entry in found.items() if entry.fuzzy] == []


@of_each_place
def test_no_placeholder_is_lost_in_translation(place):
    for entry in read(place):
        if entry.id:
            wanted = {frozenset(_PLACEHOLDER.findall(text)) for text in _texts(entry.id)}
            assert {frozenset(_PLACEHOLDER.findall(text)) for text in _texts(entry.string)} == wanted, entry.id


@of_each_place
def test_what_ships_is_what_was_written(place):
    assert place.mo.read_bytes() == compiled(read(place)), "python -m curbe.testing.catalogues compiles it"


def test_the_check_would_notice_a_sentence_without_translation():
    assert read(INBOX).get(Sentence("Nobody has translated this").id) is None
    assert {Sentence("Close"), Sentence("All", context="conversations")} <= set(sentences_of(INBOX))


def test_the_scripts_get_their_sentences_in_the_language_of_the_page():
    with translation.override("es"):
        spanish = script_texts()
    with translation.override("en"):
        english = script_texts()
    assert spanish.keys() == english.keys()
    assert spanish["typing"] == "{name} está escribiendo…"


def _texts(texts):
    return [texts] if isinstance(texts, str) else list(texts or [""])
