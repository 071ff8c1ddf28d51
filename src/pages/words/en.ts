/**
 * The words of all pages in English: what every other language has by the same names.
 *
 * A text is a whole sentence. `{app}` is a hole, `<strong>` and `<a>` are its only marks; a text of which a number decides has a form for
 * each plural of its language.
 *
 * @module
 */

/** All words. */
export const en = {
  frame: {
    /** What the language calls itself. */
    name: 'English',
    /** By which rules it writes times, numbers and lists (BCP 47). */
    formats: 'en-GB',
    direction: 'ltr',
    development: 'Development: here anybody can log in as anybody.',
    help: 'Help',
    privacy: 'Privacy',
    terms: 'Terms',
    language: 'Language',
  },
  common: {
    loggedIn: 'You are logged in.',
    loggedInAs: 'You are logged in as {account}.',
    time: '{time} UTC',
    toStart: 'Go to the start page',
    goOn: 'Go on',
    tryAgain: 'Try again',
    backTo: 'Back to {app}',
    code: 'Code: {code}',
    request: 'Request: {id}',
    appOnDevice: 'an app on this device',
    aDevice: 'A device',
  },
  start: {
    intro: 'This is an OAuth 2.1 authorization server. It logs you in for apps; there is nothing to do here.',
    metadata: 'Metadata for developers',
  },
  login: {
    title: 'Log in',
    headline: 'How do you want to log in?',
    intro: '{app} asks you to log in.',
    goOnWith: 'Continue with {provider}',
    last: 'You used this last time.',
  },
  developmentLogin: {
    title: 'Log in',
    headline: 'Who do you want to be?',
    intro:
      '{app} asks you to log in. This is the development login: any name will do, and it exists on this machine alone.',
    name: 'Name',
    press: 'Log in',
  },
  consent: {
    title: '{app} wants access to your account at {owner}',
    titleLogin: 'Log in to {app} with your account at {owner}',
    titleOnDevice: 'An app on this device wants access to your account at {owner}',
    can: 'It will be able to:',
    canAt: 'At {resource} it will be able to:',
    seeOnly: 'See, and change nothing',
    change: 'Change',
    more: { one: 'And {count} more', other: 'And {count} more' },
    knowYou: 'Know that it is you',
    goOnOffline: 'Go on after you have logged out',
    see: 'See your {claims}',
    actsAt: 'It will act for you at {provider}:',
    actsByAll: 'do what you allowed there when you logged in',
    actsByMore: 'do whatever else you allowed there when you logged in',
    app: 'App',
    goesTo: 'Answer goes to',
    goesToDevice: 'the device that shows {code}',
    started: 'Started',
    startedAt: '{ago}, at {time}',
    startedNow: 'less than a minute ago',
    lifetime: 'For',
    untilLogout: '{span}, or until you log out',
    afterLogout: '{span}, even after you log out',
    which: '{number} of {count}',
    detail: '{detail}, {which}',
    sameAs: 'One and the same as at {resource}',
    yes: 'yes',
    no: 'no',
    none: 'none',
    empty: 'empty',
    spaces: 'only spaces',
    ownName: 'The answer goes to {place}. The app gave itself this name, and nobody has checked it.',
    noName: 'The answer goes to {place}. Nobody has checked which app this is.',
    published: 'The answer goes to {place}. The app is published by {publisher}.',
    publishedElsewhere:
      'The answer goes to {place}. The app is published by {publisher}. That is another host than the one that published it.',
    onDevice:
      'The answer goes to an app on this device. Nobody can prove which app that is: go on only if you have just started it yourself.',
    walkInOnDevice:
      'Nobody can prove which app on this device that is: go on only if you have just started it yourself.',
    publishedOnDevice:
      'Nobody can prove which app on this device that is, and any can say that it is the one of {publisher}: go on only if you have just started it yourself.',
    fromDevice:
      'Allow this only if you started this on your device, and it shows this very code. Nobody can prove which device that is: whoever sent you the code gets what you allow.',
    later: 'You can end this at any time under <a>What you allowed</a>.',
    allow: 'Allow',
    deny: 'Deny',
    another: 'Use another account',
  },
  switching: {
    title: 'Another account',
    intro: 'You are being taken to the login, and go on from there with the same request. If nothing happens:',
  },
  askingAnew: {
    title: 'Once more',
    headline: 'Please answer once more',
    intro:
      'This page was open for too long, or somebody has logged in or out since, so your answer did not count. You are being taken to the same question. If nothing happens:',
  },
  answered: {
    title: 'Answered before',
    headline: 'You have answered this before',
    intro:
      'Each question is asked once, and your first answer counts. If {app} still waits for you, go back and start again there.',
  },
  leaving: {
    title: 'Back to {app}',
    intro: 'You are being taken back. If nothing happens:',
    introTo: 'You are being taken back to {host}. If nothing happens:',
  },
  untold: {
    title: 'Nothing was allowed',
    intro:
      'An app asked for something here, and nothing was given. Nobody has checked this app, so you are not sent to it unasked. If it is yours and still waits, tell it:',
  },
  device: {
    title: 'Let a device in',
    wrong: 'Nothing waits for this code. It may be mistyped, answered already, or over: a code lasts ten minutes.',
    code: 'Code',
    compare: 'Is this the code on your device?',
    helpType:
      'Type the code that your device shows. Go on only if you started this yourself: whoever sent you a code wants to be let in by you.',
    helpCompare:
      'Compare it with the code that your device shows. Go on only if it is the same, and if you started this yourself: whoever sent you a code wants to be let in by you.',
  },
  deviceTries: {
    title: 'Too many wrong codes',
    intro: {
      one: 'Nothing can be let in by you for a while. Try again in a minute, with a new code of your device.',
      other: 'Nothing can be let in by you for a while. Try again in {count} minutes, with a new code of your device.',
    },
  },
  deviceAllowed: {
    title: 'Let in',
    headline: 'Your device is let in',
    intro: 'Go back to your device: {app} goes on there in a few seconds. This page can be closed.',
    help: 'You can look at <a>what you allowed</a> in this browser, and end it.',
  },
  deviceDenied: {
    title: 'Not let in',
    headline: 'The device was not let in',
    intro: '{app} got nothing, and is told that you said no. This page can be closed.',
  },
  deviceOver: {
    title: 'Answered before',
    headline: 'This was answered before, or is over',
    intro: 'Each code is answered once, and lasts ten minutes. If your device still waits for you, start again there.',
    another: 'Type another code',
  },
  logout: {
    title: 'Log out?',
    forGood: 'Apps that you let in since you logged in will have to ask you again.',
    alsoAt: 'At {provider} you are logged out, too.',
    back: 'Then you go back to {app}.',
    help: 'Before that you can look at <a>what you allowed</a> in this browser, and end it.',
    forget: 'Forget here what I allowed: apps have to ask again',
    press: 'Log out',
    stay: 'Stay logged in, and go back to {app}',
  },
  loggedOut: {
    title: 'Logged out',
    headline: 'You are logged out',
    intro: 'Nobody is logged in here from this browser.',
    livesOn:
      '<strong>At {provider} you may still be logged in</strong>: it could not be reached. Log out there, too, if others use this browser.',
    goes: 'You are being taken back. If nothing happens:',
  },
  goingToProvider: {
    title: 'Logged out',
    headline: 'You are logged out here',
    intro: 'Now {provider} is to log you out, too. If nothing happens:',
    goOn: 'Go on to {provider}',
  },
  apps: {
    title: 'What you allowed',
    intro: 'This is what you allowed <strong>in this browser</strong>; what you allowed in others is not known here.',
    none: 'No app is known in this browser.',
    cut: 'Older apps had no room in this list.',
    where: 'Where',
    what: 'What',
    actsForYou: 'Acts for you',
    actsAt: 'at {provider}',
    told: 'Was told',
    toldWho: 'who you are',
    toldMore: 'who you are, and your {claims}',
    howLong: 'How long',
    offline: 'even after you log out',
    when: 'When',
    end: 'End {app}',
    all: 'Everything, everywhere',
    allHelp: 'Ends every app and every session that is yours, in other browsers too, and logs you out.',
    endAll: 'End everything',
    onlyLogout:
      'One app cannot be ended alone here. <a>Log out</a>, and no app gets anything new from this session; what it has works until it expires.',
    nothingEnds: 'Nothing can be ended here: what an app has works until it expires.',
  },
  ended: {
    title: 'Ended',
    all: 'Every app and every session of yours has ended, and you are logged out. It can take a few seconds until every service knows.',
    one: 'The app has ended, wherever it was let in. It has to ask you again. It can take a few seconds until every service knows.',
    livesOn:
      'What you allowed at <strong>{provider}</strong> lives on there. You can end it in your settings at {provider}.',
    back: 'Back to what you allowed',
  },
  notLoggedIn: {
    title: 'Not logged in',
    headline: 'You are not logged in',
    intro: 'What you allowed can be seen once an app has sent you here to log in.',
  },
  /** What no endpoint takes, by its status. */
  refused: {
    404: {
      title: 'There is nothing here',
      words: 'The link that brought you here is wrong, or what it led to is gone.',
    },
    405: {
      title: 'This page cannot be opened again',
      words:
        'A browser that opens its pages again cannot bring back what was asked here, and nobody is asked at a typed address. Go back to the app and start again.',
    },
    413: { title: 'That was too much', words: 'What was sent is longer than anything that is asked here.' },
    414: {
      title: 'This link is too long',
      words: 'The app that made it asks for more than fits. Whoever runs the app can ask for less.',
    },
    421: {
      title: 'This address is not served here',
      words: 'This server is known by another address. Go back to the app and start again.',
    },
  },
  /** What failed, by its error code: what happened, and what to do. */
  failed: {
    invalid_client: {
      title: 'This app is not known here',
      words:
        'The app that sent you here calls itself by a name that this server does not know, or not any more. In that app, remove this server, and add it again: then the two get to know each other anew.',
    },
    access_denied: {
      title: 'Nothing was allowed',
      words: 'The login was given up, or refused where you log in. Nobody was logged in by it. You can try again.',
    },
    login_required: {
      title: 'This needs another login',
      words: 'The app needs to know when you logged in, and where you did so does not tell. Nothing was allowed.',
    },
    login_failed: { title: 'The login did not work', words: 'Nobody was logged in by it. You can try again.' },
    foreign_login: {
      title: 'This login began in another browser',
      words:
        'Nobody was logged in here. Go on in that browser, or begin again in this one. If that leads to this page again, it keeps no cookies of this server.',
    },
    login_too_long: {
      title: 'This account cannot be kept here',
      words:
        'What is said about it is longer than a browser keeps. Nobody was logged in. Another account may do; the operator finds in the log what is too long.',
    },
    foreign_form: { title: 'This form was not sent from here', words: 'For your safety nothing was done.' },
    slow_down: {
      title: 'Please wait a minute',
      words: 'Too many logins were begun from where you are. Nothing is lost.',
    },
    temporarily_unavailable: {
      title: 'Please try again in a moment',
      words: 'This server cannot go on right now. Nothing is lost.',
    },
    server_error: {
      title: 'Something went wrong here',
      words: 'This is not your fault. The operator finds in the log what it was.',
    },
    otherwise: {
      title: 'This link does not work',
      words: 'It is malformed, out of date, or was made for another browser. Go back to the app and start again.',
    },
  },
  /** What stands on the button that leads on from a failure. */
  press: { beginAgain: 'Begin again here', logOut: 'Log out here' },
  /** What people call what is known of them, by what it is called in English: cookies hold these names. */
  claims: {
    name: 'name',
    'user name': 'user name',
    'profile page': 'profile page',
    picture: 'picture',
    website: 'website',
    gender: 'gender',
    'date of birth': 'date of birth',
    'time zone': 'time zone',
    language: 'language',
    'e-mail address': 'e-mail address',
    'postal address': 'postal address',
    'phone number': 'phone number',
  },
} as const
