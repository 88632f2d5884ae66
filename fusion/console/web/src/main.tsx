// The console's entry: theme, language, who is it, and the screen that the address means.
import { effect } from "@preact/signals";
import { type JSX, render } from "preact";
import { language, speak, t } from "./i18n";
import { listenToKeys } from "./keys";
import { beginBeat, hush, listen, ordered } from "./live";
import { asks } from "./alerts";
import { get, loggedOut } from "./rest";
import { follow, route, type Screen as Name, SCREENS } from "./routes";
import { Asking, asking } from "./parts/dialog";
import { TopBar } from "./parts/TopBar";
import { Announcer } from "./parts/Announcer";
import { AccessLog } from "./screens/Access";
import { Handover } from "./screens/Handover";
import { Help } from "./screens/Help";
import { History } from "./screens/History";
import { Incident } from "./screens/Incident";
import { Kiosk } from "./screens/Kiosk";
import { Degraded, Live } from "./screens/Live";
import { Login } from "./screens/Login";
import { Mobile } from "./screens/Mobile";
import { Password } from "./screens/Password";
import { Permits } from "./screens/Permits";
import { Replay } from "./screens/Replay";
import { Scenario } from "./screens/Scenario";
import { Sensors } from "./screens/Sensors";
import { Users } from "./screens/Users";
import { Zones } from "./screens/Zones";
import { enterByToken, may, notice, session, shutOut, site, tell, turnedAway, whoAmI } from "./state";
import { theme, wear } from "./theme";
import type { Site } from "./wire";

/** Which part of the file each screen is; what the menu has is in routes.ts. */
const PARTS: Partial<Record<Name, () => JSX.Element>> = {
  live: Live, history: History, sensors: Sensors, permits: Permits, handover: Handover, users: Users, access: AccessLog, zones: Zones, replay: Replay, scenario: Scenario, password: Password, help: Help,
};

function Screen() {
  const { screen } = route.value;
  const needs = SCREENS.find(({ name }) => name === screen)?.needs;
  if (needs && !may(needs)) return <main class="page"><p class="empty">{t("no_permission")}</p></main>;
  const Part = PARTS[screen] ?? Live;
  return <Part />;
}

function Console() {
  if (session.value?.must_change_password) return <Password />;
  if (!site.value) return <main class="page"><p class="empty">{t("loading")}</p></main>;
  switch (route.value.page) {
    case "kiosk":
      return <Kiosk />;
    case "mobile":
      return <Mobile />;
    case "incident":
      return <Incident name={route.value.argument} />;
    default:
      return <Desk />;
  }
}

function Desk() {
  return (
    <>
      <TopBar />
      <Degraded />
      <Screen />
      <Asking />
      <Announcer />
    </>
  );
}

/** Nobody is in: a wall has a token or nothing, everybody else may log in. */
function Outside() {
  if (route.value.page !== "kiosk") return <Login />;
  return <main class="page"><h1>{t("kiosk_title")}</h1><p class="empty">{t("kiosk_needs")}</p></main>;
}

function App() {
  const who = session.value;
  return (
    <>
      {who === undefined ? <main class="page"><p class="empty">{t("loading")}</p></main> : who === null ? <Outside /> : <Console />}
      <div class="notices" role="status">{notice.value && <p class={notice.value.kind}>{notice.value.text}</p>}</div>
    </>
  );
}

async function enter(): Promise<void> {
  site.value = await get<Site>("/site");
  listen();
}

wear(theme.value);
speak(language.value);
follow();
beginBeat();
listenToKeys();

effect(() => {
  const waiting = ordered.value.filter(asks).length;
  document.title = `${waiting ? `(${waiting}) ` : ""}Vigie${site.value ? ` – ${site.value.site}` : ""}`;
});

let [entered, last] = ["", ""];
effect(() => {
  const who = session.value?.must_change_password ? "" : (session.value?.name ?? ""); // nothing is told before the password is one's own
  if (who === entered) return;
  entered = who;
  if (who && who !== last) asking.value = null; // what another began to order is not for this one to answer
  last = who || last;
  if (who) void enter().catch(() => undefined);
  else hush();
});

effect(() => {
  if (loggedOut.value > 0) shutOut();
});

async function begin(): Promise<void> {
  if ((await enterByToken()) || !(await whoAmI())) return;
  const why = turnedAway(); // who is in already is told in passing; else the login page says it
  if (why) tell(t(why), "failed");
}

const retry = (): void => {
  void begin().catch(() => setTimeout(retry, 2_000));
};
retry();
render(<App />, document.getElementById("app") as HTMLElement);
