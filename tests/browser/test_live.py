"""The live screen in a real browser: who gets in, the alert's cycle by keyboard and by mouse, and a service that dies."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.browser.stage import Watched, browser, staged
from tests.e2e.processes import Command, environment, run
from tests.e2e.stage import zone
from tests.e2e.witness import say

pytestmark = pytest.mark.slow

CARD = "article.alert[data-alert]"

AGREE = """(id) => { window.agreed = new Promise((done) => {
  const look = () => { const card = document.querySelector(`[data-alert="${id}"]`);
    if (!card || card.dataset.state === "acknowledged") { seen.disconnect(); done(Date.now()); } };
  const seen = new MutationObserver(look);
  seen.observe(document.body, { subtree: true, childList: true, attributes: true }); look(); }); }"""
"""When a page shows an alert as acknowledged, ms since 1970: all pages are on one machine, and so is the clock."""


def add_user(site, broker, name: str, password: str) -> None:
    """Add a user as an administrator does."""
    command = [sys.executable, "-m", "fusion", "user", "add", str(site), name, "--role", "operator"]
    subprocess.run(
        command, input=f"{password}\n", env=environment(broker), check=True, capture_output=True, text=True, timeout=60
    )


def test_a_wrong_password_is_said_and_the_right_one_opens_the_picture(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            add_user(tmp_path / "site.toml", fresh_mosquitto, "m.durand", "rain over the Marne")
            watched = Watched(await opened.new_page(locale="en-GB"), stage.url)
            page = watched.page
            await page.goto(stage.url)
            await page.fill("input[name=username]", "m.durand")
            await page.fill("input[name=password]", "sun over the Marne")
            await page.press("input[name=password]", "Enter")
            await page.wait_for_selector(".fault:not(:empty)")
            assert await page.query_selector("canvas") is None
            wrong = [fault for fault in watched.faults if "401" not in fault]
            watched.faults.clear()
            await page.fill("input[name=password]", "rain over the Marne")
            await page.click("button[type=submit]")
            await page.wait_for_selector("canvas")
            card = await page.wait_for_selector(CARD)
            text = await card.inner_text()
            return wrong, watched.faults, text

    wrong, faults, text = run(body())
    assert (wrong, faults) == ([], [])
    assert "TOWER" in text


def test_the_alert_cycle_by_keyboard_and_two_consoles_agree(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            first, second = [Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url) for _ in range(2)]
            await first.page.goto(stage.link("one"))
            await second.page.goto(stage.link("two", "operator"))
            for one in (first, second):
                await one.page.wait_for_selector(f"{CARD}[data-state=raised], {CARD}[data-state=updated]")
            keys = first.page.keyboard
            await keys.press("j")
            name = await first.page.evaluate("document.activeElement.dataset.alert")
            for one in (first, second):
                await one.page.evaluate(AGREE, name)
            await keys.press("a")
            times = [await one.page.evaluate("() => window.agreed") for one in (first, second)]
            await stage.seen.until(
                lambda w: any(one.get("acknowledged_by") == "one" for one in w.alerts()), "an acknowledged alert"
            )
            await keys.press("n")
            await first.page.fill("dialog textarea", "a kite flyer, seen from the bridge")
            await first.page.press("dialog textarea", "Tab")
            await first.page.keyboard.press("Tab")
            await first.page.keyboard.press("Enter")
            await stage.seen.until(
                lambda w: any("kite flyer" in note for one in w.alerts() for note in one.get("notes", ())), "a note"
            )
            return times, first.faults + second.faults

    times, faults = run(body())
    assert faults == []
    assert abs(times[0] - times[1]) <= 300


def test_after_an_answer_by_key_the_list_shows_those_that_still_ask(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            for i in range(5):
                await say(fresh_mosquitto, f"zone/RING{i}", zone(f"RING{i}", 300.0 + i), retain=True)
            watched = Watched(await opened.new_page(locale="en-GB", viewport={"width": 1366, "height": 560}), stage.url)
            page = watched.page
            await page.goto(stage.link())
            await page.wait_for_function("() => document.querySelectorAll('article.alert.asks').length > 3")
            await page.keyboard.press("j")
            name = await page.evaluate("document.activeElement.dataset.alert")
            await page.keyboard.press("a")
            await page.wait_for_selector(f"#alert-{name}.taken")
            await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            return await page.evaluate("() => document.querySelector('.alerts ol').scrollTop"), watched.faults

    assert run(body()) == (0, [])


def test_an_alert_is_taken_shelved_and_brought_back_by_mouse(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale="fr-FR"), stage.url)
            page = watched.page
            await page.goto(stage.link())
            card = await page.wait_for_selector(f"{CARD}:has(button.press)")
            name = await card.get_attribute("data-alert")
            await page.click(f"#alert-{name} button.press")
            await page.wait_for_selector(f"#alert-{name}[data-state=acknowledged]")
            await page.click(f"#alert-{name} button:last-of-type")
            await page.fill("dialog textarea", "exercice annoncé")
            await page.click("dialog button.press")
            await page.wait_for_selector(f"#alert-{name}[data-state=shelved]")
            shelved = [one for one in stage.seen.alerts() if one["alert"] == name][-1]
            await page.click(f"#alert-{name} button:text-is('Reprendre')")
            await page.wait_for_selector(f"#alert-{name}.asks")
            return shelved, watched.faults

    shelved, faults = run(body())
    assert faults == []
    assert shelved["state"] == "shelved"


STRAYED = """() => [...document.querySelectorAll('.top nav a.live, .top .fresh')].map(one => one.getBoundingClientRect())
  .filter(({ top, bottom }) => top < 0 || bottom > document.querySelector('.top').getBoundingClientRect().bottom).length"""


def test_a_picture_whose_service_was_killed_says_so_and_resumes_without_a_lost_or_doubled_alert(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            page = await opened.new_page(locale="en-GB")
            await page.goto(stage.link())
            await page.wait_for_selector(CARD)
            await stage.service.kill()
            await page.wait_for_selector(".stale[role=alert]")
            assert await page.evaluate(STRAYED) == 0, "a stale picture tears the top bar apart"
            before = set(await page.eval_on_selector_all(CARD, "cards => cards.map(card => card.dataset.alert)"))
            async with Command("run", tmp_path / "site.toml", broker=fresh_mosquitto):
                await page.wait_for_selector(".stale[role=alert]", state="detached")
                after = await page.eval_on_selector_all(CARD, "cards => cards.map(card => card.dataset.alert)")
            return before, after

    before, after = run(body())
    assert before <= set(after)
    assert len(after) == len(set(after))


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "The broker cannot be reached"), ("fr-FR", "Le broker est injoignable")])
def test_a_broker_that_is_gone_is_named_until_it_is_back(fresh_mosquitto, tmp_path, locale, words):
    """The console beside the service needs no broker, so its picture goes on being told: without a word why nobody is heard."""

    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            page = await opened.new_page(locale=locale)
            await page.goto(stage.link())
            await page.wait_for_selector(CARD)
            assert await page.locator(".degraded").count() == 0
            fresh_mosquitto.kill()
            line = page.locator(".degraded", has_text=words)
            await line.wait_for()
            fresh_mosquitto.start()
            await line.wait_for(state="detached")

    run(body())
