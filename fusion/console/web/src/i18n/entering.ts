// Why somebody who came back from the sign-on service is not logged in: a sentence for each `NotIn` of fusion/errors.py.
export const entering = {
  en: {
    refused_away: "The sign-on service does not answer now. Try again in a moment, or log in with a password.",
    refused_begun: "This login was begun in another browser or at another address, or took more than ten minutes. Begin again.",
    refused_cancelled: "The sign-on service did not log you in: it was broken off there, or you may not.",
    refused_clock: "The clocks of the sign-on service and of this console differ too much. Tell your administrator.",
    refused_journal: "The journal cannot be written now, so nobody can log in. Try again in a moment.",
    refused_name_taken: "A user of this console bears your name already. Log in with that user’s password, or tell your administrator.",
    refused_no_name: "The sign-on service gives no name of yours that this console can write down. Tell your administrator.",
    refused_no_role: "The sign-on service knows you, but you have no role at this console. Ask your administrator for one.",
    refused_said_no: "The sign-on service refused this login. Begin again; if it is refused again, tell your administrator.",
    refused_unproven: "What the sign-on service said of you could not be proven, so you are not logged in. Tell your administrator.",
    refused_wait: "Too many attempts from here. Try again in a minute.",
  },
  fr: {
    refused_away: "Le service d’authentification ne répond pas pour l’instant. Réessayez dans un moment, ou connectez-vous avec un mot de passe.",
    refused_begun: "Cette connexion a été commencée dans un autre navigateur ou à une autre adresse, ou a duré plus de dix minutes. Recommencez.",
    refused_cancelled: "Le service d’authentification ne vous a pas connecté : abandon de votre part, ou accès refusé.",
    refused_clock: "Les horloges du service d’authentification et de cette console diffèrent trop. Prévenez votre administrateur.",
    refused_journal: "Le journal ne peut être écrit pour l’instant : personne ne peut se connecter. Réessayez dans un moment.",
    refused_name_taken: "Un utilisateur de cette console porte déjà votre nom. Connectez-vous avec son mot de passe, ou prévenez votre administrateur.",
    refused_no_name: "Le service d’authentification ne donne de vous aucun nom que cette console puisse noter. Prévenez votre administrateur.",
    refused_no_role: "Le service d’authentification vous connaît, mais vous n’avez aucun rôle sur cette console. Demandez-en un à votre administrateur.",
    refused_said_no: "Le service d’authentification a refusé cette connexion. Recommencez ; s’il refuse encore, prévenez votre administrateur.",
    refused_unproven: "Ce que le service d’authentification a dit de vous n’a pu être prouvé : vous n’êtes pas connecté. Prévenez votre administrateur.",
    refused_wait: "Trop de tentatives d’ici. Réessayez dans une minute.",
  },
};
