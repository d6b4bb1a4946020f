"""Files in the widget: picked, pasted and dropped; sent up with patience; seen and saved on the other side."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, VisitorAtShop
from messenger.tests.qa.test_checklist import thread_of
from messenger.tests.test_files import picture

SHOP = "/demo/?lang=en"
PICTURE = {"name": "cat.png", "mimeType": "image/png", "buffer": picture(size=(40, 30))}
TEXT = {"name": "order.txt", "mimeType": "text/plain", "buffer": b"Order 4711\n"}
HAND_OVER = """(place, [how, name, type, content]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(content), (char) => char.charCodeAt(0))], name, {type}));
  const event = how === "paste"
    ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
    : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
  place.dispatchEvent(event);
}"""


def arrives(session, stack):
    visitor = VisitorAtShop.arrives(session, stack, SHOP)
    visitor.opens_the_chat()
    expect(visitor.box).to_be_focused(timeout=WITHIN_MS)  # From then on it listens for what is dropped.
    return visitor


def picks(visitor, *files):
    visitor.frame.get_by_label("Attach files").last.set_input_files(list(files))


def tray(visitor):
    return visitor.frame.locator(".tray li")


def sends(visitor):
    button = visitor.frame.get_by_role("button", name="Send", exact=True)
    expect(button).to_be_enabled(timeout=WITHIN_MS)
    button.click()
    visitor.sees_note("Sent")


def test_a_picture_and_a_text_are_sent_seen_and_saved(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        picks(visitor, PICTURE, TEXT)
        expect(tray(visitor)).to_have_count(2, timeout=WITHIN_MS)
        visitor.box.fill("Here they are")
        sends(visitor)
        expect(tray(visitor)).to_have_count(0)
        image = visitor.thread.get_by_role("img", name="cat.png")
        # Its place is there before it is fetched.
        expect(image).to_have_attribute("src", re.compile("^blob:"), timeout=WITHIN_MS)
        assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") == 40
        with visitor.page.expect_download() as download:
            visitor.thread.get_by_role("button", name="order.txt").click()
        assert download.value.suggested_filename == "order.txt"
        (said,) = [one for one in thread_of(stack, visitor.visitor_id()) if one["kind"] == "message"]
        assert [one["name"] for one in said["attachments"]] == ["cat.png", "order.txt"]
        # After a reload they are still there.
        visitor.page.reload()
        visitor.opens()
        expect(visitor.thread.get_by_role("img", name="cat.png")).to_be_visible(timeout=WITHIN_MS)


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_files_are_pasted_and_dropped(browser, stack, how):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        content = base64.b64encode(PICTURE["buffer"]).decode()
        visitor.box.evaluate(HAND_OVER, [how, "cat.png", "image/png", content])
        expect(tray(visitor)).to_have_count(1, timeout=WITHIN_MS)
        sends(visitor)
        expect(visitor.thread.get_by_role("img", name="cat.png")).to_be_visible(timeout=WITHIN_MS)


def test_a_file_that_cannot_be_sent_says_why_and_can_be_removed(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        picks(visitor, {"name": "page.html", "mimeType": "text/html", "buffer": b"<html>"})
        expect(tray(visitor)).to_contain_text("Files of this kind cannot be sent", timeout=WITHIN_MS)
        visitor.box.fill("With it I cannot be sent")
        expect(visitor.frame.get_by_role("button", name="Send", exact=True)).to_be_disabled()
        visitor.frame.get_by_role("button", name="Remove page.html").click()
        sends(visitor)


def test_a_connection_that_breaks_is_tried_again_under_the_same_key(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        keys = []

        def break_twice(route):
            keys.append(route.request.post_data_buffer.split(b"client_upload_id")[1][:48])
            route.abort() if len(keys) < 3 else route.continue_()

        visitor.page.route("**/attachments", break_twice)
        picks(visitor, TEXT)
        sends(visitor)
        expect(visitor.thread.get_by_role("button", name="order.txt")).to_be_visible(timeout=WITHIN_MS)
        assert len(keys) == 3 and len(set(keys)) == 1


def test_a_file_that_never_gets_through_can_be_tried_again_by_hand(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        visitor.page.route("**/attachments", lambda route: route.abort())
        picks(visitor, TEXT)
        expect(tray(visitor)).to_contain_text("Not uploaded", timeout=30_000)
        visitor.page.unroute("**/attachments")
        tray(visitor).get_by_role("button", name="Try again").click()
        sends(visitor)
