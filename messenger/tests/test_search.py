"""`GET search`: the whole history of a tenant, ranked, with the place to jump to, and nothing of anybody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from curbe.testing.cast import proof
from messenger import findpeople, wordindex
from messenger.models import Contact, Message

pytestmark = pytest.mark.django_db
CANARY = "Zanzibarcanary"


def hits_of(desk, q, **params):
    answer = desk.get("search", {"q": q, **params})
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def bodies(desk, q, **params):
    return [hit["message"]["body"] for hit in hits_of(desk, q, type="message", **params)]


def names(desk, q):
    return [hit["contact"]["display_name"] for hit in hits_of(desk, q, type="contact")]


def test_it_finds_what_was_said_by_anybody_and_where_it_stands(guest, desk):
    thread = guest.start("¿Cuándo llega mi PEDIDO de té?")["conversation"]["id"]
    desk.reply(thread, "Your **parcel** left today")
    desk.note(thread, "Warehouse says Thursday")
    for q, kind, seq in [("pedido", "message", 1), ("té", "message", 1), ("te", "message", 1), ("thurs", "note", 4)]:
        (hit,) = hits_of(desk, q)
        assert (hit["type"], hit["message"]["kind"]) == ("message", kind)
        assert hit["position"] == {"conversation_id": thread, "seq": seq}
    (hit,) = hits_of(desk, "today PARC")
    text, marks = hit["excerpt"]["text"], hit["excerpt"]["highlights"]
    assert text == "Your parcel left today"
    assert [text[start:end] for start, end in marks] == ["parcel", "today"]
    assert hits_of(desk, "parc today") == []


def test_an_excerpt_begins_shortly_before_the_words(guest, desk):
    guest.start(f"{'before ' * 100}needle {'after ' * 100}")
    (hit,) = hits_of(desk, "needle")
    text, ((start, end),) = hit["excerpt"]["text"], hit["excerpt"]["highlights"]
    assert text[start:end] == "needle"
    assert text.startswith("…before")
    assert len(text) <= 182
    assert start < 60


def test_events_are_not_searched_and_neither_is_what_was_redacted_or_erased(harbor, guest, desk, chat):
    desk.reply(chat["conversation"]["id"], "Secretword")
    assert bodies(desk, "secretword") == ["Secretword"]
    assert hits_of(desk, "joined") == []
    said = Message.objects.filter(tenant=harbor.tenant, body="Secretword")
    said.update(deleted_at=timezone.now())
    assert hits_of(desk, "secretword") == []
    said.update(deleted_at=None, body="", body_html="")
    assert hits_of(desk, "secretword") == []


def test_people_are_found_by_names_addresses_and_ids_however_they_are_written(harbor, guest, desk):
    guest.start("Hola")
    guest.post("profile", {"name": "Íñigo Muñoz", "email": "inigo.munoz@correo.example", "phone": "+34 600 11 22 33"})
    harbor.known("customer-77", name="Strauß & Söhne", email="kontakt@strauss.example")
    for q in ("iñi", "munoz inigo", "inigo.munoz@corr", "INIGO.MUNOZ@CORREO.EXAMPLE", "600112233"):
        assert names(desk, q) == ["Íñigo Muñoz"], q
    for q in ("strauss", "sohn", "customer-77", "kontakt@"):
        assert names(desk, q) == ["Strauß & Söhne"], q
    assert names(desk, "munozz") == []


def test_people_come_first_and_lead_to_their_latest_conversation(harbor, guest, desk):
    thread = guest.start("Grace is my name")["conversation"]["id"]
    guest.post("profile", {"name": "Grace Hopper"})
    person, message = hits_of(desk, "grace")
    assert (person["type"], message["type"]) == ("contact", "message")
    assert person["position"]["conversation_id"] == thread
    assert person["excerpt"] == {"text": "Grace Hopper", "highlights": [[0, 5]]}
    harbor.known("quiet", name="Grace Quiet")
    assert [hit["position"] is None for hit in hits_of(desk, "quiet")] == [True]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 25])
def test_people_count_towards_the_limit_and_no_message_is_missing(harbor, guest, desk, limit):
    for number in range(2):
        harbor.known(f"grace-{number}", name=f"Grace {number}")
    thread = guest.start("grace 0")["conversation"]["id"]
    for number in range(1, 4):
        guest.say(thread, f"grace {number}")
    pages: list[Any] = []
    cursor = None
    while cursor or not pages:
        answer = desk.get("search", {"q": "grace", "limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        pages, cursor = [*pages, answer["items"]], answer["next"]
    assert max(map(len, pages)) <= limit
    assert [hit["type"] for hit in pages[0]][:2] == ["contact", "contact"][:limit]
    told = [hit["message"]["body"] for page in pages for hit in page if hit["type"] == "message"]
    assert told == [f"grace {number}" for number in (3, 2, 1, 0)]


def test_what_a_merged_guest_said_is_found_under_the_user(harbor, guest, desk):
    harbor.known("u-9", name="Nina Known")
    guest.post("profile", {"name": "Temporary Name"})
    guest.start("Words before signing in")
    assert guest.identify(proof(harbor, "u-9", name="Nina Known")).status_code == 200
    (hit,) = hits_of(desk, "before signing")
    assert hit["contact"]["external_id"] == "u-9"
    assert names(desk, "temporary") == []
    assert names(desk, "nina") == ["Nina Known"]


def test_the_words_in_order_and_the_whole_word_come_first_then_the_newest(guest, desk):
    thread = guest.start("refund of the shoes")["conversation"]["id"]
    for text in ("shoes and a refund", "the refunded shoes", "a refund of shoes"):
        guest.say(thread, text)
    assert bodies(desk, "refund shoes") == ["a refund of shoes", "shoes and a refund", "refund of the shoes"]
    guest.say(thread, "refund shoes now")
    guest.say(thread, "shoes, then the refund")
    assert bodies(desk, "refund shoes")[0] == "refund shoes now"
    assert bodies(desk, "refund")[-1] == "the refunded shoes"


def test_pages_have_no_holes_and_no_doubles_and_stay_when_something_new_is_said(guest, desk):
    thread = guest.start("apple 0")["conversation"]["id"]
    for i in range(1, 120):
        guest.say(thread, f"{'apple ' * (1 + i % 3)}{i}")
    seen, cursor = [], None
    while True:
        page = desk.get("search", {"q": "apple", "limit": 40, **({"cursor": cursor} if cursor else {})}).json()
        seen += [hit["position"]["seq"] for hit in page["items"]]
        guest.say(thread, "apple apple apple apple new")
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == list(range(1, 121))
    assert seen[:3] == [120, 119, 117]


def test_pages_are_the_same_whichever_way_the_words_are_found(guest, desk, monkeypatch):
    """With much more than can be looked at, some pages come from the newest messages and some from the index."""
    thread = guest.start("plum 0")["conversation"]["id"]
    for i in range(1, 130):
        guest.say(thread, f"{'plum ' * (i % 5 in (0, 1))}{i}{' plum' * (i % 7 == 0)}")
    whole = bodies(desk, "plum", limit=100)
    for looked_at in (3, 12, 40, 70):
        monkeypatch.setattr(wordindex, "_LOOKED_AT", looked_at)
        for limit in (3, 7, 20):
            seen: list[str] = []
            cursor: dict[str, str] = {}
            while True:
                page = desk.get("search", {"q": "plum", "limit": limit, **cursor}).json()
                seen += [hit["message"]["body"] for hit in page["items"]]
                if not page["next"]:
                    break
                cursor = {"cursor": page["next"]}
            assert sorted(seen) == sorted(whole), (looked_at, limit)


def test_every_search_costs_the_same_number_of_queries(harbor, guest, desk, count_queries):
    thread = guest.start("pear")["conversation"]["id"]
    guest.post("profile", {"name": "Pear", "email": "pear@example.com", "phone": "1"})
    desk.get("search", {"q": "pear"})
    few = count_queries(lambda: hits_of(desk, "pear"))
    for i in range(30):
        harbor.known(f"u-{i}", f"pear {i}", name=f"Pear {i}", email="pear@example.com")
        guest.say(thread, f"pear {i}")
    assert count_queries(lambda: hits_of(desk, "pear", limit=50)) == few
    assert few <= 14


def test_nothing_of_another_tenant_is_ever_found(harbor, rival, desk, outsider):
    outsider.start(f"{CANARY} said it")
    outsider.post("profile", {"name": f"{CANARY} Person", "email": f"{CANARY}@rival.example"})
    harbor.browser().start("Harbor says something, too")
    for q in (CANARY, CANARY.lower()[:5], f"{rival.tenant.id.hex}{CANARY}", "rival"):
        assert hits_of(desk, q) == [], q
    # The control: the rival's own agent finds it.
    assert len(hits_of(rival.desk(), CANARY)) == 2


def test_visitors_have_no_search(guest, chat):
    guest.start("nothing to find")
    assert guest.client.get("/api/inbox/search", {"q": "nothing"}).status_code == 401


@pytest.mark.parametrize(
    "q", ["", "   ", "¿?", "…", "%", "_", "'", '"', "*", "(", "\\", "z' OR '1'='1", "NOT x", "z:*"]
)
def test_signs_and_operators_are_nothing_but_signs(guest, desk, chat, q):
    assert hits_of(desk, q) == []


@pytest.mark.parametrize(
    "params",
    [
        {"q": "x" * 201},
        {},
        {"q": "a", "limit": 0},
        {"q": "a", "limit": 101},
        {"q": "a", "type": "event"},
        {"q": "a", "cursor": "nonsense"},
        {"q": "a", "cursor": "W251bGwsbnVsbCxudWxsXQ"},
        {"q": "a\0"},
    ],
)
def test_what_cannot_be_asked_is_refused(desk, params):
    assert desk.get("search", params).status_code == 400


def test_the_lists_are_searched_by_the_same_words(harbor, guest, desk):
    thread = guest.start("Hello")["conversation"]["id"]
    guest.post("profile", {"name": "Álvaro Núñez", "email": "alvaro@tienda.example"})
    row = harbor.conversation(thread)
    row.subject = "Devolución de zapatos"
    row.save()
    other = harbor.browser()
    other.start("Somebody else")
    for q in ("alvaro nun", "ALVARO@TIENDA", "núñ"):
        assert [one["display_name"] for one in desk.get("threads", {"q": q}).json()["items"]] == ["Álvaro Núñez"]
        assert [one["id"] for one in desk.get("conversations", {"q": q}).json()["items"]] == [thread]
    assert [one["id"] for one in desk.get("conversations", {"q": "devolucion zap"}).json()["items"]] == [thread]
    for q in ("lvaro", "?", "nobody"):
        assert desk.get("threads", {"q": q}).json()["items"] == []
        assert desk.get("conversations", {"q": q}).json()["items"] == []
    assert len(desk.get("threads", {"q": " "}).json()["items"]) == 2


def test_the_index_and_a_look_at_the_rows_find_the_same(harbor, guest, monkeypatch):
    """Common words are looked for among the newest messages, rare ones in the index: neither knows better."""
    thread = guest.start("uno dos tres")["conversation"]["id"]
    for text in ("dos tres cuatro", "tres", "trescientos dos", "Dös"):
        guest.say(thread, text)
    for asked in (["dos"], ["tres"], ["dos", "tre"], ["d"], ["nada"], ["tres", "dos"]):
        looked = wordindex._among_the_newest(harbor.tenant.id, asked, None, 10)
        assert looked == wordindex._by_the_index(harbor.tenant.id, asked, None, 10), asked
    monkeypatch.setattr(wordindex, "has_full_text", lambda: False)
    for asked in (["dos"], ["dos", "tre"], ["nada"]):
        looked = wordindex._among_the_newest(harbor.tenant.id, asked, None, 10)
        assert looked == wordindex._by_the_index(harbor.tenant.id, asked, None, 10), asked


def test_the_index_is_what_the_database_looks_into(harbor, guest, chat):
    """Explained as it is run; the control is the same question to a table without the index."""
    Contact.objects.filter(tenant=harbor.tenant).update(name="Grace", words=" grace")
    for name, index in (("message", "message_words"), ("contact", "contact_words")):
        sql, values = wordindex._rows_with(name, harbor.tenant.id, ["rare"], all_begin=False)
        assert index in explained(sql, values)
        assert index not in explained(sql.partition(" WHERE ")[0], [])
    newest = explained(
        "SELECT words FROM messenger_message WHERE tenant_id = %s AND NOT (kind = 'event') AND deleted_at IS NULL"
        " ORDER BY created_at DESC, id DESC LIMIT 5000",
        [wordindex._adapted(harbor.tenant.id)],
    )
    assert "message_newest" in newest


def explained(sql, values):
    how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        wordindex._insist_on_the_index(cursor)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_indexscan = on")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"{how} {sql}", values)
        plan = " ".join(str(row) for row in cursor.fetchall())
        # SQLite names the virtual table by its place in the question.
        return plan.replace("VIRTUAL TABLE INDEX", f"{sql.split('_words')[0].rsplit(' ', 1)[-1]}_words")


@pytest.mark.parametrize("limit", [1, 2])
def test_people_who_fill_the_first_page_hide_no_message(harbor, desk, guest, monkeypatch, limit):
    """Also when only the index knows of the message, because it is older than those that are looked at one by one."""
    monkeypatch.setattr(wordindex, "_LOOKED_AT", 3)
    thread = guest.start("The lighthouse was dark")["conversation"]["id"]
    for number in range(limit):
        guest_named = harbor.browser()
        guest_named.start("Hello")
        guest_named.post("profile", {"name": f"Lighthouse {number}"})
    for number in range(5):
        guest.say(thread, f"Something else {number}")
    first = desk.get("search", {"q": "lighthouse", "limit": limit}).json()
    assert [one["type"] for one in first["items"]] == ["contact"] * limit
    rest = desk.get("search", {"q": "lighthouse", "limit": limit, "cursor": first["next"]}).json()
    assert [one["message"]["body"] for one in rest["items"]] == ["The lighthouse was dark"]


@pytest.mark.parametrize("looked_at", [0, 1, 3, 7, 5_000])
@pytest.mark.parametrize(("path", "more"), [("contacts", {}), ("threads", {}), ("search", {"type": "contact"})])
def test_people_are_the_same_whichever_way_they_are_found(harbor, desk, monkeypatch, path, more, looked_at):
    """Those who talked and those who never did, with the word and without, some of them in one and the same moment."""
    monkeypatch.setattr(findpeople, "_LOOKED_AT", looked_at)
    now = timezone.now()
    for number in range(12):
        word = "Lighthouse" if number % 3 else "Harbour"
        at = now - timedelta(hours=number // 2)
        talked = None if number % 4 == 3 else at
        Contact.objects.create(tenant=harbor.tenant, name=f"{word} {number}", type="lead", last_message_at=talked)
        Contact.objects.filter(name=f"{word} {number}").update(created_at=at)
    fitting = Contact.objects.filter(name__startswith="Lighthouse")
    expected = {str(one.id) for one in fitting if one.last_message_at or path != "threads"}
    found, cursor = [], None
    while True:
        page = desk.get(path, {"q": "light", "limit": 2, **more, **({"cursor": cursor} if cursor else {})}).json()
        found += [one.get("contact", one)["id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert len(found) == len(set(found))
    assert set(found) == expected
    times = {str(one.id): one.last_message_at or one.created_at for one in fitting}
    if path != "contacts":
        assert [times[one] for one in found] == sorted((times[one] for one in found), reverse=True)
