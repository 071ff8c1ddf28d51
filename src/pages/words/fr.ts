/**
 * The words of all pages in French.
 *
 * @module
 */

import type { Words } from './words.ts'

/** All words. */
export const fr: Words = {
  frame: {
    name: 'Français',
    formats: 'fr',
    direction: 'ltr',
    development: 'Développement : ici, n’importe qui peut se connecter sous n’importe quel nom.',
    help: 'Aide',
    privacy: 'Confidentialité',
    terms: 'Conditions d’utilisation',
    language: 'Langue',
  },
  common: {
    loggedIn: 'Vous êtes connecté(e).',
    loggedInAs: 'Vous êtes connecté(e) en tant que {account}.',
    time: '{time} UTC',
    toStart: 'Aller à la page d’accueil',
    goOn: 'Continuer',
    tryAgain: 'Réessayer',
    backTo: 'Retour à {app}',
    code: 'Code : {code}',
    request: 'Requête : {id}',
    appOnDevice: 'une application sur cet appareil',
    aDevice: 'Un appareil',
  },
  start: {
    intro:
      'Ceci est un serveur d’autorisation OAuth 2.1. Il vous connecte aux applications ; il n’y a rien d’autre à faire ici.',
    metadata: 'Métadonnées pour les développeurs',
  },
  login: {
    title: 'Connexion',
    headline: 'Comment souhaitez-vous vous connecter ?',
    intro: '{app} vous demande de vous connecter.',
    goOnWith: 'Continuer avec {provider}',
    last: 'C’est ce que vous avez utilisé la dernière fois.',
  },
  developmentLogin: {
    title: 'Connexion',
    headline: 'Qui voulez-vous être ?',
    intro:
      '{app} vous demande de vous connecter. Ceci est la connexion de développement : n’importe quel nom convient, et elle n’existe que sur cette machine.',
    name: 'Nom',
    press: 'Se connecter',
  },
  consent: {
    title: '{app} souhaite accéder à votre compte chez {owner}',
    titleLogin: 'Se connecter à {app} avec votre compte chez {owner}',
    titleOnDevice: 'Une application sur cet appareil souhaite accéder à votre compte chez {owner}',
    can: 'L’application pourra :',
    canAt: 'Auprès de {resource}, l’application pourra :',
    seeOnly: 'Consulter, sans rien modifier',
    change: 'Modifier',
    more: { one: 'Et {count} autre élément', many: 'Et {count} autres éléments', other: 'Et {count} autres éléments' },
    knowYou: 'Savoir que c’est vous',
    goOnOffline: 'Continuer après votre déconnexion',
    see: 'Voir ces informations sur vous : {claims}',
    actsAt: 'L’application agira pour vous auprès de {provider} :',
    actsByAll: 'faire ce que vous y avez autorisé en vous connectant',
    actsByMore: 'faire tout le reste de ce que vous y avez autorisé en vous connectant',
    app: 'Application',
    goesTo: 'La réponse va à',
    goesToDevice: 'l’appareil qui affiche {code}',
    started: 'Demandé',
    startedAt: '{ago}, le {time}',
    startedNow: 'il y a moins d’une minute',
    lifetime: 'Durée',
    untilLogout: '{span}, ou jusqu’à votre déconnexion',
    afterLogout: '{span}, même après votre déconnexion',
    which: '{number} sur {count}',
    detail: '{detail}, {which}',
    sameAs: 'Une seule et même chose que pour {resource}',
    yes: 'oui',
    no: 'non',
    none: 'rien',
    empty: 'vide',
    spaces: 'uniquement des espaces',
    ownName: 'La réponse va à : {place}. L’application s’est donné ce nom elle-même, et personne ne l’a vérifié.',
    noName: 'La réponse va à : {place}. Personne n’a vérifié de quelle application il s’agit.',
    published: 'La réponse va à : {place}. L’application est publiée par {publisher}.',
    publishedElsewhere:
      'La réponse va à : {place}. L’application est publiée par {publisher}. Ce n’est pas le même hôte que celui auquel va la réponse.',
    onDevice:
      'La réponse va à une application sur cet appareil. Personne ne peut prouver de quelle application il s’agit : ne continuez que si vous venez de la lancer vous-même.',
    walkInOnDevice:
      'Personne ne peut prouver de quelle application de cet appareil il s’agit : ne continuez que si vous venez de la lancer vous-même.',
    publishedOnDevice:
      'Personne ne peut prouver de quelle application de cet appareil il s’agit, et n’importe laquelle peut prétendre être celle de {publisher} : ne continuez que si vous venez de la lancer vous-même.',
    fromDevice:
      'N’autorisez que si vous avez lancé cette demande sur votre appareil et qu’il affiche exactement ce code. Personne ne peut prouver de quel appareil il s’agit : la personne qui vous a envoyé le code obtient ce que vous autorisez.',
    later: 'Vous pouvez y mettre fin à tout moment sous <a>Ce que vous avez autorisé</a>.',
    allow: 'Autoriser',
    deny: 'Refuser',
    another: 'Utiliser un autre compte',
  },
  switching: {
    title: 'Autre compte',
    intro: 'Vous allez être redirigé(e) vers la connexion, puis vous reprendrez la même demande. Si rien ne se passe :',
  },
  askingAnew: {
    title: 'Encore une fois',
    headline: 'Veuillez répondre encore une fois',
    intro:
      'Cette page est restée ouverte trop longtemps, ou quelqu’un s’est connecté ou déconnecté entre-temps : votre réponse n’a pas été prise en compte. Vous allez être redirigé(e) vers la même question. Si rien ne se passe :',
  },
  answered: {
    title: 'Déjà répondu',
    headline: 'Vous avez déjà répondu',
    intro:
      'Chaque question n’est posée qu’une fois, et c’est votre première réponse qui compte. Si {app} vous attend encore, retournez-y et recommencez.',
  },
  leaving: {
    title: 'Retour à {app}',
    intro: 'Vous allez être redirigé(e). Si rien ne se passe :',
    introTo: 'Vous allez être redirigé(e) vers {host}. Si rien ne se passe :',
  },
  untold: {
    title: 'Rien n’a été autorisé',
    intro:
      'Une application a demandé quelque chose ici et n’a rien obtenu. Personne n’a vérifié cette application : vous n’y êtes donc pas renvoyé(e) sans votre accord. Si c’est la vôtre et qu’elle attend encore, prévenez-la :',
  },
  device: {
    title: 'Autoriser un appareil',
    wrong:
      'Rien n’attend ce code. Il est peut-être mal saisi, déjà utilisé ou expiré : un code est valable dix minutes.',
    code: 'Code',
    compare: 'Est-ce bien le code affiché sur votre appareil ?',
    helpType:
      'Saisissez le code affiché sur votre appareil. Ne continuez que si vous avez vous-même lancé cette demande : si quelqu’un vous a envoyé un code, c’est pour obtenir votre autorisation.',
    helpCompare:
      'Comparez-le avec le code affiché sur votre appareil. Ne continuez que s’il est identique et si vous avez vous-même lancé cette demande : si quelqu’un vous a envoyé un code, c’est pour obtenir votre autorisation.',
  },
  deviceTries: {
    title: 'Trop de codes erronés',
    intro: {
      one: 'Vous ne pouvez plus rien autoriser pour le moment. Réessayez dans une minute, avec un nouveau code de votre appareil.',
      other:
        'Vous ne pouvez plus rien autoriser pour le moment. Réessayez dans {count} minutes, avec un nouveau code de votre appareil.',
    },
  },
  deviceAllowed: {
    title: 'Autorisé',
    headline: 'Votre appareil est autorisé',
    intro: 'Retournez à votre appareil : {app} y reprend dans quelques secondes. Vous pouvez fermer cette page.',
    help: 'Vous pouvez consulter <a>ce que vous avez autorisé</a> dans ce navigateur et y mettre fin.',
  },
  deviceDenied: {
    title: 'Refusé',
    headline: 'L’appareil n’a pas été autorisé',
    intro: '{app} n’a rien obtenu et est informée de votre refus. Vous pouvez fermer cette page.',
  },
  deviceOver: {
    title: 'Déjà répondu',
    headline: 'Une réponse a déjà été donnée, ou le code a expiré',
    intro:
      'Chaque code ne sert qu’une fois et est valable dix minutes. Si votre appareil vous attend encore, recommencez sur celui-ci.',
    another: 'Saisir un autre code',
  },
  logout: {
    title: 'Se déconnecter ?',
    forGood: 'Les applications que vous avez autorisées depuis votre connexion devront vous redemander.',
    alsoAt: 'Vous serez également déconnecté(e) de {provider}.',
    back: 'Vous reviendrez ensuite à {app}.',
    help: 'Avant cela, vous pouvez consulter <a>ce que vous avez autorisé</a> dans ce navigateur et y mettre fin.',
    forget: 'Oublier ici ce que j’ai autorisé : les applications devront redemander',
    press: 'Se déconnecter',
    stay: 'Rester connecté(e) et revenir à {app}',
  },
  loggedOut: {
    title: 'Déconnexion effectuée',
    headline: 'Vous êtes déconnecté(e)',
    intro: 'Personne n’est connecté ici depuis ce navigateur.',
    livesOn:
      '<strong>Vous êtes peut-être encore connecté(e) à {provider}</strong>, qui n’a pas pu être joint. Déconnectez-vous aussi là-bas si d’autres personnes utilisent ce navigateur.',
    goes: 'Vous allez être redirigé(e). Si rien ne se passe :',
  },
  goingToProvider: {
    title: 'Déconnexion effectuée',
    headline: 'Vous êtes déconnecté(e) ici',
    intro: '{provider} doit maintenant vous déconnecter aussi. Si rien ne se passe :',
    goOn: 'Continuer vers {provider}',
  },
  apps: {
    title: 'Ce que vous avez autorisé',
    intro:
      'Voici ce que vous avez autorisé <strong>dans ce navigateur</strong> ; ce que vous avez autorisé dans d’autres n’est pas connu ici.',
    none: 'Aucune application n’est connue dans ce navigateur.',
    cut: 'Des applications plus anciennes n’ont pas trouvé place dans cette liste.',
    where: 'Où',
    what: 'Quoi',
    actsForYou: 'Agit pour vous',
    actsAt: 'auprès de {provider}',
    told: 'A appris',
    toldWho: 'qui vous êtes',
    toldMore: 'qui vous êtes, ainsi que : {claims}',
    howLong: 'Durée',
    offline: 'même après votre déconnexion',
    when: 'Quand',
    end: 'Mettre fin à {app}',
    all: 'Tout, partout',
    allHelp:
      'Met fin à toutes vos applications et à toutes vos sessions, y compris dans d’autres navigateurs, et vous déconnecte.',
    endAll: 'Tout arrêter',
    onlyLogout:
      'Il n’est pas possible de mettre fin à une seule application ici. <a>Déconnectez-vous</a>, et aucune application n’obtiendra rien de nouveau de cette session ; ce qu’elle a reste valable jusqu’à son expiration.',
    nothingEnds:
      'Il n’est possible de mettre fin à rien ici : ce qu’une application a reste valable jusqu’à son expiration.',
  },
  ended: {
    title: 'Terminé',
    all: 'Toutes vos applications et toutes vos sessions ont pris fin, et vous êtes déconnecté(e). Il peut s’écouler quelques secondes avant que chaque service le sache.',
    one: 'L’application a perdu son accès, partout où elle était autorisée. Elle devra vous redemander. Il peut s’écouler quelques secondes avant que chaque service le sache.',
    livesOn:
      'Ce que vous avez autorisé auprès de <strong>{provider}</strong> y reste valable. Vous pouvez y mettre fin dans vos paramètres chez {provider}.',
    back: 'Retour à ce que vous avez autorisé',
  },
  notLoggedIn: {
    title: 'Non connecté(e)',
    headline: 'Vous n’êtes pas connecté(e)',
    intro: 'Vous verrez ce que vous avez autorisé dès qu’une application vous aura envoyé(e) ici pour vous connecter.',
  },
  refused: {
    404: {
      title: 'Il n’y a rien ici',
      words: 'Le lien qui vous a conduit ici est erroné, ou ce vers quoi il menait n’existe plus.',
    },
    405: {
      title: 'Cette page ne peut pas être rouverte',
      words:
        'Un navigateur qui rouvre ses pages ne peut pas rétablir ce qui était demandé ici, et une adresse saisie à la main ne pose aucune question. Retournez à l’application et recommencez.',
    },
    413: { title: 'C’était trop', words: 'Ce qui a été envoyé est plus long que tout ce qui est demandé ici.' },
    414: {
      title: 'Ce lien est trop long',
      words:
        'L’application qui l’a créé demande plus que ce qui peut y tenir. Son exploitant peut lui faire demander moins.',
    },
    421: {
      title: 'Cette adresse n’est pas servie ici',
      words: 'Ce serveur est connu sous une autre adresse. Retournez à l’application et recommencez.',
    },
  },
  failed: {
    invalid_client: {
      title: 'Cette application n’est pas connue ici',
      words:
        'L’application qui vous a envoyé(e) ici se présente sous un nom que ce serveur ne connaît pas, ou ne connaît plus. Dans cette application, supprimez ce serveur puis ajoutez-le de nouveau : ils referont connaissance.',
    },
    access_denied: {
      title: 'Rien n’a été autorisé',
      words:
        'La connexion a été abandonnée, ou refusée là où vous vous connectez. Elle n’a connecté personne. Vous pouvez réessayer.',
    },
    login_required: {
      title: 'Il faut une autre connexion',
      words:
        'L’application a besoin de savoir quand vous vous êtes connecté(e), et l’endroit où vous l’avez fait ne l’indique pas. Rien n’a été autorisé.',
    },
    login_failed: {
      title: 'La connexion n’a pas abouti',
      words: 'Elle n’a connecté personne. Vous pouvez réessayer.',
    },
    foreign_login: {
      title: 'Cette connexion a commencé dans un autre navigateur',
      words:
        'Personne n’a été connecté ici. Continuez dans cet autre navigateur, ou recommencez dans celui-ci. Si vous revenez à cette page, c’est qu’il ne conserve aucun cookie de ce serveur.',
    },
    login_too_long: {
      title: 'Ce compte ne peut pas être utilisé ici',
      words:
        'Ce qui en est dit est plus long que ce qu’un navigateur conserve. Personne n’a été connecté. Un autre compte peut convenir ; l’exploitant trouve dans son journal ce qui est trop long.',
    },
    foreign_form: {
      title: 'Ce formulaire n’a pas été envoyé depuis ce site',
      words: 'Pour votre sécurité, rien n’a été fait.',
    },
    slow_down: {
      title: 'Veuillez patienter une minute',
      words: 'Trop de connexions ont été lancées depuis votre réseau. Rien n’est perdu.',
    },
    temporarily_unavailable: {
      title: 'Veuillez réessayer dans un instant',
      words: 'Ce serveur ne peut pas poursuivre pour le moment. Rien n’est perdu.',
    },
    server_error: {
      title: 'Un problème est survenu ici',
      words: 'Vous n’y êtes pour rien. L’exploitant en trouve la cause dans son journal.',
    },
    otherwise: {
      title: 'Ce lien ne fonctionne pas',
      words: 'Il est mal formé, périmé ou destiné à un autre navigateur. Retournez à l’application et recommencez.',
    },
  },
  press: { beginAgain: 'Recommencer ici', logOut: 'Se déconnecter ici' },
  claims: {
    name: 'nom',
    'user name': 'nom d’utilisateur',
    'profile page': 'page de profil',
    picture: 'photo',
    website: 'site web',
    gender: 'genre',
    'date of birth': 'date de naissance',
    'time zone': 'fuseau horaire',
    language: 'langue',
    'e-mail address': 'adresse e-mail',
    'postal address': 'adresse postale',
    'phone number': 'numéro de téléphone',
  },
}
