// The console's entry: theme, language, who is it, and the screen that the address means.
import { effect } from "@preact/signals";
import { render } from "preact";
import { language, speak, t } from "./i18n";
import { listenToKeys } from "./keys";
import { beginBeat, hush, listen, ordered } from "./live";
import { asks } from "./alerts";
import { get, loggedOut } from "./rest";
import { follow, route } from "./routes";
import { Asking } from "./parts/dialog";
import { TopBar } from "./parts/TopBar";
import { Announcer } from "./parts/Announcer";
import { Help } from "./screens/Help";
import { Degraded, Live } from "./screens/Live";
import { Login } from "./screens/Login";
import { Password } from "./screens/Password";
import { notice, session, site, whoAmI } from "./state";
import { theme, wear } from "./theme";
import type { Site } from "./wire";

function Screen() {
  if (session.value?.must_change_password) return <Password />;
  switch (route.value.screen) {
    case "password":
      return <Password />;
    case "help":
      return <Help />;
    default:
      return <Live />;
  }
}

function Console() {
  return (
    <>
      <TopBar />
      <Degraded />
      {site.value ? <Screen /> : <main class="page"><p class="empty">{t("loading")}</p></main>}
      <Asking />
      <Announcer />
    </>
  );
}

function App() {
  const who = session.value;
  return (
    <>
      {who === undefined ? <main class="page"><p class="empty">{t("loading")}</p></main> : who === null ? <Login /> : <Console />}
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

let entered = "";
effect(() => {
  const who = session.value?.name ?? "";
  if (who === entered) return;
  entered = who;
  if (who) void enter().catch(() => undefined);
  else hush();
});

effect(() => {
  if (loggedOut.value > 0) session.value = null;
});

const retry = (): void => {
  void whoAmI().catch(() => setTimeout(retry, 2_000));
};
retry();
render(<App />, document.getElementById("app") as HTMLElement);
