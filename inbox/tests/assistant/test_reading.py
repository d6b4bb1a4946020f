"""What the assistant said and gave to people, as agents read it: by name, with its sources, everywhere."""

from __future__ import annotations

import pytest
from django.utils import translation

from inbox.tests.pages import elements, text_of
from messenger import actions
from messenger.tests.assistant.conftest import work

from .conftest import ANSWER, QUESTION

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
PLAIN = "Shipping takes two days ."


def spanish(client, path):
    """The page as somebody reads it whose browser speaks Spanish."""
    with translation.override("es"):
        return text_of(client.get(path, headers={"Accept-Language": "es"}))


def test_an_answer_has_a_name_its_sources_and_how_it_was_made(ada, answered):
    page = ada.get(f"/inbox/c/{answered}/")
    text = text_of(page)
    assert "Assistant" in text and PLAIN in text
    assert "Sure: 90%" in text and "scripted-1" in text and "7 → 5" in text
    links = [attrs["href"] for tag, attrs in elements(page) if tag == "a" and "/articles/" in attrs.get("href", "")]
    assert links == ["/inbox/articles/en/shipping/"]


def test_what_people_say_has_no_sources_and_no_measure(ada, helped, answered, desk):
    """The control: there is one of each, and that is the assistant's."""
    desk.reply(answered, "And returns are free.")
    found = elements(ada.get(f"/inbox/c/{answered}/"))
    cited = [attrs for tag, attrs in found if tag == "a" and "/articles/" in attrs.get("href", "")]
    assert (len(cited), [attrs.get("class") for _, attrs in found].count("how")) == (1, 1)


def test_a_source_is_read_by_every_agent_and_edited_by_admins(ada, helped, shipping, answered, sign_in, rival_agent):
    address = "/inbox/articles/en/shipping/"
    edit = f"/admin/messenger/article/{shipping.id}/change/"
    assert "Shipping times" in text_of(ada.get(address)) and edit in ada.get(address).content.decode()
    ben = sign_in(helped.ben).get(address)
    assert "Shipping takes two days." in text_of(ben) and edit not in ben.content.decode()
    assert rival_agent.get(address).status_code == 404
    assert ada.get("/inbox/articles/es/shipping/").status_code == 404


def test_a_withdrawn_source_says_so(ada, helped, shipping, answered):
    def is_marked():
        classes = [attrs.get("class") for _, attrs in elements(ada.get("/inbox/articles/en/shipping/"))]
        return "chip" in classes

    assert not is_marked()
    actions.update_article(by=helped.ada, article_id=shipping.id, fields={"status": "draft"})
    assert is_marked()


def test_a_hand_over_says_why_and_what_it_is_about(ada, handed_over):
    text = text_of(ada.get(f"/inbox/c/{handed_over}/"))
    assert "The assistant handed over to the team" in text
    assert text.count("The visitor asked for a person") == 1
    assert f"Asked: “{QUESTION}”" in text
    assert "The assistant answered once, citing Shipping times." in text


def test_a_row_says_that_it_was_handed_over_until_a_person_answers(ada, answered, visitor, desk):
    def marked():
        return "handed over" in text_of(ada.get("/inbox/rows/"))

    assert not marked()
    visitor.post(f"conversations/{answered}/handoff")
    assert marked()
    desk.reply(answered, "I am here.")
    visitor.say(answered, "and another thing")
    assert not marked()
    assert "waiting" in text_of(ada.get("/inbox/rows/"))


def test_a_row_of_an_earlier_cycle_does_not(ada, handed_over, visitor, desk):
    desk.post(f"conversations/{handed_over}/close")
    visitor.say(handed_over, "once more")
    page = text_of(ada.get("/inbox/rows/"))
    assert "once more" in page and "handed over" not in page


@pytest.mark.parametrize("path", ["/inbox/rows/", "/inbox/log/rows/", "/inbox/search/hits/?q=shipping+takes+two"])
def test_lists_call_it_by_its_name(ada, answered, path):
    assert "Assistant: Shipping takes two days" in text_of(ada.get(path))
    assert "Asistente:" in spanish(ada, path)


def test_a_long_answer_is_read_without_its_marks(ada, visitor, shipping, provider):
    provider.says("**Shipping** takes `two` days. " * 40, "shipping")
    visitor.start(QUESTION)
    work()
    assert "Assistant: Shipping takes two days. Shipping takes two days." in text_of(ada.get("/inbox/rows/"))


def test_a_timeline_calls_it_by_its_name_and_tells_of_the_hand_over(ada, visitor, handed_over):
    text = text_of(ada.get(f"/inbox/log/{visitor.contact.id}/"))
    assert "Assistant" in text and "The assistant handed over to the team" in text
    assert "El asistente" in spanish(ada, f"/inbox/log/{visitor.contact.id}/")


def test_a_conversation_that_a_merge_brought_along_does_as_well(ada, helped, visitor, handed_over):
    from curbe.testing.cast import sign_in

    sign_in(visitor, helped, "grace")
    text = text_of(ada.get(f"/inbox/c/{handed_over}/"))
    assert "grace" in text.lower() and PLAIN in text and "The assistant handed over to the team" in text


@pytest.mark.parametrize("kind", ["html", "txt", "json"])
def test_a_transcript_calls_it_by_its_name(desk, visitor, handed_over, kind):
    for who in (desk, visitor):
        made = who.get(f"conversations/{handed_over}/transcript", {"format": kind})
        if kind == "json":
            authors = {one["author"]["kind"]: one["author"]["name"] for one in made.json()["messages"]}
            assert authors["assistant"] == "Assistant"
        else:
            text = text_of(made) if kind == "html" else made.content.decode()
            assert "Assistant" in text and "The conversation was handed to the team" in text


def test_a_transcript_calls_it_by_its_name_in_the_readers_language(ada, handed_over):
    address = f"/api/inbox/conversations/{handed_over}/transcript?format=txt"
    assert f"Asistente: {ANSWER}" in ada.get(address, headers={"Accept-Language": "es"}).content.decode()


def test_somebody_elses_answer_is_not_the_assistants(ada, helped, visitor, desk):
    """The control for the name: an agent's reply keeps theirs."""
    conversation_id = visitor.start("Is anybody there?")["conversation"]["id"]
    desk.reply(conversation_id, "Yes.")
    assert work() == 0
    assert "You: Yes." in text_of(ada.get("/inbox/rows/")) and "Assistant:" not in text_of(ada.get("/inbox/rows/"))


def test_a_suspicious_source_is_text(ada, helped, visitor, provider):
    """Titles of articles are the company's, and are escaped like anybody's."""
    fields = {"slug": "shipping", "locale": "en", "title": "<img src=x onerror=alert(1)>", "status": "published"}
    actions.create_article(by=helped.ada, fields={**fields, "body": QUESTION})
    provider.says(ANSWER, "shipping")
    conversation_id = visitor.start(QUESTION)["conversation"]["id"]
    work()
    for path in (f"/inbox/c/{conversation_id}/", "/inbox/articles/en/shipping/"):
        page = ada.get(path)
        assert "&lt;img src=x onerror=alert(1)&gt;" in page.content.decode()
        assert [attrs for tag, attrs in elements(page) if "onerror" in attrs] == []
