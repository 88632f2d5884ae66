// The core's reasons are English sentences; each of them has a form here that is recognised and said in French.
import { type Language, language } from "./index";

/** English as `fusion/zones/reasons.py` says it, and French. A test holds the two lists together. */
export const SENTENCES: Record<string, readonly [en: string, fr: string]> = {
  no_identity: ["no identity received", "aucune identité reçue"],
  contradicted: ["claims to be {name}, but measurements contradict it", "prétend être {name}, mais les mesures le contredisent"],
  not_registered: ["{name} has no permit", "{name} n'a pas d'autorisation"],
  not_yet_valid: ["the permit of {name} begins at {time}", "l'autorisation de {name} commence à {time}"],
  expired: ["the permit of {name} ended at {time}", "l'autorisation de {name} a pris fin à {time}"],
  other_zone: ["the permit of {name} is not for {zone}", "l'autorisation de {name} ne vaut pas pour {zone}"],
  other_time: ["the permit of {name} is not for this time", "l'autorisation de {name} ne vaut pas pour cette heure"],
  other_place: ["{name} is {metres} metres outside of where its permit lets it fly", "{name} est à {metres} mètres hors de l'espace que permet son autorisation"],
  no_place: ["nobody knows where {name} is, so its permit cannot be checked", "on ne sait pas où est {name} : son autorisation ne peut être vérifiée"],
  permit_no_issuer: ["nobody may issue permits here, so none is believed", "personne ne peut délivrer d'autorisation ici : aucune n'est crue"],
  permit_unreadable: ["this is no signed permit: {what}", "ce n'est pas une autorisation signée : {what}"],
  permit_algorithm: ["the permit is signed with {algorithm}; only Ed25519 is believed", "l'autorisation est signée avec {algorithm} ; seul Ed25519 est cru"],
  permit_issuer: ["{issuer} may not issue permits here", "{issuer} ne peut délivrer d'autorisation ici"],
  permit_issuers: ["the permit is by {issuer}, but was signed for {signer}", "l'autorisation est de {issuer}, mais signée pour {signer}"],
  permit_forged: ["the signature is not that of {issuer}: the permit was forged or changed", "la signature n'est pas celle de {issuer} : l'autorisation est falsifiée ou modifiée"],
  permit_claims: ["what the permit of {issuer} says cannot be taken: {what}", "le contenu de l'autorisation de {issuer} n'est pas recevable : {what}"],
  permit_number: ["the permit bears the number {permit}, not {topic}", "l'autorisation porte le numéro {permit}, non {topic}"],
  permit_taken: ["another permit bears the number {permit} already; a number is for one permit", "une autre autorisation porte déjà le numéro {permit} ; un numéro ne vaut que pour une seule"],
  permit_revoked: ["the permit {permit} was revoked by {issuer}", "l'autorisation {permit} a été révoquée par {issuer}"],
  permit_other_drone: ["the permit {permit} is for {name}, not for {other}", "l'autorisation {permit} est pour {name}, non pour {other}"],
  permits_full: ["{count} permits are held, and no more", "{count} autorisations sont déjà enregistrées, et pas une de plus"],
  plan_unsigned: ["the switch of plans is not signed; here it must be, by {signers}", "le changement de plan n'est pas signé ; ici il doit l'être, par {signers}"],
  plan_unreadable: ["this is no signed switch of plans: {what}", "ce n'est pas un changement de plan signé : {what}"],
  plan_algorithm: ["the switch of plans is signed with {algorithm}; only Ed25519 is believed", "le changement de plan est signé avec {algorithm} ; seul Ed25519 est cru"],
  plan_signer: ["{issuer} may not switch plans here", "{issuer} ne peut changer de plan ici"],
  plan_signers: ["the switch of plans is by {issuer}, but was signed for {signer}", "le changement de plan est de {issuer}, mais signé pour {signer}"],
  plan_forged: ["the signature is not that of {issuer}: the switch of plans was forged or changed", "la signature n'est pas celle de {issuer} : le changement de plan est falsifié ou modifié"],
  plan_claims: ["what the switch of plans of {issuer} says cannot be taken: {what}", "le contenu du changement de plan de {issuer} n'est pas recevable : {what}"],
  plan_site: ["the switch of plans is for the site {site}, not for {here}", "le changement de plan est pour le site {site}, non pour {here}"],
  plan_unknown: ["plan {plan} is not one of this site's; expected {known}", "le plan {plan} n'est pas de ce site ; attendu {known}"],
  plan_changed: ["the zones of plan {plan} are not those that {issuer} signed for", "les zones du plan {plan} ne sont pas celles que {issuer} a signées"],
  plan_early: ["the switch to plan {plan} was signed at {time}, which is still to come", "le changement vers le plan {plan} a été signé à {time}, heure encore à venir"],
  plan_ended: ["the switch to plan {plan} could be given until {time}", "le changement vers le plan {plan} pouvait être donné jusqu'à {time}"],
  plan_replayed: ["the switch to plan {plan} was signed at {time}, before the one that stands, or was given already", "le changement vers le plan {plan} a été signé à {time}, avant celui qui vaut, ou a déjà été donné"],
  plan_other: ["the token is for plan {plan}, not for {wanted}", "le jeton est pour le plan {plan}, non pour {wanted}"],
  permit: ["{name} has a permit from {issuer}", "{name} a une autorisation de {issuer}"],
  friendly: ["{name} is friendly by word of {issuer}", "{name} est ami, selon {issuer}"],
  claim_only: ["no sensor has confirmed that claim", "aucun capteur n'a confirmé cette déclaration"],
  bird: ["looks like a bird ({percent} percent)", "ressemble à un oiseau ({percent} pour cent)"],
  inside: ["inside {zone}", "à l'intérieur de {zone}"],
  leaving: ["{metres} metres outside {zone}", "à {metres} mètres hors de {zone}"],
  towards: ["seen by {sensor} alone at {degrees} degrees, place unknown, probably inside {zone} ({percent} percent)", "vu par {sensor} seul à {degrees} degrés, position inconnue, sans doute dans {zone} ({percent} pour cent)"],
  anchor_lost: ["{zone} goes with {anchor}, which has not been heard for {seconds} seconds", "{zone} suit {anchor}, dont on n'a rien reçu depuis {seconds} secondes"],
  entering: ["may enter {zone} in about {seconds} seconds ({percent} percent)", "peut entrer dans {zone} dans {seconds} secondes environ ({percent} pour cent)"],
  hostile: ["declared hostile by {who} at {time}: {why}", "déclaré hostile par {who} à {time} : {why}"],
  low_and_fast: ["comes towards {zone} low and fast: {metres} metres above ground at {speed} metres a second", "approche de {zone} bas et vite : {metres} mètres au-dessus du sol à {speed} mètres par seconde"],
  loitering: ["has stayed within {metres} metres for {seconds} seconds near {zone}", "reste dans un rayon de {metres} mètres depuis {seconds} secondes près de {zone}"],
  pilot_inside: ["the pilot says to stand inside {zone}", "le pilote dit se trouver à l'intérieur de {zone}"],
  too_high: ["{metres} metres above ground over {zone}, where drones may fly {limit} metres high", "à {metres} mètres au-dessus du sol sur {zone}, où les drones volent à {limit} mètres au plus"],
  must_identify: ["has not identified itself for {seconds} seconds inside {zone}, where that is compulsory", "ne s'est pas identifié depuis {seconds} secondes dans {zone}, où c'est obligatoire"],
  swarm: ["{count} drones move as one group, {metres} metres from {zone}", "{count} drones volent en groupe coordonné, à {metres} mètres de {zone}"],
  made_up: ["{count} transmitters claim what cannot be true: the claims are probably made up", "{count} émetteurs déclarent l'impossible : ces déclarations sont sans doute inventées"],
  friend_lost: ["{name}, which may fly here, was last seen {seconds} seconds ago, {metres} metres high in {zone}", "{name}, autorisé ici, n'est plus vu depuis {seconds} secondes ; il volait à {metres} mètres dans {zone}"],
  sensor_lost: ["nothing from {sensor} for {seconds} seconds while a threat is active", "rien de {sensor} depuis {seconds} secondes alors qu'une menace est active"],
  crowd: ["at least {people} people below, in {cell}", "au moins {people} personnes en dessous, dans {cell}"],
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

export interface Said {
  text: string;
  lang: Language;
}

/** An alert's reasons as the core says them in the language, with its zones' names in that, or as we can say them. */
export function reasonsOf(alert: { reasons?: string[]; reasons_in?: Record<string, string[]> }, tongue: Language = language.value): Said[] {
  const told = tongue === "en" ? undefined : alert.reasons_in?.[tongue];
  return told?.length ? told.map((text) => ({ text, lang: tongue })) : (alert.reasons ?? []).map((one) => reason(one, tongue));
}

/** Say a reason, and in which language: English where it is not one of ours. */
export function reason(sentence: string, tongue: Language = language.value): Said {
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
