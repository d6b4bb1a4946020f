"""A tenant's help in memory: which words, and things meant by words, stand in which article and which part of it."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .lexicon import LANGUAGES, lexicon
from .passages import Part, parts_of
from .terms import sound, stem, words_in
from .wants import kinds_of

# How much a word says of an article, by where it stands.
_IN_TITLE, _IN_SUMMARY, _IN_HEADING, _IN_BODY = 3.0, 1.5, 1.5, 0.6
_IN_PART, _IN_ITS_HEADING = 1.0, 1.6
# How soon a word says no more by being there again, and how much a long text is to blame for having many.
_SATIETY, _LENGTH = 0.8, 0.2
# So many words of an article are read, and so many parts.
MOST_WORDS, MOST_PARTS = 6_000, 60
# In a small help no word is rare: it is compared with one of so many articles.
_LEAST_ARTICLES = 16


@dataclass(frozen=True, slots=True)
class Text:
    """An article as it is read."""

    slug: str
    locale: str
    title: str
    summary: str
    body: str


@dataclass(frozen=True, slots=True)
class Head:
    """What is told of an article that is quoted."""

    slug: str
    locale: str
    title: str


@dataclass(slots=True)
class Postings:
    """Where a term stands, and how much of it from 0 to 1."""

    places: array[int] = field(default_factory=lambda: array("I"))
    weights: array[float] = field(default_factory=lambda: array("f"))
    total: float = 0.0  # Of the weights.

    def add(self, place: int, weight: float) -> None:
        self.places.append(place)
        self.weights.append(weight)
        self.total += weight

    def at(self, place: int) -> float:
        """How much of it stands there."""
        found = bisect_left(self.places, place)
        return self.weights[found] if found < len(self.places) and self.places[found] == place else 0.0


@dataclass
class Index:
    """The articles, their parts, and where each term stands. Never changed once it is built."""

    heads: list[Head] = field(default_factory=list)
    titled: list[frozenset[str]] = field(default_factory=list)  # Of each article: the terms of its title.
    told: list[frozenset[str]] = field(default_factory=list)  # Of each article: the terms of its title and summary.
    parts: list[Part] = field(default_factory=list)
    headed: list[frozenset[str]] = field(default_factory=list)  # Of each part: the terms of its heading.
    kinds: list[frozenset[str]] = field(default_factory=list)  # Of each part: which kinds of answers it has.
    owners: array[int] = field(default_factory=lambda: array("I"))  # part → article
    in_articles: dict[str, Postings] = field(default_factory=dict)
    in_parts: dict[str, Postings] = field(default_factory=dict)
    vocabulary: set[str] = field(default_factory=set)
    size: int = 0  # Of the articles' texts, in characters.
    _by_beginning: dict[str, Mapping[str, list[str]]] = field(default_factory=dict)

    def rarity(self, term: str) -> float:
        """From 0, of a term that says as much of every article, to 1 of one that says something of a single one."""
        found = self.in_articles.get(term)
        if found is None:
            return 1.0
        many = max(len(self.heads), _LEAST_ARTICLES)
        return 1 - math.log(min(max(found.total, 1.0), many)) / math.log(many)

    @cached_property
    def worth(self) -> Mapping[str, float]:
        """What a kind of answer tells of the part that has it: little where nearly all have it."""
        found = Counter(kind for kinds in self.kinds for kind in kinds)
        return {kind: 1 - many / (len(self.kinds) + 1) for kind, many in found.items()}

    def by_beginning(self, language: str) -> Mapping[str, list[str]]:
        """The words by their first sound: nearly all slips come later."""
        if language not in self._by_beginning:
            self._by_beginning[language] = self._beginnings(language)
        return self._by_beginning[language]

    def _beginnings(self, language: str) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in sorted(self.vocabulary):
            found.setdefault(sound(word, language)[:1], []).append(word)
        return found

    @cached_property
    def by_sound(self) -> Mapping[str, Mapping[str, str]]:
        """language → sound → the first word of it."""
        words = sorted(self.vocabulary, reverse=True)
        return {language: {sound(word, language): word for word in words} for language in LANGUAGES}


def build(texts: Iterable[Text]) -> Index:
    """Return the index of these articles."""
    index = Index()
    for text in texts:
        _add(index, text)
    return index


def terms_of(words: Sequence[str], language: str) -> list[str]:
    """What of a text is looked for: its words' stems, and as "#name" what they stand for."""
    known, stems = lexicon(language), [stem(word, language) for word in words]
    meant = {(name, places[0]) for name, places in known.concepts.within(stems)}
    said = [one for word, one in zip(words, stems, strict=True) if word not in known.stop]
    return [*said, *(f"#{name}" for name, _ in meant)]


def _add(index: Index, text: Text) -> None:
    article, language = len(index.heads), text.locale.partition("-")[0]
    language = language if language in LANGUAGES else LANGUAGES[0]
    index.heads.append(Head(text.slug, text.locale, text.title))
    index.size += len(text.body)
    whole: Counter[str] = Counter()
    for part in parts_of(text.body)[:MOST_PARTS]:
        whole.update(_add_part(index, part, article, language))
    title, summary = _read(index, text.title, language), _read(index, text.summary, language)
    _weigh(whole, title, _IN_TITLE)
    _weigh(whole, summary, _IN_SUMMARY)
    index.titled.append(frozenset(title))
    index.told.append(frozenset([*title, *summary]))
    _post(index.in_articles, article, whole, 1.0)


def _add_part(index: Index, part: Part, article: int, language: str) -> Counter[str]:
    """Index a part of an article; what its terms say of the whole article."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    body, heading = _read(index, part.text, language), _read(index, part.heading, language)
    for terms, here, there in ((body, _IN_PART, _IN_BODY), (heading, _IN_ITS_HEADING, _IN_HEADING)):
        _weigh(own, terms, here)
        _weigh(whole, terms, there)
    _post(index.in_parts, len(index.parts), own, 1 - _LENGTH + _LENGTH * len(body) / 40)
    index.parts.append(part)
    index.headed.append(frozenset(heading))
    index.kinds.append(kinds_of(part.text))
    index.owners.append(article)
    return whole


def _read(index: Index, text: str, language: str) -> list[str]:
    words = words_in(text, MOST_WORDS)
    index.vocabulary.update(word for word in words if len(word) > 2)
    return terms_of(words, language)


def _weigh(sums: Counter[str], terms: Iterable[str], weight: float) -> None:
    for term in terms:
        sums[term] += weight  # type: ignore[assignment]


def _post(postings: dict[str, Postings], place: int, sums: Mapping[str, float], length: float) -> None:
    much_is = _SATIETY * length
    for term, much in sums.items():
        found = postings.get(term)
        if found is None:
            found = postings[term] = Postings()
        found.add(place, much / (much + much_is))
