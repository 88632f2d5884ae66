// The core's reasons are English sentences; each of them has a form here that is recognised and said in French.
import { type Language, language } from "./index";

/** English as `fusion/zones/reasons.py` says it, and French. A test holds the two lists together. */
export const SENTENCES: Record<string, readonly [en: string, fr: string]> = {
  no_identity: ["no identity received", "aucune identité reçue"],
  contradicted: ["claims to be {name}, but measurements contradict it", "se dit {name}, mais les mesures le contredisent"],
  not_registered: ["{name} has no permit", "{name} n’a pas d’autorisation"],
  not_yet_valid: ["the permit of {name} begins at {time}", "l’autorisation de {name} commence le {time}"],
  expired: ["the permit of {name} ended at {time}", "l’autorisation de {name} a expiré le {time}"],
  other_zone: ["the permit of {name} is not for {zone}", "l’autorisation de {name} ne vaut pas pour {zone}"],
  permit: ["{name} has a permit from {issuer}", "{name} a une autorisation de {issuer}"],
  friendly: ["{name} is friendly by word of {issuer}", "{name} est ami selon {issuer}"],
  claim_only: ["no sensor has confirmed that claim", "aucun capteur n’a confirmé cette déclaration"],
  bird: ["looks like a bird ({percent} percent)", "ressemble à un oiseau ({percent} %)"],
  inside: ["inside {zone}", "dans {zone}"],
  leaving: ["{metres} metres outside {zone}", "{metres} m en dehors de {zone}"],
  towards: [
    "seen by {sensor} alone at {degrees} degrees, place unknown, probably inside {zone} ({percent} percent)",
    "vu par {sensor} seul à {degrees}°, position inconnue, probablement dans {zone} ({percent} %)",
  ],
  anchor_lost: [
    "{zone} goes with {anchor}, which has not been heard for {seconds} seconds",
    "{zone} suit {anchor}, dont on est sans nouvelles depuis {seconds} s",
  ],
  entering: ["may enter {zone} in about {seconds} seconds ({percent} percent)", "peut entrer dans {zone} dans environ {seconds} s ({percent} %)"],
};

const PATTERNS = Object.values(SENTENCES)
  .map(([english, french]) => {
    const names: string[] = [];
    const source = english
      .replace(/[.*+?^$()[\]\\|]/g, "\\$&")
      .replace(/\{(\w+)\}/g, (_, name: string) => {
        names.push(name);
        return "(.+?)";
      });
    return { pattern: new RegExp(`^${source}$`), names, french, fixed: english.replace(/\{\w+\}/g, "").length };
  })
  .sort((a, b) => b.fixed - a.fixed);

/** Say a reason, and in which language: English where it is not one of ours. */
export function reason(sentence: string, tongue: Language = language.value): { text: string; lang: Language } {
  if (tongue === "en") return { text: sentence, lang: "en" };
  for (const { pattern, names, french } of PATTERNS) {
    const found = pattern.exec(sentence);
    if (found) {
      const words = Object.fromEntries(names.map((name, i) => [name, found[i + 1]]));
      return { text: french.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? ""), lang: "fr" };
    }
  }
  return { text: sentence, lang: "en" };
}
