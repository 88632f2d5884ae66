// Which screen the address means. The menu has what is there, and what the session may see.
import { signal } from "@preact/signals";
import type { Permission } from "./wire";

export type Screen = "live" | "history" | "sensors" | "zones" | "replay" | "permits" | "handover" | "scenario" | "users" | "access" | "password" | "help";

/** The menu's screens in its order. */
export const SCREENS: readonly { name: Exclude<Screen, "password" | "help">; needs: Permission }[] = [
  { name: "live", needs: "read" },
  { name: "history", needs: "read" },
  { name: "sensors", needs: "read" },
  { name: "zones", needs: "read" },
  { name: "permits", needs: "read" },
  { name: "replay", needs: "replay" },
  { name: "scenario", needs: "scenario" },
  { name: "handover", needs: "read" },
  { name: "users", needs: "users" },
  { name: "access", needs: "access" },
];

export interface Route {
  readonly page: "console" | "kiosk" | "mobile" | "incident";
  readonly screen: Screen;
  readonly argument: string;
}

/** A part of an address as it is meant; one that is no such writing stays as it stands, and is then not known. */
function meant(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function read(path: string, hash: string): Route {
  const [, first = "", second = ""] = path.split("/");
  if (first === "kiosk") return { page: "kiosk", screen: "live", argument: "" };
  if (first === "m") return { page: "mobile", screen: "live", argument: "" };
  if (first === "incident") return { page: "incident", screen: "live", argument: meant(second) };
  const [, screen = "", argument = ""] = hash.replace(/^#/, "").split("/");
  const known = [...SCREENS.map(({ name }) => name), "password", "help"] as Screen[];
  return { page: "console", screen: known.find((name) => name === screen) ?? "live", argument: meant(argument) };
}

/** Where to be led after a login elsewhere: this page, if it is one that the server leads to (`INSIDE` in fusion/console/oidc.py). */
export function onward(path: string, hash: string): string {
  const here = path + (hash.startsWith("#/") ? hash : "");
  return /^\/(?:kiosk|m|incident\/[\w-]{1,64})?(?:#\/[\w/.%-]{0,200})?$/.test(here) ? here : "/";
}

/** Why nobody came in by the sign-on service (`/?refused=…`); null where nothing was refused. */
export function refusal(search: string): string | null {
  return new URLSearchParams(search).get("refused");
}

export const route = signal<Route>({ page: "console", screen: "live", argument: "" });

export function follow(): void {
  const update = () => {
    route.value = read(location.pathname, location.hash);
  };
  addEventListener("hashchange", update);
  update();
}
