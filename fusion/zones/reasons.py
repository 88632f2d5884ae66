"""Why: short sentences that an operator can read aloud, kept as key and words until somebody reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from fusion.messages import Record

if TYPE_CHECKING:
    from fusion.zones.zones import Zone  # which knows of permits, which give reasons

Key = Literal[
    "no_identity",
    "contradicted",
    "not_registered",
    "not_yet_valid",
    "expired",
    "other_zone",
    "other_time",
    "other_place",
    "no_place",
    "permit_no_issuer",
    "permit_unreadable",
    "permit_algorithm",
    "permit_issuer",
    "permit_issuers",
    "permit_forged",
    "permit_claims",
    "permit_number",
    "permit_taken",
    "permit_revoked",
    "permit_other_drone",
    "permits_full",
    "plan_unsigned",
    "plan_unreadable",
    "plan_algorithm",
    "plan_signer",
    "plan_signers",
    "plan_forged",
    "plan_claims",
    "plan_site",
    "plan_unknown",
    "plan_changed",
    "plan_early",
    "plan_ended",
    "plan_replayed",
    "plan_other",
    "permit",
    "friendly",
    "claim_only",
    "bird",
    "inside",
    "leaving",
    "entering",
    "towards",
    "anchor_lost",
    "hostile",
    "low_and_fast",
    "loitering",
    "pilot_inside",
    "too_high",
    "must_identify",
    "swarm",
    "made_up",
    "friend_lost",
    "sensor_lost",
    "crowd",
]

SENTENCES: dict[str, dict[Key, str]] = {
    "en": {
        "no_identity": "no identity received",
        "contradicted": "claims to be {name}, but measurements contradict it",
        "not_registered": "{name} has no permit",
        "not_yet_valid": "the permit of {name} begins at {time}",
        "expired": "the permit of {name} ended at {time}",
        "other_zone": "the permit of {name} is not for {zone}",
        "other_time": "the permit of {name} is not for this time",
        "other_place": "{name} is {metres} metres outside of where its permit lets it fly",
        "no_place": "nobody knows where {name} is, so its permit cannot be checked",
        "permit_no_issuer": "nobody may issue permits here, so none is believed",
        "permit_unreadable": "this is no signed permit: {what}",
        "permit_algorithm": "the permit is signed with {algorithm}; only Ed25519 is believed",
        "permit_issuer": "{issuer} may not issue permits here",
        "permit_issuers": "the permit is by {issuer}, but was signed for {signer}",
        "permit_forged": "the signature is not that of {issuer}: the permit was forged or changed",
        "permit_claims": "what the permit of {issuer} says cannot be taken: {what}",
        "permit_number": "the permit bears the number {permit}, not {topic}",
        "permit_taken": "another permit bears the number {permit} already; a number is for one permit",
        "permit_revoked": "the permit {permit} was revoked by {issuer}",
        "permit_other_drone": "the permit {permit} is for {name}, not for {other}",
        "permits_full": "{count} permits are held, and no more",
        "plan_unsigned": "the switch of plans is not signed; here it must be, by {signers}",
        "plan_unreadable": "this is no signed switch of plans: {what}",
        "plan_algorithm": "the switch of plans is signed with {algorithm}; only Ed25519 is believed",
        "plan_signer": "{issuer} may not switch plans here",
        "plan_signers": "the switch of plans is by {issuer}, but was signed for {signer}",
        "plan_forged": "the signature is not that of {issuer}: the switch of plans was forged or changed",
        "plan_claims": "what the switch of plans of {issuer} says cannot be taken: {what}",
        "plan_site": "the switch of plans is for the site {site}, not for {here}",
        "plan_unknown": "plan {plan} is not one of this site's; expected {known}",
        "plan_changed": "the zones of plan {plan} are not those that {issuer} signed for",
        "plan_early": "the switch to plan {plan} was signed at {time}, which is still to come",
        "plan_ended": "the switch to plan {plan} could be given until {time}",
        "plan_replayed": "the switch to plan {plan} was signed at {time}, before the one that stands, or was given already",
        "plan_other": "the token is for plan {plan}, not for {wanted}",
        "permit": "{name} has a permit from {issuer}",
        "friendly": "{name} is friendly by word of {issuer}",
        "claim_only": "no sensor has confirmed that claim",
        "bird": "looks like a bird ({percent} percent)",
        "inside": "inside {zone}",
        "leaving": "{metres} metres outside {zone}",
        "towards": "seen by {sensor} alone at {degrees} degrees, place unknown, probably inside {zone} ({percent} percent)",
        "anchor_lost": "{zone} goes with {anchor}, which has not been heard for {seconds} seconds",
        "entering": "may enter {zone} in about {seconds} seconds ({percent} percent)",
        "hostile": "declared hostile by {who} at {time}: {why}",
        "low_and_fast": "comes towards {zone} low and fast: {metres} metres above ground at {speed} metres a second",
        "loitering": "has stayed within {metres} metres for {seconds} seconds near {zone}",
        "pilot_inside": "the pilot says to stand inside {zone}",
        "too_high": "{metres} metres above ground over {zone}, where drones may fly {limit} metres high",
        "must_identify": "has not identified itself for {seconds} seconds inside {zone}, where that is compulsory",
        "swarm": "{count} drones move as one group, {metres} metres from {zone}",
        "made_up": "{count} transmitters claim what cannot be true: the claims are probably made up",
        "friend_lost": "{name}, which may fly here, was last seen {seconds} seconds ago, {metres} metres high in {zone}",
        "sensor_lost": "nothing from {sensor} for {seconds} seconds while a threat is active",
        "crowd": "at least {people} people below, in {cell}",
    },
    "fr": {
        "no_identity": "aucune identité reçue",
        "contradicted": "prétend être {name}, mais les mesures le contredisent",
        "not_registered": "{name} n'a pas d'autorisation",
        "not_yet_valid": "l'autorisation de {name} commence à {time}",
        "expired": "l'autorisation de {name} a pris fin à {time}",
        "other_zone": "l'autorisation de {name} ne vaut pas pour {zone}",
        "other_time": "l'autorisation de {name} ne vaut pas pour cette heure",
        "other_place": "{name} est à {metres} mètres hors de l'espace que permet son autorisation",
        "no_place": "on ne sait pas où est {name} : son autorisation ne peut être vérifiée",
        "permit_no_issuer": "personne ne peut délivrer d'autorisation ici : aucune n'est crue",
        "permit_unreadable": "ce n'est pas une autorisation signée : {what}",
        "permit_algorithm": "l'autorisation est signée avec {algorithm} ; seul Ed25519 est cru",
        "permit_issuer": "{issuer} ne peut délivrer d'autorisation ici",
        "permit_issuers": "l'autorisation est de {issuer}, mais signée pour {signer}",
        "permit_forged": "la signature n'est pas celle de {issuer} : l'autorisation est falsifiée ou modifiée",
        "permit_claims": "le contenu de l'autorisation de {issuer} n'est pas recevable : {what}",
        "permit_number": "l'autorisation porte le numéro {permit}, non {topic}",
        "permit_taken": "une autre autorisation porte déjà le numéro {permit} ; un numéro ne vaut que pour une seule",
        "permit_revoked": "l'autorisation {permit} a été révoquée par {issuer}",
        "permit_other_drone": "l'autorisation {permit} est pour {name}, non pour {other}",
        "permits_full": "{count} autorisations sont déjà enregistrées, et pas une de plus",
        "plan_unsigned": "le changement de plan n'est pas signé ; ici il doit l'être, par {signers}",
        "plan_unreadable": "ce n'est pas un changement de plan signé : {what}",
        "plan_algorithm": "le changement de plan est signé avec {algorithm} ; seul Ed25519 est cru",
        "plan_signer": "{issuer} ne peut changer de plan ici",
        "plan_signers": "le changement de plan est de {issuer}, mais signé pour {signer}",
        "plan_forged": "la signature n'est pas celle de {issuer} : le changement de plan est falsifié ou modifié",
        "plan_claims": "le contenu du changement de plan de {issuer} n'est pas recevable : {what}",
        "plan_site": "le changement de plan est pour le site {site}, non pour {here}",
        "plan_unknown": "le plan {plan} n'est pas de ce site ; attendu {known}",
        "plan_changed": "les zones du plan {plan} ne sont pas celles que {issuer} a signées",
        "plan_early": "le changement vers le plan {plan} a été signé à {time}, heure encore à venir",
        "plan_ended": "le changement vers le plan {plan} pouvait être donné jusqu'à {time}",
        "plan_replayed": "le changement vers le plan {plan} a été signé à {time}, avant celui qui vaut, ou a déjà été donné",
        "plan_other": "le jeton est pour le plan {plan}, non pour {wanted}",
        "permit": "{name} a une autorisation de {issuer}",
        "friendly": "{name} est ami, selon {issuer}",
        "claim_only": "aucun capteur n'a confirmé cette déclaration",
        "bird": "ressemble à un oiseau ({percent} pour cent)",
        "inside": "à l'intérieur de {zone}",
        "leaving": "à {metres} mètres hors de {zone}",
        "towards": "vu par {sensor} seul à {degrees} degrés, position inconnue, sans doute dans {zone} ({percent} pour cent)",
        "anchor_lost": "{zone} suit {anchor}, dont on n'a rien reçu depuis {seconds} secondes",
        "entering": "peut entrer dans {zone} dans {seconds} secondes environ ({percent} pour cent)",
        "hostile": "déclaré hostile par {who} à {time} : {why}",
        "low_and_fast": "approche de {zone} bas et vite : {metres} mètres au-dessus du sol à {speed} mètres par seconde",
        "loitering": "reste dans un rayon de {metres} mètres depuis {seconds} secondes près de {zone}",
        "pilot_inside": "le pilote dit se trouver à l'intérieur de {zone}",
        "too_high": "à {metres} mètres au-dessus du sol sur {zone}, où les drones volent à {limit} mètres au plus",
        "must_identify": "ne s'est pas identifié depuis {seconds} secondes dans {zone}, où c'est obligatoire",
        "swarm": "{count} drones volent en groupe coordonné, à {metres} mètres de {zone}",
        "made_up": "{count} émetteurs déclarent l'impossible : ces déclarations sont sans doute inventées",
        "friend_lost": "{name}, autorisé ici, n'est plus vu depuis {seconds} secondes ; il volait à {metres} mètres dans {zone}",
        "sensor_lost": "rien de {sensor} depuis {seconds} secondes alors qu'une menace est active",
        "crowd": "au moins {people} personnes en dessous, dans {cell}",
    },
}


class Reason(Record):
    """One reason: which sentence, and the words in it."""

    key: Key
    words: dict[str, str | int] = msgspec.field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        """Say it. A word that differs by language stands beside the English one, as `zone_fr` beside `zone`."""
        own = {word.removesuffix(f"_{language}"): said for word, said in self.words.items() if word.endswith(f"_{language}")}
        return SENTENCES[language][self.key].format(**(self.words | own))


def reason(key: Key, **words: str | int) -> Reason:
    """Make a reason of its key and words."""
    return Reason(key=key, words=words)


def named(zone: Zone) -> dict[str, str]:
    """Give the word for a zone, in every language that it has a name of its own in."""
    others = {f"zone_{language}": said for language in SENTENCES if (said := zone.label(language)) != zone.label()}
    return {"zone": zone.label()} | others
