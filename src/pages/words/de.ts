/**
 * The words of all pages in German.
 *
 * @module
 */

import type { Words } from './words.ts'

/** All words. */
export const de: Words = {
  frame: {
    name: 'Deutsch',
    formats: 'de',
    direction: 'ltr',
    development: 'Entwicklung: Hier kann sich jede Person als jede andere anmelden.',
    help: 'Hilfe',
    privacy: 'Datenschutz',
    terms: 'Nutzungsbedingungen',
    language: 'Sprache',
  },
  common: {
    loggedIn: 'Sie sind angemeldet.',
    loggedInAs: 'Sie sind als {account} angemeldet.',
    time: '{time} UTC',
    toStart: 'Zur Startseite',
    goOn: 'Weiter',
    tryAgain: 'Erneut versuchen',
    backTo: 'Zurück zu {app}',
    code: 'Code: {code}',
    request: 'Anfrage: {id}',
    appOnDevice: 'App auf diesem Gerät',
    aDevice: 'Ein Gerät',
  },
  start: {
    intro:
      'Dies ist ein Autorisierungsserver nach OAuth 2.1. Hier melden Sie sich für Apps an; sonst gibt es hier nichts zu tun.',
    metadata: 'Metadaten für Entwickler',
  },
  login: {
    title: 'Anmelden',
    headline: 'Wie möchten Sie sich anmelden?',
    intro: '{app} bittet Sie, sich anzumelden.',
    goOnWith: 'Weiter mit {provider}',
    last: 'Zuletzt von Ihnen verwendet.',
  },
  developmentLogin: {
    title: 'Anmelden',
    headline: 'Wer möchten Sie sein?',
    intro:
      '{app} bittet Sie, sich anzumelden. Dies ist die Anmeldung für die Entwicklung: Jeder Name ist recht, und es gibt sie nur auf diesem Rechner.',
    name: 'Name',
    press: 'Anmelden',
  },
  consent: {
    title: '{app} möchte auf Ihr Konto bei {owner} zugreifen',
    titleLogin: 'Mit Ihrem Konto bei {owner} bei {app} anmelden',
    titleOnDevice: 'Eine App auf diesem Gerät möchte auf Ihr Konto bei {owner} zugreifen',
    can: 'Das darf die App dann:',
    canAt: 'Das darf die App dann bei {resource}:',
    seeOnly: 'Ansehen, ohne etwas zu ändern',
    change: 'Ändern',
    more: { one: 'Und {count} weitere Angabe', other: 'Und {count} weitere Angaben' },
    knowYou: 'Erkennen, dass Sie es sind',
    goOnOffline: 'Weiterarbeiten, auch nachdem Sie sich abgemeldet haben',
    see: 'Diese Angaben über Sie sehen: {claims}',
    actsAt: 'Die App handelt für Sie bei {provider}:',
    actsByAll: 'tut, was Sie dort bei der Anmeldung erlaubt haben',
    actsByMore: 'tut, was Sie dort bei der Anmeldung sonst noch erlaubt haben',
    app: 'App',
    goesTo: 'Antwort geht an',
    goesToDevice: 'das Gerät, das {code} anzeigt',
    started: 'Begonnen',
    startedAt: '{ago}, am {time}',
    startedNow: 'vor weniger als einer Minute',
    lifetime: 'Dauer',
    untilLogout: '{span} oder bis Sie sich abmelden',
    afterLogout: '{span}, auch nachdem Sie sich abgemeldet haben',
    which: '{number} von {count}',
    detail: '{detail}, {which}',
    sameAs: 'Ein und dasselbe wie bei {resource}',
    yes: 'ja',
    no: 'nein',
    none: 'nichts',
    empty: 'leer',
    spaces: 'nur Leerzeichen',
    ownName: 'Die Antwort geht an: {place}. Diesen Namen hat sich die App selbst gegeben, und niemand hat ihn geprüft.',
    noName: 'Die Antwort geht an: {place}. Niemand hat geprüft, welche App das ist.',
    published: 'Die Antwort geht an: {place}. Die App wird von {publisher} veröffentlicht.',
    publishedElsewhere:
      'Die Antwort geht an: {place}. Die App wird von {publisher} veröffentlicht. Das ist ein anderer Host als der, an den die Antwort geht.',
    onDevice:
      'Die Antwort geht an eine App auf diesem Gerät. Niemand kann nachweisen, welche App das ist: Fahren Sie nur fort, wenn Sie sie gerade selbst gestartet haben.',
    walkInOnDevice:
      'Niemand kann nachweisen, welche App auf diesem Gerät das ist: Fahren Sie nur fort, wenn Sie sie gerade selbst gestartet haben.',
    publishedOnDevice:
      'Niemand kann nachweisen, welche App auf diesem Gerät das ist, und jede kann behaupten, die von {publisher} zu sein: Fahren Sie nur fort, wenn Sie sie gerade selbst gestartet haben.',
    fromDevice:
      'Erlauben Sie das nur, wenn Sie es auf Ihrem Gerät selbst begonnen haben und es genau diesen Code anzeigt. Niemand kann nachweisen, welches Gerät das ist: Wer Ihnen den Code geschickt hat, bekommt, was Sie erlauben.',
    later: 'Sie können das jederzeit unter <a>Was Sie erlaubt haben</a> beenden.',
    allow: 'Erlauben',
    deny: 'Ablehnen',
    another: 'Anderes Konto verwenden',
  },
  switching: {
    title: 'Anderes Konto',
    intro:
      'Sie werden zur Anmeldung weitergeleitet; danach geht es mit derselben Anfrage weiter. Falls nichts geschieht:',
  },
  askingAnew: {
    title: 'Noch einmal',
    headline: 'Bitte antworten Sie noch einmal',
    intro:
      'Diese Seite war zu lange offen, oder inzwischen hat sich jemand an- oder abgemeldet. Darum hat Ihre Antwort nicht gezählt. Sie werden zur selben Frage weitergeleitet. Falls nichts geschieht:',
  },
  answered: {
    title: 'Schon beantwortet',
    headline: 'Das haben Sie schon beantwortet',
    intro:
      'Jede Frage wird einmal gestellt, und Ihre erste Antwort zählt. Falls {app} noch auf Sie wartet, gehen Sie zurück und beginnen Sie dort von vorn.',
  },
  leaving: {
    title: 'Zurück zu {app}',
    intro: 'Sie werden zurückgeleitet. Falls nichts geschieht:',
    introTo: 'Sie werden zu {host} zurückgeleitet. Falls nichts geschieht:',
  },
  untold: {
    title: 'Nichts wurde erlaubt',
    intro:
      'Eine App hat hier um etwas gebeten und nichts bekommen. Niemand hat diese App geprüft; darum werden Sie nicht ungefragt zu ihr geschickt. Wenn es Ihre ist und sie noch wartet, sagen Sie es ihr:',
  },
  device: {
    title: 'Einem Gerät Zugriff erlauben',
    wrong:
      'Auf diesen Code wartet nichts. Er kann vertippt, schon beantwortet oder abgelaufen sein: Ein Code gilt zehn Minuten.',
    code: 'Code',
    compare: 'Ist das der Code auf Ihrem Gerät?',
    helpType:
      'Geben Sie den Code ein, den Ihr Gerät anzeigt. Fahren Sie nur fort, wenn Sie das selbst begonnen haben: Wer Ihnen einen Code geschickt hat, will von Ihnen Zugriff bekommen.',
    helpCompare:
      'Vergleichen Sie ihn mit dem Code, den Ihr Gerät anzeigt. Fahren Sie nur fort, wenn beide gleich sind und Sie das selbst begonnen haben: Wer Ihnen einen Code geschickt hat, will von Ihnen Zugriff bekommen.',
  },
  deviceTries: {
    title: 'Zu viele falsche Codes',
    intro: {
      one: 'Für eine Weile können Sie keinem Gerät Zugriff erlauben. Versuchen Sie es in einer Minute erneut, mit einem neuen Code Ihres Geräts.',
      other:
        'Für eine Weile können Sie keinem Gerät Zugriff erlauben. Versuchen Sie es in {count} Minuten erneut, mit einem neuen Code Ihres Geräts.',
    },
  },
  deviceAllowed: {
    title: 'Zugriff erlaubt',
    headline: 'Ihr Gerät hat jetzt Zugriff',
    intro:
      'Gehen Sie zurück zu Ihrem Gerät: Dort geht es mit {app} in wenigen Sekunden weiter. Sie können diese Seite schließen.',
    help: 'Sie können sich ansehen, <a>was Sie in diesem Browser erlaubt haben</a>, und es beenden.',
  },
  deviceDenied: {
    title: 'Zugriff abgelehnt',
    headline: 'Das Gerät hat keinen Zugriff bekommen',
    intro: '{app} hat nichts bekommen und erfährt, dass Sie abgelehnt haben. Sie können diese Seite schließen.',
  },
  deviceOver: {
    title: 'Schon beantwortet',
    headline: 'Das wurde schon beantwortet oder ist abgelaufen',
    intro:
      'Jeder Code wird einmal beantwortet und gilt zehn Minuten. Falls Ihr Gerät noch auf Sie wartet, beginnen Sie dort von vorn.',
    another: 'Einen anderen Code eingeben',
  },
  logout: {
    title: 'Abmelden?',
    forGood: 'Apps, denen Sie seit Ihrer Anmeldung Zugriff erlaubt haben, müssen Sie dann erneut fragen.',
    alsoAt: 'Auch bei {provider} werden Sie abgemeldet.',
    back: 'Danach geht es zurück zu {app}.',
    help: 'Vorher können Sie sich ansehen, <a>was Sie in diesem Browser erlaubt haben</a>, und es beenden.',
    forget: 'Hier vergessen, was ich erlaubt habe: Apps müssen erneut fragen',
    press: 'Abmelden',
    stay: 'Angemeldet bleiben und zurück zu {app}',
  },
  loggedOut: {
    title: 'Abgemeldet',
    headline: 'Sie sind abgemeldet',
    intro: 'In diesem Browser ist hier niemand angemeldet.',
    livesOn:
      '<strong>Bei {provider} sind Sie möglicherweise noch angemeldet</strong>: Dort war niemand zu erreichen. Melden Sie sich auch dort ab, wenn andere diesen Browser benutzen.',
    goes: 'Sie werden zurückgeleitet. Falls nichts geschieht:',
  },
  goingToProvider: {
    title: 'Abgemeldet',
    headline: 'Hier sind Sie abgemeldet',
    intro: 'Nun soll auch {provider} Sie abmelden. Falls nichts geschieht:',
    goOn: 'Weiter zu {provider}',
  },
  apps: {
    title: 'Was Sie erlaubt haben',
    intro:
      'Das haben Sie <strong>in diesem Browser</strong> erlaubt; was Sie in anderen erlaubt haben, ist hier nicht bekannt.',
    none: 'In diesem Browser ist keine App bekannt.',
    cut: 'Für ältere Apps war in dieser Liste kein Platz.',
    where: 'Wo',
    what: 'Was',
    actsForYou: 'Handelt für Sie',
    actsAt: 'bei {provider}',
    told: 'Hat erfahren',
    toldWho: 'wer Sie sind',
    toldMore: 'wer Sie sind, außerdem: {claims}',
    howLong: 'Wie lange',
    offline: 'auch nachdem Sie sich abgemeldet haben',
    when: 'Wann',
    end: '{app} beenden',
    all: 'Alles, überall',
    allHelp: 'Beendet alle Ihre Apps und Sitzungen, auch in anderen Browsern, und meldet Sie ab.',
    endAll: 'Alles beenden',
    onlyLogout:
      'Eine App allein lässt sich hier nicht beenden. <a>Melden Sie sich ab</a>, und keine App bekommt aus dieser Sitzung etwas Neues; was sie hat, gilt, bis es abläuft.',
    nothingEnds: 'Hier lässt sich nichts beenden: Was eine App hat, gilt, bis es abläuft.',
  },
  ended: {
    title: 'Beendet',
    all: 'Alle Ihre Apps und Sitzungen sind beendet, und Sie sind abgemeldet. Es kann einige Sekunden dauern, bis jeder Dienst es weiß.',
    one: 'Die App ist beendet, überall, wo sie Zugriff hatte. Sie muss Sie erneut fragen. Es kann einige Sekunden dauern, bis jeder Dienst es weiß.',
    livesOn:
      'Was Sie bei <strong>{provider}</strong> erlaubt haben, besteht dort weiter. Sie können es in Ihren Einstellungen bei {provider} beenden.',
    back: 'Zurück zu dem, was Sie erlaubt haben',
  },
  notLoggedIn: {
    title: 'Nicht angemeldet',
    headline: 'Sie sind nicht angemeldet',
    intro: 'Was Sie erlaubt haben, ist zu sehen, sobald eine App Sie zur Anmeldung hierher geschickt hat.',
  },
  refused: {
    404: {
      title: 'Hier ist nichts',
      words: 'Der Link, der Sie hierher geführt hat, ist falsch, oder sein Ziel gibt es nicht mehr.',
    },
    405: {
      title: 'Diese Seite lässt sich nicht noch einmal öffnen',
      words:
        'Ein Browser, der seine Seiten wieder öffnet, kann nicht zurückholen, wonach hier gefragt wurde, und eine eingetippte Adresse stellt keine Frage. Gehen Sie zurück zur App und beginnen Sie von vorn.',
    },
    413: { title: 'Das war zu viel', words: 'Was gesendet wurde, ist länger als alles, wonach hier gefragt wird.' },
    414: {
      title: 'Dieser Link ist zu lang',
      words:
        'Die App, von der er stammt, bittet um mehr, als hineinpasst. Wer die App betreibt, kann um weniger bitten lassen.',
    },
    421: {
      title: 'Unter dieser Adresse gibt es hier nichts',
      words:
        'Dieser Server ist unter einer anderen Adresse bekannt. Gehen Sie zurück zur App und beginnen Sie von vorn.',
    },
  },
  failed: {
    invalid_client: {
      title: 'Diese App ist hier nicht bekannt',
      words:
        'Die App, die Sie hierher geschickt hat, nennt sich mit einem Namen, den dieser Server nicht oder nicht mehr kennt. Entfernen Sie in der App diesen Server und fügen Sie ihn wieder hinzu: Dann lernen die beiden einander neu kennen.',
    },
    access_denied: {
      title: 'Nichts wurde erlaubt',
      words:
        'Die Anmeldung wurde abgebrochen, oder sie wurde dort abgelehnt, wo Sie sich anmelden. Niemand wurde dadurch angemeldet. Sie können es erneut versuchen.',
    },
    login_required: {
      title: 'Dafür braucht es eine andere Anmeldung',
      words:
        'Die App muss wissen, wann Sie sich angemeldet haben, und wo Sie es getan haben, wird das nicht mitgeteilt. Nichts wurde erlaubt.',
    },
    login_failed: {
      title: 'Die Anmeldung hat nicht geklappt',
      words: 'Niemand wurde dadurch angemeldet. Sie können es erneut versuchen.',
    },
    foreign_login: {
      title: 'Diese Anmeldung wurde in einem anderen Browser begonnen',
      words:
        'Hier wurde niemand angemeldet. Machen Sie in jenem Browser weiter, oder beginnen Sie in diesem von vorn. Wenn Sie dann wieder auf dieser Seite landen, speichert er keine Cookies dieses Servers.',
    },
    login_too_long: {
      title: 'Dieses Konto lässt sich hier nicht aufnehmen',
      words:
        'Was darüber mitgeteilt wird, ist länger, als ein Browser speichert. Niemand wurde angemeldet. Mit einem anderen Konto kann es gehen; der Betreiber findet im Protokoll, was zu lang ist.',
    },
    foreign_form: {
      title: 'Dieses Formular wurde nicht von hier gesendet',
      words: 'Zu Ihrer Sicherheit wurde nichts getan.',
    },
    slow_down: {
      title: 'Bitte warten Sie eine Minute',
      words: 'Von Ihrem Anschluss aus wurden zu viele Anmeldungen begonnen. Nichts ist verloren.',
    },
    temporarily_unavailable: {
      title: 'Bitte versuchen Sie es gleich noch einmal',
      words: 'Dieser Server kann im Moment nicht weitermachen. Nichts ist verloren.',
    },
    server_error: {
      title: 'Hier ist etwas schiefgegangen',
      words: 'Das liegt nicht an Ihnen. Der Betreiber findet im Protokoll, was es war.',
    },
    otherwise: {
      title: 'Dieser Link funktioniert nicht',
      words:
        'Er ist fehlerhaft, veraltet oder wurde für einen anderen Browser gemacht. Gehen Sie zurück zur App und beginnen Sie von vorn.',
    },
  },
  press: { beginAgain: 'Hier von vorn beginnen', logOut: 'Hier abmelden' },
  claims: {
    name: 'Name',
    'user name': 'Benutzername',
    'profile page': 'Profilseite',
    picture: 'Bild',
    website: 'Website',
    gender: 'Geschlecht',
    'date of birth': 'Geburtsdatum',
    'time zone': 'Zeitzone',
    language: 'Sprache',
    'e-mail address': 'E-Mail-Adresse',
    'postal address': 'Postanschrift',
    'phone number': 'Telefonnummer',
  },
}
