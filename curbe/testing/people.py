"""A visitor and an agent at their screens: what they see and do, said once for all browser tests.

For use inside `browser.run` only. Everything waits for what it names; nothing sleeps.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import FrameLocator, Locator, Page, expect

from curbe.testing.browser import BrowserSession
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for

WITHIN_MS = 10_000


def type_until(box: Locator, shown: Locator) -> None:
    """Until somebody else sees that one types: it is told once in a while, and only to who is connected then."""

    def is_shown() -> bool:
        box.press_sequentially("a")
        return shown.is_visible()

    wait_for(is_shown, "the typing to be seen")


class VisitorAtShop:
    """Somebody on a page that embeds the widget."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def arrives(
        cls, browser: BrowserSession, stack: Stack, path: str = "/demo/", process: int = 0, **options: Any
    ) -> Any:
        return cls(browser.page(f"{stack.base_urls[process]}{path}", **options))

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def panel(self) -> Locator:
        return self.frame.get_by_role("dialog")

    @property
    def box(self) -> Locator:
        return self.frame.locator(".composer textarea")

    @property
    def thread(self) -> Locator:
        return self.frame.get_by_role("log")

    def opens(self) -> None:
        """Open the panel with the launcher; whatever it opens at."""
        self.page.evaluate("Curbe('show')")
        expect(self.panel).to_be_visible(timeout=WITHIN_MS)

    def opens_the_chat(self) -> None:
        """Open the panel at a conversation, the open one or a new one."""
        self.opens()
        write = self.frame.locator(".card.write, .composer textarea").first
        expect(write).to_be_visible(timeout=WITHIN_MS)
        if not self.box.is_visible():
            write.click()
        expect(self.box).to_be_visible(timeout=WITHIN_MS)

    def says(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")
        expect(self.bubble(text)).to_be_visible(timeout=WITHIN_MS)

    def types_until(self, shown: Locator) -> None:
        """Key by key, as people do, without sending."""
        type_until(self.box, shown)

    def has_sent(self) -> None:
        """Nothing that they said is on its way any more. (The "Sent" of an earlier message stands there before.)"""
        expect(self.thread.locator(".line.waiting")).to_have_count(0, timeout=WITHIN_MS)

    def bubble(self, text: str) -> Locator:
        return self.thread.get_by_text(text, exact=True)

    def sees(self, text: str) -> None:
        expect(self.bubble(text)).to_be_visible(timeout=WITHIN_MS)

    def sees_once(self, *texts: str) -> None:
        for text in texts:
            expect(self.bubble(text)).to_have_count(1, timeout=WITHIN_MS)

    def sees_note(self, text: str) -> None:
        """A state such as "Seen" or "Sent" under their messages."""
        expect(self.thread.get_by_text(text, exact=True).last).to_be_visible(timeout=WITHIN_MS)

    def does_not_see(self, text: str) -> None:
        expect(self.thread.get_by_text(text, exact=True)).to_have_count(0)

    def visitor_id(self) -> str | None:
        """The contact's id, as the page can ask for it."""
        return self.page.evaluate("Curbe('getVisitorId')")  # type: ignore[no-any-return]

    def device_ids(self) -> list[str]:
        """What the page's storage holds of device ids, by key."""
        script = "Object.keys(localStorage).filter((k) => k.startsWith('curbe_device_id:')).sort()"
        return self.page.evaluate(script)  # type: ignore[no-any-return]


class AgentAtInbox:
    """An agent who has signed in."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url

    @classmethod
    def signs_in(
        cls, browser: BrowserSession, stack: Stack, tenant: int = 0, agent: int = 0, process: int = 0, **options: Any
    ) -> Any:
        base_url = stack.base_urls[process]
        login = stack.demo["tenants"][tenant]["agents"][agent]
        page = browser.page(f"{base_url}/inbox/", **options)
        page.locator("[name=username]").fill(login["email"])
        page.locator("[name=password]").fill(login["password"])
        page.locator("[name=password]").press("Enter")
        expect(page.locator("#rows, [id^=row-]").first).to_be_visible(timeout=WITHIN_MS)
        page.wait_for_load_state()  # What is cut off before its scripts are there stays without them.
        return cls(page, base_url)

    def row_saying(self, text: str) -> Locator:
        return self.page.locator(".row", has_text=text)

    def sees_in_list(self, text: str) -> None:
        expect(self.row_saying(text)).to_have_count(1, timeout=WITHIN_MS)

    def opens(self, text: str) -> None:
        """Open the conversation whose preview says so."""
        self.sees_in_list(text)
        self.row_saying(text).locator("a").click()
        expect(self.page.locator("#parts")).to_contain_text(text, timeout=WITHIN_MS)

    @property
    def box(self) -> Locator:
        return self.page.locator("#draft")

    def types(self, text: str) -> None:
        """Key by key, as people do, without sending."""
        self.box.press_sequentially(text, delay=20)

    def types_until(self, shown: Locator) -> None:
        """The same, until it is seen."""
        type_until(self.box, shown)

    def sends(self) -> None:
        self.box.press("Enter")

    def replies(self, text: str) -> None:
        self.box.fill(text)
        self.sends()
        self.sees(text)

    def notes(self, text: str) -> None:
        self.page.locator("#composer button[data-kind=note]").click()
        self.replies(text)
        self.page.locator("#composer button[data-kind=message]").click()

    def sees(self, text: str) -> None:
        expect(self.page.locator("#parts").get_by_text(text, exact=True)).to_have_count(1, timeout=WITHIN_MS)

    def conversation_id(self) -> str:
        return self.page.locator("#thread").get_attribute("data-conversation") or ""

    def closes(self) -> None:
        self.page.locator("#turn", has_text="Close").click()
        expect(self.page.locator("#turn", has_text="Reopen")).to_be_visible(timeout=WITHIN_MS)


class CustomerAtShop(VisitorAtShop):
    """Somebody at the shop whose customers have accounts; on its account page whenever they sign in or out."""

    def goes_to_account(self) -> None:
        here = urlsplit(self.page.url)
        self.page.goto(f"{here.scheme}://{here.netloc}/demo/account/?lang=en")

    def signs_in_as(self, name: str) -> None:
        self._submits(f"Sign in as {name}", f"Hello, {name.partition(' ')[0]}")

    def switches_to(self, name: str) -> None:
        self._submits(f"Switch to {name}", f"Hello, {name.partition(' ')[0]}")

    def signs_out(self) -> None:
        self._submits("Sign out", "Your account")

    def _submits(self, button: str, heading: str) -> None:
        self.page.get_by_role("button", name=button).click()
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible(timeout=WITHIN_MS)

    def opens_another_tab(self, path: str) -> CustomerAtShop:
        """In the same browser."""
        here = urlsplit(self.page.url)
        tab = CustomerAtShop(self.page.context.new_page())
        tab.page.goto(f"{here.scheme}://{here.netloc}{path}")
        return tab

    def chats(self, text: str) -> None:
        """Open the panel at the open conversation or a new one, say this, and see it sent."""
        self.opens_the_chat()
        self.says(text)
        self.has_sent()

    def whoami(self) -> Any:
        """Who the page is told it is."""
        return self.page.evaluate("Curbe('whoami')")
