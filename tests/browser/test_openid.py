"""A person comes in by an OpenID provider's own page, in a real browser, and goes out by it; who may not is told why in French."""

from __future__ import annotations

import contextlib

import pytest

from tests.browser.stage import Watched, browser, enter, judged, staged
from tests.e2e.processes import run
from tests.openid import CLIENT, ROLES, SECRET, openid_provider

pytestmark = pytest.mark.slow


def site(issuer: str) -> str:
    roles = ", ".join(f'{group} = "{role}"' for group, role in ROLES.items())
    return f"""
[console.oidc]
issuer = "{issuer}"
name = "Prefecture"
client_id = "{CLIENT}"
client_secret_file = "client.secret"
scopes = ["openid", "profile", "groups"]
roles = {{ {roles} }}
"""


class Coming(Watched):
    """A page that may also go to the provider."""

    def __init__(self, page, url, provider) -> None:
        self._provider = provider
        super().__init__(page, url)

    def _mind(self, asked: str, url: str) -> None:
        if not asked.startswith(self._provider):
            super()._mind(asked, url)


@contextlib.asynccontextmanager
async def played(broker, directory):
    """Give a provider, a site that trusts it, and a browser."""
    with openid_provider() as provider:
        (directory / "client.secret").write_text(SECRET)
        async with staged(broker, directory, more=site(provider.issuer)) as stage, browser() as opened:
            provider.open(stage.url)
            yield provider, stage, opened


async def there(page, login: str) -> None:
    """Press the button, and say at the provider who one is."""
    await page.get_by_role("link", name="Prefecture").click()
    await page.get_by_label("Account").fill(login)
    await page.get_by_role("button", name="Sign in").click()


def test_a_person_comes_in_by_the_providers_page_and_goes_out_by_it(fresh_mosquitto, tmp_path):
    async def body():
        async with played(fresh_mosquitto, tmp_path) as (provider, stage, opened):
            watched = Coming(await (await opened.new_context(locale="en-GB")).new_page(), stage.url, provider.issuer)
            page = watched.page
            await page.goto(f"{stage.url}/#/history")
            await page.get_by_role("link", name="Prefecture").wait_for()
            faults = await judged(page)
            watched.faults.clear()  # that nobody was logged in
            await there(page, "a.petit")
            who = await page.wait_for_selector(".who")
            came = page.url, await who.inner_text()  # the screen that was asked for first
            await page.goto(f"{stage.url}/#/access")
            row = await (await page.wait_for_selector("tr:has-text('login by openid')")).inner_text()
            await page.get_by_role("button", name="a.petit").click()
            own = await page.get_by_role("link", name="Change password").count()
            await page.get_by_role("button", name="Log out").click()
            await page.get_by_role("button", name="Yes, sign me out").click()
            await page.wait_for_selector("form input[name=username]")
            gone = page.url
            watched.faults = [one for one in watched.faults if "401" not in one]  # that nobody is logged in any more
            await page.get_by_role("link", name="Prefecture").click()
            await page.get_by_label("Account").wait_for()  # nor is anybody at the provider
            return stage.url, faults, came, row, own, gone, watched.faults

    url, violations, came, row, own, gone, faults = run(body())
    assert violations == []
    assert faults == []
    assert came[0] == f"{url}/#/history"
    assert "a.petit" in came[1]
    assert "Supervisor" in came[1]
    assert "a.petit" in row
    assert own == 0
    assert gone == f"{url}/"


def test_who_does_not_come_in_reads_why_in_their_language_and_others_still_have_their_password(fresh_mosquitto, tmp_path):
    async def body():
        async with played(fresh_mosquitto, tmp_path) as (provider, stage, opened):
            said, found = {}, {}
            for locale, scheme in (("en-GB", "light"), ("fr-FR", "dark")):
                context = await opened.new_context(locale=locale)
                await context.add_init_script(f"localStorage.setItem('vigie.theme', '{scheme}')")
                page = Coming(await context.new_page(), stage.url, provider.issuer).page
                await page.goto(stage.url)
                await there(page, "b.moreau")
                alarm = await page.wait_for_selector("[role=alert]:not(:empty)")
                said[locale] = await alarm.inner_text()
                found[locale] = await judged(page), page.url
            provider.order("mute", paths=["/token"])
            await page.goto(stage.url)
            await page.get_by_role("link", name="Prefecture").click()  # the provider still knows who it is
            await page.wait_for_selector("[role=alert]:has-text('ne répond pas')")
            await page.get_by_role("button", name="English").click()
            english = await page.inner_text("[role=alert]")
            await enter(page, stage.link("m.durand"))
            await page.wait_for_selector("canvas")
            return stage.url, said, found, english

    url, said, found, english = run(body())
    assert said["en-GB"].startswith("The sign-on service knows you, but you have no role")
    assert said["fr-FR"].startswith("Le service d’authentification vous connaît, mais vous n’avez aucun rôle")
    assert english.startswith("The sign-on service does not answer now.")
    assert found == dict.fromkeys(said, ([], f"{url}/"))
