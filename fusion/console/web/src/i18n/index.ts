// What is said, in the language that was chosen: `t("alerts")`, with words in braces filled in.
import { signal } from "@preact/signals";
import { en } from "./en";
import { fr } from "./fr";

export type Key = keyof typeof en;
export type Language = "en" | "fr";
export const CATALOGUES: Record<Language, Record<Key, string>> = { en, fr };

const remembered = (): Language => {
  const kept = typeof localStorage === "undefined" ? null : localStorage.getItem("vigie.language");
  if (kept === "en" || kept === "fr") return kept;
  return typeof navigator !== "undefined" && navigator.language.startsWith("fr") ? "fr" : "en";
};

export const language = signal<Language>(remembered());

export function speak(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem("vigie.language", chosen);
  document.documentElement.lang = chosen;
}

export function say(tongue: Language, key: Key, words: Record<string, string | number> = {}): string {
  return CATALOGUES[tongue][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(words[name] ?? whole));
}

export function t(key: Key, words: Record<string, string | number> = {}): string {
  return say(language.value, key, words);
}

/** A word of the core's (a class, a rule, a state) in the language that was chosen; as it is where the catalogue has none. */
export function word(kind: string, value: string): string {
  const key = `${kind}_${value}`;
  return key in en ? t(key as Key) : value;
}
