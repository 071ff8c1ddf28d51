/**
 * The words of all pages in Spanish.
 *
 * @module
 */

import type { Words } from './words.ts'

/** All words. */
export const es: Words = {
  frame: {
    name: 'Español',
    formats: 'es',
    direction: 'ltr',
    development: 'Desarrollo: aquí cualquiera puede iniciar sesión con cualquier nombre.',
    help: 'Ayuda',
    privacy: 'Privacidad',
    terms: 'Condiciones de uso',
    language: 'Idioma',
  },
  common: {
    loggedIn: 'Ha iniciado sesión.',
    loggedInAs: 'Ha iniciado sesión como {account}.',
    time: '{time} UTC',
    toStart: 'Ir a la página de inicio',
    goOn: 'Continuar',
    tryAgain: 'Volver a intentarlo',
    backTo: 'Volver a {app}',
    code: 'Código: {code}',
    request: 'Solicitud: {id}',
    appOnDevice: 'una aplicación de este dispositivo',
    aDevice: 'Un dispositivo',
  },
  start: {
    intro:
      'Este es un servidor de autorización OAuth 2.1. Aquí inicia sesión para usar aplicaciones; no hay nada más que hacer.',
    metadata: 'Metadatos para desarrolladores',
  },
  login: {
    title: 'Iniciar sesión',
    headline: '¿Cómo quiere iniciar sesión?',
    intro: '{app} le pide que inicie sesión.',
    goOnWith: 'Continuar con {provider}',
    last: 'Es lo que usó la última vez.',
  },
  developmentLogin: {
    title: 'Iniciar sesión',
    headline: '¿Quién quiere ser?',
    intro:
      '{app} le pide que inicie sesión. Este es el inicio de sesión de desarrollo: sirve cualquier nombre y solo existe en este equipo.',
    name: 'Nombre',
    press: 'Iniciar sesión',
  },
  consent: {
    title: '{app} quiere acceder a su cuenta de {owner}',
    titleLogin: 'Iniciar sesión en {app} con su cuenta de {owner}',
    titleOnDevice: 'Una aplicación de este dispositivo quiere acceder a su cuenta de {owner}',
    can: 'La aplicación podrá:',
    canAt: 'En {resource}, la aplicación podrá:',
    seeOnly: 'Ver, sin cambiar nada',
    change: 'Cambiar',
    more: { one: 'Y {count} elemento más', many: 'Y {count} elementos más', other: 'Y {count} elementos más' },
    knowYou: 'Saber que es usted',
    goOnOffline: 'Seguir después de que usted cierre la sesión',
    see: 'Ver estos datos sobre usted: {claims}',
    actsAt: 'La aplicación actuará por usted en {provider}:',
    actsByAll: 'hacer lo que usted permitió allí al iniciar sesión',
    actsByMore: 'hacer todo lo demás que usted permitió allí al iniciar sesión',
    app: 'Aplicación',
    goesTo: 'La respuesta va a',
    goesToDevice: 'el dispositivo que muestra {code}',
    started: 'Solicitado',
    startedAt: '{ago}, el {time}',
    startedNow: 'hace menos de un minuto',
    lifetime: 'Duración',
    untilLogout: '{span}, o hasta que cierre la sesión',
    afterLogout: '{span}, incluso después de cerrar la sesión',
    which: '{number} de {count}',
    detail: '{detail}, {which}',
    sameAs: 'Exactamente lo mismo que en {resource}',
    yes: 'sí',
    no: 'no',
    none: 'nada',
    empty: 'vacío',
    spaces: 'solo espacios',
    ownName: 'La respuesta va a: {place}. La aplicación se dio este nombre a sí misma y nadie lo ha comprobado.',
    noName: 'La respuesta va a: {place}. Nadie ha comprobado qué aplicación es.',
    published: 'La respuesta va a: {place}. La aplicación la publica {publisher}.',
    publishedElsewhere:
      'La respuesta va a: {place}. La aplicación la publica {publisher}. No es el mismo servidor que aquel al que va la respuesta.',
    onDevice:
      'La respuesta va a una aplicación de este dispositivo. Nadie puede demostrar qué aplicación es: continúe solo si acaba de abrirla usted.',
    walkInOnDevice:
      'Nadie puede demostrar qué aplicación de este dispositivo es: continúe solo si acaba de abrirla usted.',
    publishedOnDevice:
      'Nadie puede demostrar qué aplicación de este dispositivo es, y cualquiera puede decir que es la de {publisher}: continúe solo si acaba de abrirla usted.',
    fromDevice:
      'Permita esto solo si lo empezó usted en su dispositivo y este muestra exactamente este código. Nadie puede demostrar qué dispositivo es: quien le envió el código obtiene lo que usted permita.',
    later: 'Puede terminarlo en cualquier momento en <a>Lo que ha permitido</a>.',
    allow: 'Permitir',
    deny: 'Denegar',
    another: 'Usar otra cuenta',
  },
  switching: {
    title: 'Otra cuenta',
    intro: 'Le estamos llevando al inicio de sesión; desde allí seguirá con la misma solicitud. Si no ocurre nada:',
  },
  askingAnew: {
    title: 'Una vez más',
    headline: 'Responda una vez más, por favor',
    intro:
      'Esta página estuvo abierta demasiado tiempo, o alguien ha iniciado o cerrado sesión mientras tanto, así que su respuesta no contó. Le estamos llevando a la misma pregunta. Si no ocurre nada:',
  },
  answered: {
    title: 'Ya respondida',
    headline: 'Ya había respondido a esto',
    intro:
      'Cada pregunta se hace una vez y cuenta su primera respuesta. Si {app} todavía le espera, vuelva y empiece allí de nuevo.',
  },
  leaving: {
    title: 'Volver a {app}',
    intro: 'Le estamos llevando de vuelta. Si no ocurre nada:',
    introTo: 'Le estamos llevando de vuelta a {host}. Si no ocurre nada:',
  },
  untold: {
    title: 'No se permitió nada',
    intro:
      'Una aplicación pidió algo aquí y no recibió nada. Nadie ha comprobado esta aplicación, por eso no se le envía a ella sin preguntarle. Si es la suya y sigue esperando, avísele:',
  },
  device: {
    title: 'Permitir el acceso a un dispositivo',
    wrong: 'Nada espera este código. Puede estar mal escrito, ya respondido o caducado: un código dura diez minutos.',
    code: 'Código',
    compare: '¿Es este el código de su dispositivo?',
    helpType:
      'Escriba el código que muestra su dispositivo. Continúe solo si esto lo empezó usted: quien le envió un código quiere que usted le permita el acceso.',
    helpCompare:
      'Compárelo con el código que muestra su dispositivo. Continúe solo si es el mismo y si esto lo empezó usted: quien le envió un código quiere que usted le permita el acceso.',
  },
  deviceTries: {
    title: 'Demasiados códigos incorrectos',
    intro: {
      one: 'Durante un rato no podrá permitir ningún acceso. Vuelva a intentarlo en un minuto, con un código nuevo de su dispositivo.',
      other:
        'Durante un rato no podrá permitir ningún acceso. Vuelva a intentarlo en {count} minutos, con un código nuevo de su dispositivo.',
    },
  },
  deviceAllowed: {
    title: 'Acceso permitido',
    headline: 'Su dispositivo ya tiene acceso',
    intro: 'Vuelva a su dispositivo: {app} seguirá allí en unos segundos. Puede cerrar esta página.',
    help: 'Puede ver <a>lo que ha permitido</a> en este navegador y ponerle fin.',
  },
  deviceDenied: {
    title: 'Acceso denegado',
    headline: 'El dispositivo no recibió acceso',
    intro: '{app} no recibió nada y sabrá que usted dijo que no. Puede cerrar esta página.',
  },
  deviceOver: {
    title: 'Ya respondida',
    headline: 'Esto ya se respondió o ha caducado',
    intro:
      'Cada código se responde una vez y dura diez minutos. Si su dispositivo todavía le espera, empiece allí de nuevo.',
    another: 'Escribir otro código',
  },
  logout: {
    title: '¿Cerrar la sesión?',
    forGood: 'Las aplicaciones a las que permitió el acceso desde que inició sesión tendrán que volver a preguntarle.',
    alsoAt: 'También se cerrará su sesión en {provider}.',
    back: 'Después volverá a {app}.',
    help: 'Antes puede ver <a>lo que ha permitido</a> en este navegador y ponerle fin.',
    forget: 'Olvidar aquí lo que he permitido: las aplicaciones tendrán que volver a preguntar',
    press: 'Cerrar la sesión',
    stay: 'Mantener la sesión y volver a {app}',
  },
  loggedOut: {
    title: 'Sesión cerrada',
    headline: 'Ha cerrado la sesión',
    intro: 'Nadie tiene aquí una sesión iniciada desde este navegador.',
    livesOn:
      '<strong>Puede que su sesión en {provider} siga abierta</strong>: no se pudo contactar. Ciérrela allí también si otras personas usan este navegador.',
    goes: 'Le estamos llevando de vuelta. Si no ocurre nada:',
  },
  goingToProvider: {
    title: 'Sesión cerrada',
    headline: 'Ha cerrado la sesión aquí',
    intro: 'Ahora {provider} debe cerrar también su sesión. Si no ocurre nada:',
    goOn: 'Continuar a {provider}',
  },
  apps: {
    title: 'Lo que ha permitido',
    intro:
      'Esto es lo que ha permitido <strong>en este navegador</strong>; lo que haya permitido en otros no se conoce aquí.',
    none: 'No se conoce ninguna aplicación en este navegador.',
    cut: 'Las aplicaciones más antiguas no cabían en esta lista.',
    where: 'Dónde',
    what: 'Qué',
    actsForYou: 'Actúa por usted',
    actsAt: 'en {provider}',
    told: 'Se le comunicó',
    toldWho: 'quién es usted',
    toldMore: 'quién es usted y además: {claims}',
    howLong: 'Hasta cuándo',
    offline: 'incluso después de cerrar la sesión',
    when: 'Cuándo',
    end: 'Poner fin a {app}',
    all: 'Todo, en todas partes',
    allHelp:
      'Pone fin a todas sus aplicaciones y a todas sus sesiones, también en otros navegadores, y cierra esta sesión.',
    endAll: 'Poner fin a todo',
    onlyLogout:
      'Aquí no se puede poner fin a una sola aplicación. <a>Cierre la sesión</a> y ninguna aplicación recibirá nada nuevo de ella; lo que ya tiene sirve hasta que caduque.',
    nothingEnds: 'Aquí no se puede poner fin a nada: lo que tiene una aplicación sirve hasta que caduque.',
  },
  ended: {
    title: 'Terminado',
    all: 'Todas sus aplicaciones y todas sus sesiones han terminado, y su sesión aquí está cerrada. Pueden pasar unos segundos hasta que cada servicio lo sepa.',
    one: 'La aplicación ha perdido el acceso en todas partes. Tendrá que volver a preguntarle. Pueden pasar unos segundos hasta que cada servicio lo sepa.',
    livesOn:
      'Lo que permitió en <strong>{provider}</strong> sigue vigente allí. Puede ponerle fin en su configuración de {provider}.',
    back: 'Volver a lo que ha permitido',
  },
  notLoggedIn: {
    title: 'Sesión no iniciada',
    headline: 'No ha iniciado sesión',
    intro: 'Podrá ver lo que ha permitido cuando una aplicación le haya enviado aquí para iniciar sesión.',
  },
  refused: {
    404: {
      title: 'Aquí no hay nada',
      words: 'El enlace que le trajo aquí es incorrecto, o ya no existe aquello a lo que llevaba.',
    },
    405: {
      title: 'Esta página no se puede volver a abrir',
      words:
        'Un navegador que vuelve a abrir sus páginas no puede recuperar lo que se preguntaba aquí, y una dirección escrita a mano no pregunta nada. Vuelva a la aplicación y empiece de nuevo.',
    },
    413: { title: 'Era demasiado', words: 'Lo que se envió es más largo que cualquier cosa que se pregunte aquí.' },
    414: {
      title: 'Este enlace es demasiado largo',
      words:
        'La aplicación que lo creó pide más de lo que cabe. Quien gestiona la aplicación puede hacer que pida menos.',
    },
    421: {
      title: 'Esta dirección no se atiende aquí',
      words: 'Este servidor se conoce por otra dirección. Vuelva a la aplicación y empiece de nuevo.',
    },
  },
  failed: {
    invalid_client: {
      title: 'Esta aplicación no se conoce aquí',
      words:
        'La aplicación que le envió aquí usa un nombre que este servidor no conoce, o que ya no conoce. En esa aplicación, quite este servidor y vuelva a añadirlo: así se conocerán de nuevo.',
    },
    access_denied: {
      title: 'No se permitió nada',
      words:
        'El inicio de sesión se abandonó, o se rechazó en el lugar donde usted inicia sesión. Nadie inició sesión con él. Puede volver a intentarlo.',
    },
    login_required: {
      title: 'Esto necesita otro inicio de sesión',
      words:
        'La aplicación necesita saber cuándo inició usted sesión, y el lugar donde lo hizo no lo comunica. No se permitió nada.',
    },
    login_failed: {
      title: 'El inicio de sesión no funcionó',
      words: 'Nadie inició sesión con él. Puede volver a intentarlo.',
    },
    foreign_login: {
      title: 'Este inicio de sesión empezó en otro navegador',
      words:
        'Aquí no inició sesión nadie. Siga en aquel navegador o empiece de nuevo en este. Si así vuelve a llegar a esta página, es que este navegador no guarda las cookies de este servidor.',
    },
    login_too_long: {
      title: 'Esta cuenta no se puede guardar aquí',
      words:
        'Lo que se dice de ella es más largo de lo que guarda un navegador. Nadie inició sesión. Quizá sirva otra cuenta; el operador encontrará en el registro qué es demasiado largo.',
    },
    foreign_form: {
      title: 'Este formulario no se envió desde aquí',
      words: 'Por su seguridad no se hizo nada.',
    },
    slow_down: {
      title: 'Espere un minuto, por favor',
      words: 'Se han empezado demasiados inicios de sesión desde su conexión. No se ha perdido nada.',
    },
    temporarily_unavailable: {
      title: 'Vuelva a intentarlo en un momento, por favor',
      words: 'Este servidor no puede continuar ahora mismo. No se ha perdido nada.',
    },
    server_error: {
      title: 'Algo ha fallado aquí',
      words: 'No es culpa suya. El operador encontrará en el registro qué ha sido.',
    },
    otherwise: {
      title: 'Este enlace no funciona',
      words: 'Está mal formado, ha caducado o se creó para otro navegador. Vuelva a la aplicación y empiece de nuevo.',
    },
  },
  press: { beginAgain: 'Empezar de nuevo aquí', logOut: 'Cerrar la sesión aquí' },
  claims: {
    name: 'nombre',
    'user name': 'nombre de usuario',
    'profile page': 'página de perfil',
    picture: 'foto',
    website: 'sitio web',
    gender: 'género',
    'date of birth': 'fecha de nacimiento',
    'time zone': 'zona horaria',
    language: 'idioma',
    'e-mail address': 'dirección de correo electrónico',
    'postal address': 'dirección postal',
    'phone number': 'número de teléfono',
  },
}
