/**
 * Domains at which anybody can get an address: mailbox providers and throw-away mail. An organization that owned
 * one would let strangers in at first sight. The list holds the large ones and is no proof that others are private.
 */

const mailboxProviders = [
  ...["gmail.com", "googlemail.com"],
  ...["outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com", "windowslive.com", "outlook.de"],
  ...["outlook.fr", "outlook.es", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.it", "hotmail.es"],
  ...["live.co.uk", "live.fr", "live.nl", "live.de"],
  ...["yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.es", "yahoo.it", "yahoo.co.in", "yahoo.in"],
  ...[
    "yahoo.co.jp",
    "yahoo.ca",
    "yahoo.com.au",
    "yahoo.com.br",
    "ymail.com",
    "rocketmail.com",
    "myyahoo.com",
  ],
  ...["icloud.com", "me.com", "mac.com"],
  ...[
    "aol.com",
    "aol.de",
    "aim.com",
    "verizon.net",
    "att.net",
    "sbcglobal.net",
    "bellsouth.net",
    "comcast.net",
  ],
  ...["cox.net", "charter.net", "earthlink.net", "juno.com", "optonline.net", "rogers.com", "shaw.ca"],
  ...["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
  ...["tutanota.com", "tutanota.de", "tuta.io", "tuta.com", "keemail.me"],
  ...["fastmail.com", "fastmail.fm", "hey.com", "hushmail.com", "zoho.com", "zohomail.com", "mail.com"],
  ...[
    "email.com",
    "inbox.com",
    "duck.com",
    "posteo.de",
    "mailbox.org",
    "startmail.com",
    "runbox.com",
    "mailfence.com",
  ],
  ...["gmx.com", "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "web.de", "freenet.de", "t-online.de", "arcor.de"],
  ...["orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "bbox.fr"],
  ...["libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it"],
  ...["btinternet.com", "sky.com", "talktalk.net", "virginmedia.com", "ntlworld.com", "blueyonder.co.uk"],
  ...[
    "ziggo.nl",
    "kpnmail.nl",
    "telenet.be",
    "skynet.be",
    "bluewin.ch",
    "seznam.cz",
    "wp.pl",
    "o2.pl",
    "onet.pl",
  ],
  ...[
    "interia.pl",
    "yandex.ru",
    "yandex.com",
    "ya.ru",
    "mail.ru",
    "inbox.ru",
    "list.ru",
    "bk.ru",
    "rambler.ru",
    "ukr.net",
  ],
  ...[
    "qq.com",
    "163.com",
    "126.com",
    "yeah.net",
    "sina.com",
    "sina.cn",
    "sohu.com",
    "foxmail.com",
    "139.com",
    "aliyun.com",
  ],
  ...["naver.com", "daum.net", "hanmail.net", "nate.com", "docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp"],
  ...["rediffmail.com", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "bigpond.com", "xtra.co.nz"],
];

const throwAwayMail = [
  ...[
    "mailinator.com",
    "guerrillamail.com",
    "guerrillamail.net",
    "sharklasers.com",
    "grr.la",
    "10minutemail.com",
  ],
  ...[
    "tempmail.com",
    "temp-mail.org",
    "temp-mail.io",
    "tempmail.plus",
    "yopmail.com",
    "yopmail.fr",
    "trashmail.com",
  ],
  ...[
    "trashmail.de",
    "getnada.com",
    "maildrop.cc",
    "dispostable.com",
    "fakeinbox.com",
    "mintemail.com",
    "moakt.com",
  ],
  ...[
    "mohmal.com",
    "throwawaymail.com",
    "emailondeck.com",
    "mailnesia.com",
    "mytemp.email",
    "spamgourmet.com",
  ],
  ...[
    "discard.email",
    "burnermail.io",
    "33mail.com",
    "mail.tm",
    "1secmail.com",
    "inboxkitten.com",
    "tempr.email",
  ],
];

const publicDomains: ReadonlySet<string> = new Set([...mailboxProviders, ...throwAwayMail]);

/** @param registrable the part of a name that can be registered: `acme.co.uk` of `mail.acme.co.uk` */
export function isPublicDomain(registrable: string): boolean {
  return publicDomains.has(registrable);
}
