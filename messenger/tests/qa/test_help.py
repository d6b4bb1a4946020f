"""Help in the widget: looked through, searched and read by whoever does not want to wait for an answer."""

from __future__ import annotations

from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, VisitorAtShop


def arrives(session, stack, lang="en", **options):
    visitor = VisitorAtShop.arrives(session, stack, f"/demo/?lang={lang}", **options)
    visitor.opens()
    return visitor


def heading(visitor, name):
    return visitor.frame.get_by_role("heading", name=name, level=1)


def articles_listed(visitor):
    return visitor.frame.locator(".list .row")


def test_a_visitor_finds_an_article_by_its_words_reads_it_and_comes_back_to_what_was_found(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        visitor.frame.get_by_role("button", name="Search for help").click()
        expect(heading(visitor, "Help")).to_be_focused(timeout=WITHIN_MS)
        expect(articles_listed(visitor)).to_have_count(24, timeout=WITHIN_MS)
        visitor.frame.get_by_role("searchbox").fill("SHIPPING costs")
        expect(articles_listed(visitor).first).to_contain_text("Shipping times and costs", timeout=WITHIN_MS)
        expect(visitor.frame.get_by_role("status")).to_contain_text("Articles found:")
        articles_listed(visitor).first.click()
        expect(heading(visitor, "Shipping times and costs by country")).to_be_focused(timeout=WITHIN_MS)
        expect(visitor.frame.get_by_role("heading", name="Balearic", level=2)).to_have_count(0)
        expect(visitor.frame.get_by_role("heading", name="Mexico", level=2)).to_be_visible()
        visitor.frame.get_by_role("button", name="Back").click()
        expect(visitor.frame.get_by_role("searchbox")).to_have_value("SHIPPING costs")
        visitor.frame.get_by_role("searchbox").fill("zeppelin")
        expect(visitor.frame.get_by_text("Nothing found")).to_be_visible(timeout=WITHIN_MS)
        visitor.frame.get_by_role("button", name="Send us a message").click()
        expect(visitor.box).to_be_visible(timeout=WITHIN_MS)
        # Reading leaves nobody in the database.
        assert visitor.visitor_id() is None


def test_articles_are_in_the_visitors_language(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack, "es")
        visitor.frame.get_by_role("navigation").get_by_role("button", name="Ayuda").click()
        visitor.frame.get_by_role("searchbox", name="Buscar en la ayuda").fill("gastos de envio")
        expect(articles_listed(visitor).first).to_contain_text("Plazos y gastos de envío", timeout=WITHIN_MS)
        articles_listed(visitor).first.click()
        expect(visitor.frame.locator("article[lang=es]")).to_be_visible(timeout=WITHIN_MS)


def test_a_page_opens_an_article_and_says_so_when_there_is_none(browser, stack):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
        visitor.page.evaluate("Curbe('showArticle', 'shipping-times-and-costs')")
        expect(heading(visitor, "Shipping times and costs by country")).to_be_visible(timeout=WITHIN_MS)
        visitor.page.evaluate("Curbe('showArticle', 'no such article')")
        expect(visitor.frame.get_by_text("This article is not here any more.")).to_be_visible(timeout=WITHIN_MS)
        visitor.page.evaluate("Curbe('showSpace', 'help')")
        expect(articles_listed(visitor)).to_have_count(24, timeout=WITHIN_MS)


def test_help_that_does_not_come_can_be_asked_for_again(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        visitor.page.route("**/articles?*", lambda route: route.abort())
        visitor.frame.get_by_role("navigation").get_by_role("button", name="Help").click()
        expect(visitor.frame.get_by_text("Help could not be loaded.")).to_be_visible(timeout=WITHIN_MS)
        visitor.page.unroute("**/articles?*")
        visitor.frame.get_by_role("button", name="Try again").click()
        expect(articles_listed(visitor)).to_have_count(24, timeout=WITHIN_MS)
