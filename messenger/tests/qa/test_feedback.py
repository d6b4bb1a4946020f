"""Q11 of the checklist: feedback is asked for inside the thread, once per cycle, and opens nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop

SHOP = "/demo/?lang=en"
ASKS = "How did we do?"
THANKS = "Thank you for your feedback"


def helped(session, stack, text):
    """A visitor whose conversation an agent has answered and closed."""
    visitor = VisitorAtShop.arrives(session, stack, SHOP)
    visitor.opens_the_chat()
    visitor.says(text)
    agent = AgentAtInbox.signs_in(session, stack)
    agent.opens(text)
    agent.replies("All done")
    visitor.sees("All done")
    expect(visitor.frame.get_by_text(ASKS)).to_have_count(0)
    agent.closes()
    expect(visitor.frame.get_by_text(ASKS)).to_be_visible(timeout=WITHIN_MS)
    return visitor, agent


def face(visitor, name):
    return visitor.thread.get_by_role("button", name=name, exact=True)


def test_q11_a_visitor_gives_feedback_once_per_cycle_and_stays_in_the_thread(browser, stack):
    @browser.run
    def story(session):
        visitor, agent = helped(session, stack, "Q11 where is my parcel")
        conversation = agent.conversation_id()
        face(visitor, "Okay").click()
        visitor.sees(THANKS)
        face(visitor, "Great").click()
        expect(face(visitor, "Great")).to_have_attribute("aria-pressed", "true", timeout=WITHIN_MS)
        expect(agent.page.locator("#parts")).to_contain_text("The visitor gave 5 of 5", timeout=WITHIN_MS)
        visitor.thread.get_by_role("textbox").fill("Quick and kind")
        visitor.thread.get_by_role("button", name="Send feedback").click()
        expect(visitor.frame.get_by_text(ASKS)).to_have_count(0, timeout=WITHIN_MS)
        visitor.sees_once(THANKS)
        expect(agent.page.locator("#parts")).to_contain_text("Quick and kind", timeout=WITHIN_MS)
        visitor.page.reload()
        visitor.opens()
        visitor.frame.get_by_text("All done").first.click()
        visitor.sees("All done")
        expect(visitor.frame.get_by_text(ASKS)).to_have_count(0)
        # The next cycle is rated for itself, in the same conversation.
        visitor.says("Q11 it came broken")
        agent.sees("Q11 it came broken")
        agent.replies("A new one is on its way")
        visitor.sees("A new one is on its way")
        agent.closes()
        expect(visitor.frame.get_by_text(ASKS)).to_be_visible(timeout=WITHIN_MS)
        expect(visitor.thread.locator("[aria-pressed=true]")).to_have_count(0)
        assert agent.conversation_id() == conversation
        visitor.frame.get_by_role("button", name="Back").click()
        expect(visitor.frame.get_by_text("A new one is on its way")).to_have_count(1)


def test_q11_feedback_that_was_not_saved_says_so_and_can_be_given_again(browser, stack):
    @browser.run
    def story(session):
        visitor, _ = helped(session, stack, "Q11 on a train")
        visitor.page.route("**/rating", lambda route: route.abort())
        face(visitor, "Good").click()
        expect(visitor.thread.get_by_text("This was not saved. Please try again.")).to_be_visible(timeout=WITHIN_MS)
        expect(visitor.thread.locator("[aria-pressed=true]")).to_have_count(0)
        visitor.page.unroute("**/rating")
        face(visitor, "Good").click()
        visitor.sees_once(THANKS)
        expect(face(visitor, "Good")).to_have_attribute("aria-pressed", "true")
        expect(visitor.thread.get_by_text("This was not saved. Please try again.")).to_have_count(0)
