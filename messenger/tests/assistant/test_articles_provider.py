"""The embedded provider: it answers in the words of the help, names its sources, and says so when it does not know."""

from __future__ import annotations

from itertools import pairwise

import pytest

from messenger.assistant.articles import LEAST_CONFIDENCE, MOST_CHARACTERS, Articles
from messenger.assistant.protocol import Answer, Decline, Finding, Inquiry, Passage
from messenger.rendering import render_markdown

RATES = Passage("rates", "en", "What we charge", "Parcels", "- Small: €3.\n- Large: €8.", 0.9)
HOURS = Passage("hours", "en", "When we open", "", "From nine to five.", 0.9)


def inquiry(*passages, confidence=0.9, manner="question", language="en", question="How much?"):
    return Inquiry(question, (), Finding(manner, language, passages, confidence), "Harbor")


def answered(asked):
    """What it yields, and what it returns."""
    answer, said = Articles().answer(asked), []
    while True:
        try:
            said.append(next(answer))
        except StopIteration as end:
            return said, end.value


def test_it_quotes_the_passage_and_names_the_article():
    said, came = answered(inquiry(RATES))
    assert came == Answer("**What we charge: Parcels**\n\n- Small: €3.\n- Large: €8.", ("rates",), 0.9, "articles")
    assert said[-1] == came.text


def test_each_part_of_the_answer_prolongs_the_one_before():
    said, came = answered(inquiry(RATES, HOURS))
    assert len(said) > 2
    assert all(after.startswith(before) and after != before for before, after in pairwise(said))
    assert said[-1] == came.text


def test_it_quotes_two_articles_that_fit_as_well_as_each_other():
    _, came = answered(inquiry(RATES, HOURS))
    assert came.slugs == ("rates", "hours")
    assert RATES.text in came.text
    assert HOURS.text in came.text


def test_what_fits_less_is_for_others_to_read():
    lesser = Passage("other", "en", "Something else", "", "Nothing of it.", 0.4)
    _, came = answered(inquiry(RATES, lesser))
    assert came.slugs == ("rates",)
    assert lesser.text not in came.text


def test_an_article_is_named_once_however_many_of_its_parts_are_quoted():
    again = Passage("rates", "en", "What we charge", "Letters", "€1.", 0.9)
    _, came = answered(inquiry(RATES, again))
    assert came.slugs == ("rates",)
    assert "€1." in came.text


def test_it_is_short():
    long = Passage("long", "en", "Long", "", "x" * 850, 0.9)
    _, came = answered(inquiry(RATES, long))
    assert came.slugs == ("rates",)
    assert len(came.text) <= MOST_CHARACTERS
    assert answered(inquiry(long))[1].text.endswith("x" * 850)  # The best one is quoted whole.


def test_below_the_threshold_it_does_not_know():
    assert answered(inquiry(RATES, confidence=LEAST_CONFIDENCE - 0.01)) == ([], Decline("low_confidence"))
    assert isinstance(answered(inquiry(RATES, confidence=LEAST_CONFIDENCE))[1], Answer)
    assert answered(inquiry()) == ([], Decline("low_confidence"))


def test_whoever_asks_for_somebody_gets_somebody():
    assert answered(inquiry(RATES, manner="human_request")) == ([], Decline("requested"))


@pytest.mark.parametrize(
    ("said", "language", "answer"),
    [
        ("Hi!", "en", "Hello! What would you like to know?"),
        ("Thanks!", "en", "You are welcome! Is there anything else I can look up for you?"),
        ("Bye", "en", "Goodbye, and have a nice day!"),
        ("Hola", "es", "¡Hola! ¿Qué te gustaría saber?"),
        ("Muchas gracias", "es", "¡De nada! ¿Busco algo más por ti?"),
        ("Hasta luego", "es", "¡Hasta luego, y que tengas un buen día!"),
    ],
)
def test_courtesy_is_answered_with_courtesy_in_the_visitors_language(said, language, answer):
    _, came = answered(inquiry(manner="smalltalk", language=language, question=said, confidence=0.0))
    assert (came.text, came.slugs) == (answer, ())


def test_a_title_cannot_break_out_of_its_line():
    sly = Passage("sly", "en", "**[x](javascript:alert(1))** <b>", "", "Text", 0.9)
    html = render_markdown(answered(inquiry(sly))[1].text)
    assert html.startswith("<p><strong>**[x](javascript:alert(1))** &lt;b&gt;</strong></p>")


def test_it_may_be_closed_at_any_time():
    answer = Articles().answer(inquiry(RATES, HOURS))
    next(answer)
    answer.close()
