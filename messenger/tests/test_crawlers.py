"""Who is a crawler by what they call themselves, and who must never be taken for one."""

from __future__ import annotations

import time

import pytest

from messenger.crawlers import is_crawler

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
PHONE = (
    "Mozilla/5.0 (Linux; Android 11; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
)
PREVIEW = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {}) Chrome/138.0.0.0 Safari/537.36"

CRAWLERS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Googlebot-Image/1.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    PREVIEW.format("bingbot/2.0; +http://www.bing.com/bingbot.htm"),
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; YandexImages/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slackbot 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    PREVIEW.format("ChatGPT-User/1.0; +https://openai.com/bot"),
    PREVIEW.format("ClaudeBot/1.0; +claudebot@anthropic.com"),
    PREVIEW.format("PerplexityBot/1.0; +https://perplexity.ai/perplexitybot"),
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Bytespider; x@y.example)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15 (Applebot/0.1)",
    PREVIEW.format("PetalBot;+https://webmaster.petalsearch.com/site/petalbot"),
    "ia_archiver (+http://www.alexa.com/site/help/webmasters; crawler@alexa.com)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "Mediapartners-Google",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
    "FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)",
    "Screaming Frog SEO Spider/20.0",
    PHONE.format("Nexus 5X") + " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    PHONE.format("SM-G991B") + "; 360Spider",
    PHONE.format("SM-G991B") + " moatbot",
    "Mozilla/5.0 (Linux; Android 5.0) (compatible; HelpChatbot/1.0)",
    "HelpChatbot/1.0 (+https://chatbot.example/about)",
]
PEOPLE_AND_PROGRAMS = [
    CHROME,
    CHROME.replace("Chrome/", "HeadlessChrome/"),
    f"{CHROME} Edg/138.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile",
    PHONE.format("CUBOT NOTE 20"),
    PHONE.format("CUBOT_X19"),
    PHONE.format("CUBOT"),
    PHONE.format("CUBOT-P40 Build/RP1A"),
    PHONE.format("SM-G991B") + " [FB_IAB/FB4A;FBAV/450.0.0.0;]",
    PHONE.format("SM-G991B") + " [Pinterest/Android]",
    PHONE.format("SM-G991B") + " Instagram 300.0.0.0 Android",
    "Mozilla/5.0 (compatible; Yandex YaBrowser/24.1) " + CHROME,
    "MyShopChatbot/2.3 (iPhone; iOS 17.5) Mobile Safari",
    "Shop-Chat-Bot/1.0 (iPad; iPadOS 18.1) Mobile Safari",
    PHONE.format("SM-G991B") + " MyShopChatbot/2.3",
    "python-httpx/0.28.1",
    "python-requests/2.32.3",
    "curl/8.14.1",
    "Go-http-client/2.0",
    "Robotics Shop App/1.0",
    "",
]


@pytest.mark.parametrize("user_agent", CRAWLERS)
def test_a_crawler_is_known_by_its_name(user_agent):
    assert is_crawler(user_agent)
    assert is_crawler(user_agent.lower())


@pytest.mark.parametrize("user_agent", PEOPLE_AND_PROGRAMS)
def test_people_and_programs_of_integrators_are_no_crawlers(user_agent):
    assert not is_crawler(user_agent)


def test_a_name_made_to_be_slow_is_not_slow():
    started = time.process_time()
    assert not is_crawler("a-" * 100_000)
    assert time.process_time() - started < 2
