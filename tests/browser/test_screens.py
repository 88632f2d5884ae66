"""The console's other screens in a real browser: what each is for, and that everybody can read them."""

from __future__ import annotations

import re
import subprocess

import pytest
from pyproj import Geod

from tests.browser.stage import Watched, browser, enter, judged, staged
from tests.e2e.processes import run
from tests.zones.permit_scenes import CLAIMS, POLICE, pem, token

pytestmark = pytest.mark.slow

CARD = "article.alert[data-alert]"

SCREENS = ("history", "sensors", "zones", "permits", "replay", "scenario", "handover", "users", "access", "password", "help")
BESIDE = ("kiosk", "m")

ISSUER = """
[[permits.issuer]]
name = "police"
key = "police.pem"
"""


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_axe_finds_nothing_on_any_screen_in_both_themes(fresh_mosquitto, tmp_path, locale):
    async def body():
        found, faults = {}, []
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            for scheme in ("light", "dark"):
                context = await opened.new_context(locale=locale, viewport={"width": 1366, "height": 768})
                await context.add_init_script(f"localStorage.setItem('vigie.theme', '{scheme}')")
                watched = Watched(await context.new_page(), stage.url)
                page = watched.page
                await page.goto(stage.url)
                await page.wait_for_selector("form")
                found[scheme, "login"] = await judged(page)
                watched.faults.clear()  # that nobody was logged in
                await enter(page, stage.link(f"one-{scheme}", "administrator"))
                await page.wait_for_selector(CARD)
                found[scheme, "live"] = await judged(page)
                name = await page.get_attribute(CARD, "data-alert")
                for screen in SCREENS:
                    await page.goto(f"{stage.url}/#/{screen}")
                    await page.wait_for_selector("main h1")
                    await page.wait_for_load_state("networkidle")
                    found[scheme, screen] = await judged(page)
                for path in (*BESIDE, f"incident/{name}"):
                    await page.goto(f"{stage.url}/{path}")
                    await page.wait_for_selector("main h1")
                    await page.wait_for_load_state("networkidle")
                    found[scheme, path] = await judged(page)
                faults += watched.faults
                await context.close()
        return found, faults

    found, faults = run(body())
    assert {where: wrong for where, wrong in found.items() if wrong} == {}
    assert faults == []


def test_the_menu_has_what_a_role_may_see_and_nothing_else_opens(fresh_mosquitto, tmp_path):
    async def body():
        menus, refused = {}, {}
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            for role in ("viewer", "operator", "supervisor", "administrator"):
                watched = Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url)
                await enter(watched.page, stage.link(role, role))
                menus[role] = await watched.page.eval_on_selector_all("nav a", "links => links.map(one => one.hash.slice(2))")
                await watched.page.goto(f"{stage.url}/#/users")
                await watched.page.wait_for_selector("main.page")
                refused[role] = await watched.page.inner_text("main.page")
                assert watched.faults == []
        return menus, refused

    menus, refused = run(body())
    common = ["", "history", "sensors", "zones", "permits"]
    assert menus == {
        "viewer": [*common, "handover"],
        "operator": [*common, "replay", "handover"],
        "supervisor": [*common, "replay", "scenario", "handover", "access"],
        "administrator": [*common, "replay", "scenario", "handover", "users", "access"],
    }
    assert [role for role, text in refused.items() if "Your role does not open this page" not in text] == ["administrator"]


WIDTHS = (1010, 1100, 1280, 1366, 1440, 1510, 1600, 1700, 1800, 1920, 2560)

CUT = """() => [...document.querySelectorAll('.top, .top nav, .top nav a')].filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.className || one.localName} ${one.textContent.slice(0, 20)}: ${one.scrollWidth} of ${one.clientWidth}`)"""


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_the_whole_menu_is_seen_on_a_screen_of_any_width(fresh_mosquitto, tmp_path, locale):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            page = await opened.new_page(locale=locale)
            await enter(page, stage.link("a.petit", "administrator"))
            await page.wait_for_selector(CARD)
            found = {}
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 900})
                found[width] = await page.evaluate(CUT)
        return {width: cut for width, cut in found.items() if cut}

    assert run(body()) == {}


UNSEEN = """() => [...document.querySelectorAll('main.live :is(button, th, td, .legend, .chart)')].filter(one => {
  const { left, right, width, height } = one.getBoundingClientRect();
  return left < 0 || right > innerWidth + 1 || (one.matches('.chart') && Math.min(width, height) < 60);
}).map(one => `${one.className || one.localName} ${one.textContent.slice(0, 20)}`)"""


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_the_live_screen_is_whole_where_it_is_no_wider_than_320_pixels(fresh_mosquitto, tmp_path, locale):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            page = await opened.new_page(locale=locale, viewport={"width": 320, "height": 700})  # WCAG 1.4.10: 1280 at 400 %
            await enter(page, stage.link())
            await page.click(f"{CARD} h3")
            await page.wait_for_selector(".inspector h2")
            return await page.evaluate(UNSEEN)

    assert run(body()) == []


def test_an_incident_is_printed_as_a_document_that_holds_what_happened(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale="en-GB", color_scheme="dark"), stage.url)
            page = watched.page
            await enter(page, stage.link("m.durand"))
            await page.wait_for_selector(f"{CARD}[data-state=raised], {CARD}[data-state=updated]")
            await page.keyboard.press("j")
            name = await page.evaluate("document.activeElement.dataset.alert")
            await page.keyboard.press("a")
            await page.wait_for_selector(f"#alert-{name}[data-state=acknowledged]")
            await page.goto(f"{stage.url}/#/history")
            await page.click(f"a[href='/incident/{name}']")
            await page.wait_for_selector("main.paper[data-ready=true] svg.plan")
            await page.pdf(path=tmp_path / "incident.pdf")
            return name, watched.faults

    name, faults = run(body())
    assert faults == []
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "incident.pdf", "-"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for said in (name, "zone TOWER", "ordered: acknowledge", "m.durand", "from the journal of paris", "Where", "Why"):
        assert said in text, text
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", text)
    assert "Print" not in text.replace("Printed", "")
    assert text.count("\f") <= 2


def test_a_note_for_the_next_shift_begins_with_how_things_stand_and_is_seen_by_the_other_console(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            first, second = [Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url) for _ in range(2)]
            await enter(first.page, stage.link("one", "operator"))
            await enter(second.page, stage.link("two", "operator"))
            await first.page.wait_for_selector(CARD)
            await second.page.goto(f"{stage.url}/#/handover")
            await first.page.goto(f"{stage.url}/#/handover")
            await first.page.get_by_role("button", name="Begin with the present state").click()
            drafted = await first.page.input_value("textarea")
            await first.page.fill("textarea", f"{drafted}The kite flyer comes back at noon.")
            await first.page.goto(f"{stage.url}/#/")  # an alarm calls: what is written must wait
            await first.page.wait_for_selector(CARD)
            await first.page.goto(f"{stage.url}/#/handover")
            assert await first.page.input_value("textarea") == f"{drafted}The kite flyer comes back at noon."
            await first.page.reload()
            await first.page.wait_for_selector("textarea")
            assert await first.page.input_value("textarea") == f"{drafted}The kite flyer comes back at noon."
            await first.page.get_by_role("button", name="Leave the note").click()
            note = await second.page.wait_for_selector("article.note")
            return drafted, await note.inner_text(), first.faults + second.faults

    drafted, note, faults = run(body())
    assert faults == []
    assert "Open alerts: " in drafted
    assert "zone TOWER" in drafted
    assert "one " in note
    assert "The kite flyer comes back at noon." in note


def test_an_administrator_adds_a_user_and_a_token_opens_the_wall_where_nothing_can_be_ordered(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            chief = Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url)
            page = chief.page
            await enter(page, stage.link("chief", "administrator"))
            await page.goto(f"{stage.url}/#/users")
            await page.get_by_role("button", name="Add a user").click()
            await page.fill("dialog [name=name]", "a.petit")
            await page.select_option("dialog [name=role]", "viewer")
            await page.select_option("dialog [name=pilot]", "given")
            await page.fill("dialog [name=password]", "fog over the Oise")
            await page.click("dialog button.press")
            row = await page.wait_for_selector("tr:has-text('a.petit')")
            told = await row.inner_text()
            await page.get_by_role("button", name="Make a token").click()
            await page.fill("dialog [name=name]", "the wall")
            await page.click("dialog button.press")
            address = await page.locator("dialog code").nth(1).inner_text()
            await page.locator("dialog").get_by_role("button", name="Close").click()

            fresh = Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url)
            await fresh.page.goto(stage.url)
            await fresh.page.wait_for_selector("form")
            fresh.faults.clear()  # that nobody was logged in
            await fresh.page.fill("input[name=username]", "a.petit")
            await fresh.page.fill("input[name=password]", "fog over the Oise")
            await fresh.page.click("button[type=submit]")
            asked = await fresh.page.wait_for_selector("main.page.narrow")
            must = await asked.inner_text()
            await fresh.page.fill("[autocomplete=current-password]", "fog over the Oise")
            for box in await fresh.page.locator("[autocomplete=new-password]").all():
                await box.fill("snow over the Oise")
            await fresh.page.click("button[type=submit]")
            await fresh.page.wait_for_selector("canvas")

            wall = Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url)
            await wall.page.goto(address)
            await wall.page.wait_for_selector(CARD)
            hidden = "token" not in wall.page.url
            orders = await wall.page.get_by_role("button", name="Acknowledge").count()
            return told, must, hidden, orders, chief.faults + fresh.faults + wall.faults

    told, must, hidden, orders, faults = run(body())
    assert faults == []
    assert "Viewer" in told
    assert "Pilots’ positions: given" in told
    assert "Choose your own" in must
    assert hidden
    assert orders == 0


def test_a_signed_permit_is_judged_put_in_force_and_withdrawn(fresh_mosquitto, tmp_path):
    good = token(CLAIMS | {"exp": 4_000_000_000}).decode()

    async def body():
        (tmp_path / "police.pem").write_bytes(pem(POLICE))
        async with staged(fresh_mosquitto, tmp_path, more=ISSUER) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale="en-GB"), stage.url)
            page = watched.page
            await enter(page, stage.link())
            await page.goto(f"{stage.url}/#/permits")
            said = []
            for one in (f"{good[:-4]}AAAA", good):
                await page.fill("textarea", one)
                await page.get_by_role("button", name="Check").click()
                await page.wait_for_selector("form [role=status]:not(:empty)")
                said.append(await page.inner_text("form [role=status]"))
            await page.get_by_role("button", name="Put in force").click()
            await page.fill("dialog textarea", "the parade")
            await page.click("dialog button.press")
            row = await page.wait_for_selector("tr:has-text('P-417')")
            told = await row.inner_text()
            await page.get_by_role("button", name="Withdraw permit P-417").click()
            await page.fill("dialog textarea", "the parade is off")
            await page.click("dialog button.press")
            await page.wait_for_selector("tr:has-text('P-417')", state="detached")
            return said, told, watched.faults

    said, told, faults = run(body())
    assert faults == []
    assert said[0].startswith("Not believed: the signature is not that of police")
    assert said[1] == f"Believed: permit P-417 for {CLAIMS['sn']}."
    assert "valid" in told
    assert "volumes: 1" in told


def test_a_patrols_phone_says_how_far_and_which_way(fresh_mosquitto, tmp_path):
    here = {"latitude": 48.8500, "longitude": 2.2900, "accuracy": 8.0}

    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            context = await opened.new_context(
                locale="en-GB",
                viewport={"width": 390, "height": 844},
                geolocation=here,
                permissions=["geolocation"],
                has_touch=True,
            )
            watched = Watched(await context.new_page(), stage.url)
            page = watched.page
            await enter(page, stage.link("patrol", "operator"))
            await page.wait_for_selector(CARD)
            await page.goto(f"{stage.url}/m")
            await page.get_by_role("button", name="Use my position").click()
            await page.wait_for_selector("text=from here, within 8 m")
            card = await page.wait_for_selector("article.nearest")
            text, name = await card.inner_text(), await card.get_attribute("data-alert")
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            alert = next(one for one in reversed(stage.seen.alerts()) if one["alert"] == name)
            return text, alert, wide, watched.faults

    text, alert, wide, faults = run(body())
    assert faults == []
    assert wide <= 0, "the phone's page is wider than the phone"
    place = alert["track_state"]["position"]
    azimuth, _, distance = Geod(ellps="WGS84").inv(
        here["longitude"], here["latitude"], place["longitude_deg"], place["latitude_deg"]
    )
    shown = int(re.search(r"(\d+) m [NESW]", text.replace(",", ""))[1])
    assert abs(shown - distance) < 60  # it has flown on since the alert last spoke
    assert abs((int(re.search(r"(\d+)°", text)[1]) - azimuth + 180) % 360 - 180) < 6
