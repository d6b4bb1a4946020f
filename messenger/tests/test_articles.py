"""Help: what is published, in the reader's language, and found by what people type; written by admins."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from curbe.testing.cast import make_company
from curbe.testing.race import race
from messenger import actions, articles
from messenger.demo.harbor import ARTICLES
from messenger.errors import Invalid
from messenger.models import Article
from messenger.words import searchable, words_of

pytestmark = pytest.mark.django_db


def publish(tenant, slug, locale="en", *, title=None, summary="", body="Text", status=Article.Status.PUBLISHED):
    fields = {"slug": slug, "locale": locale, "title": title or slug, "summary": summary, "body": body}
    return actions.save_article(Article(tenant=tenant, status=status, **fields))


def slugs(caller, **query):
    return [one["slug"] for one in caller.get("articles", query).json()["items"]]


def test_a_visitor_reads_what_is_published_in_their_language_or_else_in_the_companys(harbor, guest):
    publish(harbor.tenant, "both")
    publish(harbor.tenant, "both", "es", title="Ambos")
    publish(harbor.tenant, "english-only")
    publish(harbor.tenant, "spanish-only", "es")
    publish(harbor.tenant, "draft-in-spanish")
    publish(harbor.tenant, "draft-in-spanish", "es", status=Article.Status.DRAFT)
    publish(harbor.tenant, "draft", status=Article.Status.DRAFT)
    assert slugs(guest) == slugs(guest, locale="en-GB") == ["draft-in-spanish", "english-only", "both"]
    spanish = guest.get("articles", {"locale": "es-MX"}).json()["items"]
    assert [(one["slug"], one["locale"]) for one in spanish] == [
        ("draft-in-spanish", "en"),
        ("spanish-only", "es"),
        ("english-only", "en"),
        ("both", "es"),
    ]
    # A language that nobody writes in is the company's own.
    assert slugs(guest, locale="fi") == slugs(guest)


def test_an_article_is_its_sanitised_rendering(harbor, guest):
    body = '## Rates\n\n- <img src=x onerror="alert(1)">\n- [here](javascript:alert(1))\n- [us](https://a.example)'
    publish(harbor.tenant, "rates", title="<b>Rates</b>", body=body)
    article = guest.get("articles/rates").json()
    assert set(article) == {"slug", "locale", "title", "summary", "updated_at", "body_html"}
    assert "<h2>Rates</h2>" in article["body_html"]
    assert "<img" not in article["body_html"]
    assert 'href="javascript' not in article["body_html"]
    assert 'href="https://a.example"' in article["body_html"]
    assert article["title"] == "<b>Rates</b>"  # Text: whoever shows it escapes it.


def test_a_draft_is_not_there_and_neither_is_a_neighbours_article(harbor, guest):
    rival = make_company("rival")
    publish(rival.tenant, "secret", body="the rival's canary")
    publish(harbor.tenant, "draft", status=Article.Status.DRAFT)
    for slug in ("draft", "secret", "nothing"):
        answer = guest.get(f"articles/{slug}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "article_not_found")
    assert slugs(guest, q="canary") == slugs(guest) == []


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("shipping", ["shipping", "returns"]),  # In the title before in the text.
        ("SHIP", ["shipping", "returns"]),
        ("envío", ["envios"]),
        ("envio", ["envios"]),
        ("returns shipping", ["returns"]),
        ("hipping", []),
        ("%", []),
        ("_", []),
        ("   ", ["envios", "returns", "shipping"]),
    ],
)
def test_every_word_asked_for_begins_a_word_of_what_is_found(harbor, guest, question, found):
    publish(harbor.tenant, "shipping", title="Shipping times")
    publish(harbor.tenant, "returns", title="Returns", body="Shipping it back costs nothing.")
    publish(harbor.tenant, "envios", title="Gastos de envío")
    assert slugs(guest, q=question) == found


def test_a_long_question_costs_no_more_than_a_dozen_words():
    assert words_of(" ".join(str(number) for number in range(50)) + " 1 2") == [str(number) for number in range(12)]
    assert searchable("¿Cuánto CUESTA?\n ﬁne_print") == " cuanto cuesta fine print"


def test_the_list_goes_on_page_by_page(harbor, guest, django_assert_num_queries):
    for number in range(7):
        publish(harbor.tenant, f"article-{number}")
    first = guest.get("articles", {"limit": 4}).json()
    rest = guest.get("articles", {"limit": 4, "cursor": first["next"]}).json()
    listed = [one["slug"] for one in first["items"] + rest["items"]]
    assert listed == [f"article-{number}" for number in reversed(range(7))]
    assert rest["next"] is None
    with django_assert_num_queries(1):
        articles.published_page(harbor.tenant, "es", cursor=None, limit=100)
    with django_assert_num_queries(1):
        articles.search_published(harbor.tenant, "es", "article text", limit=100)


def test_nobody_without_a_session_reads(harbor, guest):
    publish(harbor.tenant, "one")
    guest.bearer = "nobody's"
    for path in ("articles", "articles/one"):
        assert guest.get(path).status_code == 401


def test_the_team_reads_everything_and_admins_write(harbor, desk):
    fields = {"slug": "hours", "locale": "en", "title": "Hours", "body": "**Nine** to five"}
    made = desk.post("articles", fields)
    assert made.status_code == 201
    article = made.json()
    assert (article["status"], article["published_at"]) == ("draft", None)
    assert article["body_html"] == "<p><strong>Nine</strong> to five</p>"
    changed = desk.patch(f"articles/{article['id']}", {"status": "published", "slug": "other"}).json()
    assert (changed["status"], changed["slug"]) == ("published", "hours")
    published_at = changed["published_at"]
    again = desk.patch(f"articles/{article['id']}", {"title": "Opening hours"}).json()
    assert (again["title"], again["published_at"]) == ("Opening hours", published_at)
    assert desk.get("articles").json()["items"] == [again]
    assert desk.get(f"articles/{article['id']}").json() == again
    assert desk.post("articles", fields).json()["errors"][0]["code"] == "slug_taken"
    assert desk.delete(f"articles/{article['id']}").status_code == 204
    assert desk.get(f"articles/{article['id']}").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"locale": "xx"}, {"slug": "no slug"}, {"title": ""}, {"body": " \n"}, {"status": "x"}]
)
def test_an_article_is_complete(desk, wrong):
    fields = {"slug": "hours", "locale": "en", "title": "Hours", "body": "Nine to five", **wrong}
    assert desk.post("articles", fields).status_code == 422
    assert not Article.objects.exists()


def test_an_agent_who_is_no_admin_reads_only(harbor, desk):
    article = publish(harbor.tenant, "hours")
    harbor.ada.role = "agent"
    harbor.ada.save()
    assert desk.get("articles").json()["items"][0]["slug"] == "hours"
    fields = {"slug": "more", "locale": "en", "title": "More", "body": "More"}
    refused = [
        desk.post("articles", fields),
        desk.patch(f"articles/{article.id}", {"title": "Mine"}),
        desk.delete(f"articles/{article.id}"),
    ]
    assert [one.status_code for one in refused] == [403, 403, 403]
    assert Article.objects.get().title == "hours"


def test_a_neighbours_article_is_not_there(desk):
    foreign = publish(make_company("rival").tenant, "secret")
    asked = [desk.get, lambda path: desk.patch(path, {"title": "Mine"}), desk.delete]
    assert [ask(f"articles/{foreign.id}").status_code for ask in asked] == [404, 404, 404]
    assert desk.get("articles").json()["items"] == []


@pytest.mark.parametrize(
    "wrong", [{"status": "other"}, {"status": "published", "published_at": None}, {"slug": "taken"}]
)
def test_the_database_refuses_what_is_no_article(harbor, wrong):
    publish(harbor.tenant, "taken")
    fields = {"slug": "free", "locale": "en", "title": "x", "body": "x", "body_html": "x", "words": "x", **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.create(tenant=harbor.tenant, **fields)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_the_same_at_once_one_is_told(harbor):
    def write(number):
        try:
            publish(harbor.tenant, "same", title=str(number))
        except Invalid as refused:
            return refused.code
        return "stored"

    assert sorted(race(4, write)) == ["slug_taken"] * 3 + ["stored"]
    assert Article.objects.count() == 1


def test_the_demo_explains_itself_in_both_languages(harbor):
    in_english, in_spanish = ([one["slug"] for one in ARTICLES if one["locale"] == code] for code in ("en", "es"))
    assert len(in_english) == 24
    assert sorted(in_english) == sorted(in_spanish)
