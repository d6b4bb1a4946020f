"""Every screen of the inbox and the main pages of the admin, and the way to each: for whatever looks at all of them.

A new screen is a line in SCREENS and a function that goes there; each starts from wherever the one before it ended.
Elements are named by id or class, because the walk is taken in every language. For use inside `browser.run` only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from playwright.sync_api import Route

from curbe.testing import inbox_assistant as helped
from curbe.testing import inbox_menus as menus
from curbe.testing.browser import BrowserSession
from curbe.testing.desk import Desk
from curbe.testing.held import Held
from curbe.testing.screens import Look
from curbe.testing.stack import Stack

SENDING = "**/api/inbox/conversations/*/messages"
REPLY = {"en": "It left our workshop **this morning**.", "es": "Ha salido de nuestro taller **esta mañana**."}
NOTE = {"en": "Ask the workshop for the invoice", "es": "Pedir la factura al taller"}


def to_the_door(desk: Desk) -> None:
    desk.goes("/inbox/login/")


def to_a_wrong_password(desk: Desk) -> None:
    desk.signs_in("not this one")
    desk.appears("[name=password]")


def to_the_list(desk: Desk) -> None:
    desk.goes("/inbox/login/")
    desk.signs_in()
    desk.appears(".row")


def view(name: str) -> Callable[[Desk], None]:
    return lambda desk: desk.goes(f"/inbox/?view={name}")


def to_a_thread(desk: Desk) -> None:
    desk.opens_first()


def to_a_muted_thread(desk: Desk) -> None:
    """Whoever walked here before may have muted it."""
    desk.opens_first()
    if desk.appears("#mute").get_attribute("value") == "1":
        desk.page.locator("#mute").click()
    desk.appears("#mute[value='0']")


def to_the_panel(desk: Desk) -> None:
    button = desk.page.locator("#panel-button")
    if button.is_visible() and button.get_attribute("aria-expanded") == "false":
        button.click()
    desk.appears("#panel")


def to_the_account(desk: Desk) -> None:
    desk.goes("/inbox/")
    desk.appears("#account > summary").click()


def to_a_note(desk: Desk) -> None:
    desk.opens_first()
    desk.page.locator("#composer button[data-kind=note]").click()
    desk.page.locator("#draft").fill(NOTE[desk.look.lang])


def to_a_reply_on_its_way(desk: Desk) -> None:
    desk.page.locator("#composer button[data-kind=message]").click()
    desk.held = Held(desk.page, SENDING)
    desk.page.locator("#draft").fill(REPLY[desk.look.lang])
    desk.page.locator("#send").click()
    desk.appears("#outbox .part")


def to_a_refused_reply(desk: Desk) -> None:
    assert desk.held
    desk.page.route(SENDING, _refuse)
    for route in desk.held.all():
        _refuse(route)
    desk.appears("#outbox .part.failed")


def to_no_network(desk: Desk) -> None:
    desk.page.unroute(SENDING)
    desk.page.context.set_offline(True)
    desk.appears("#banner[data-trouble=offline]")


def to_a_closed_thread(desk: Desk) -> None:
    desk.page.context.set_offline(False)
    desk.opens_first("closed")


def to_the_keys(desk: Desk) -> None:
    desk.goes("/inbox/")
    desk.appears(".row")
    desk.page.wait_for_load_state()
    desk.page.keyboard.press("?")
    desk.appears("#keys")


def to_a_missing_thread(desk: Desk) -> None:
    desk.goes("/inbox/c/00000000-0000-7000-8000-000000000000/")


def to_the_log(desk: Desk) -> None:
    desk.goes("/inbox/log/")
    desk.appears("#people .person")


def to_a_timeline(desk: Desk) -> None:
    desk.appears("#people .person summary").click()
    desk.appears(".timeline .part")


def to_nobody_found(desk: Desk) -> None:
    desk.goes("/inbox/log/?q=xyzzy")
    desk.appears(".empty")


def page(path: str, shown: str = "#main") -> Callable[[Desk], None]:
    """One of the pages that are one sheet, once `shown` is there."""

    def go(desk: Desk) -> None:
        desk.goes(f"/inbox/{path}")
        desk.appears(shown)

    return go


def to_a_saved_reply(desk: Desk) -> None:
    desk.page.locator(".replies a").first.click()
    desk.page.wait_for_url(re.compile("/replies/.+"))
    desk.appears("form .button.alarm")


def admin(path: str) -> Callable[[Desk], None]:
    return lambda desk: desk.goes(f"/admin/{path}")


def to_a_row(model: str, shown: str) -> Callable[[Desk], None]:
    """The page of the first row of a list of the admin."""

    def go(desk: Desk) -> None:
        desk.goes(f"/admin/messenger/{model}/")
        desk.page.locator("#result_list tbody th a").first.click()
        desk.page.wait_for_url(re.compile("/change/"))
        desk.appears(shown)

    return go


MENUS = ("assign", "snooze", "closing", "priority", "tags", "subject", "colleagues", "emoji", "send-more")
SCREENS: dict[str, Callable[[Desk], None]] = {
    "sign-in": to_the_door,
    "sign-in-refused": to_a_wrong_password,
    "list": to_the_list,
    "list-mine": view("mine"),
    "list-unassigned": view("unassigned"),
    "list-snoozed": view("snoozed"),
    "list-closed": view("closed"),
    "list-mentions": view("mentions"),
    "list-filters": menus.to_the_filters,
    "list-keep": menus.to_a_menu("keep-view"),
    "list-none": menus.to_no_rows,
    "list-picked": menus.to_a_selection,
    "list-picked-tag": menus.to_a_menu("bulk-tag"),
    "more-lists": menus.to_more_lists,
    "commands": menus.to_the_commands,
    "commands-found": menus.to_found_commands,
    "commands-none": menus.to_no_command,
    "account": to_the_account,
    "thread": to_a_thread,
    **{f"thread-{name}": menus.to_a_menu(name) for name in MENUS},
    "thread-muted": to_a_muted_thread,
    "part-menu": menus.to_a_part_menu,
    "saved-replies": menus.to_saved_replies,
    "preview": menus.to_a_preview,
    "mention": menus.to_colleagues_to_mention,
    "panel": to_the_panel,
    "note": to_a_note,
    "reply-sending": to_a_reply_on_its_way,
    "reply-refused": to_a_refused_reply,
    "offline": to_no_network,
    "thread-closed": to_a_closed_thread,
    "answer": helped.to_an_answer,
    "answer-coming": helped.to_an_answer_that_comes_in,
    "suggestion": helped.to_a_suggestion,
    "suggestion-offered": helped.to_an_offered_suggestion,
    "suggestion-none": helped.to_no_suggestion,
    "article": helped.to_a_source,
    "keys": to_the_keys,
    "thread-missing": to_a_missing_thread,
    "log": to_the_log,
    "timeline": to_a_timeline,
    "log-nobody": to_nobody_found,
    "search": page("search/", ".empty"),
    "search-found": page("search/?q=order", "#found-messages mark"),
    "search-nothing": page("search/?q=xyzzy", ".empty"),
    "settings": page("settings/", "#preferences"),
    "replies": page("settings/replies/", ".replies li"),
    "reply": to_a_saved_reply,
    "install": page("settings/install/", ".snippet"),
    "delivery": page("settings/delivery/", "#socket.good"),
    "reports": page("reports/", ".chart"),
    "report-csat": page("reports/csat/?days=90", "#by-agent"),
    "report-none": page("reports/volume/?first=2001-01-01&last=2001-01-07", ".empty"),
    "admin": admin(""),
    "admin-contacts": admin("messenger/contact/"),
    "admin-contact": to_a_row("contact", ".thread"),
    "admin-conversations": admin("messenger/conversation/"),
    "admin-messages": admin("messenger/message/"),
    "admin-tenant": to_a_row("tenant", "#id_name"),
    "admin-widget": to_a_row("widget", ".snippet"),
    "admin-secret": to_a_row("identitysecret", ".code"),
    "admin-agents": admin("messenger/agent/"),
    "admin-agent-new": admin("messenger/agent/add/"),
    "admin-tokens": admin("messenger/apitoken/"),
    "admin-article": to_a_row("article", "#id_title"),
    "admin-proofs": admin("messenger/verificationfailure/"),
    "admin-password": admin("password_change/"),
}
# These are no pages of their own, or lead to one that is a screen: the others of `inbox/urls.py` are walked to.
NO_SCREENS = {
    *("logout", "tenant", "rows", "live", "older", "newer", "log_rows", "log_live", "find", "hits", "first_view"),
    *("assign", "close", "reopen", "snooze", "tag", "untag", "priority", "subject", "invite", "mute", "bulk", "mail"),
    *("keep_view", "forget_view", "traits", "block", "write", "export", "erase"),
    *("availability", "forget_reply", "delivery_echo"),
}


def walk_the_inbox(session: BrowserSession, stack: Stack, look: Look) -> Iterator[tuple[str, Desk]]:
    """Go to every screen in turn; the desk is at the one that is named."""
    desk = Desk.begins(session, stack, look)
    for name, go in SCREENS.items():
        go(desk)
        desk.page.wait_for_load_state()
        yield name, desk


def _refuse(route: Route) -> None:
    body = '{"type": "client_error", "errors": [{"code": "not_available", "detail": "", "attr": null}]}'
    route.fulfill(status=403, content_type="application/json", body=body)
