/**
 * mutt and neomutt: sending by SMTP, fetching by POP3, or reading the Maildir.
 * @module
 */
import { NO_HOST, type Settings, urlOf, userOf } from './settings.js';

/** In double quotes of a muttrc, where back quotes run a command. */
const inQuotes = (text: string): string => text.replaceAll(/["\\$`]/g, '\\$&');

const passwordOf = ({ password, passwordCommand }: Settings): string =>
  password === undefined ? `"\`${passwordCommand}\`"` : `"${inQuotes(password)}"`;

const place = ({ address, pop3, maildir }: Settings): string =>
  maildir === undefined
    ? `set pop_host="${urlOf('pop', address, pop3)}"
set pop_authenticators="user"
set pop_delete=yes`
    : `set mbox_type=Maildir
set folder="${inQuotes(maildir)}"
set spoolfile="${inQuotes(maildir)}"`;

const common = (settings: Settings): string => `# For your muttrc.
set realname="${inQuotes(userOf(settings))}"
set from="${settings.address}"
set use_from=yes
set envelope_from_address="${settings.address}"
set use_envelope_from=yes
# What it calls this machine, to the server and in Message-ID.
set hostname="${NO_HOST}"
set user_agent=no
setenv TZ UTC
set smtp_url="${urlOf('smtp', settings.address, settings.smtp)}"
set smtp_authenticators="plain"
set smtp_pass=${passwordOf(settings)}
set pop_pass=${passwordOf(settings)}
# All of this is on this machine.
set ssl_starttls=no
set ssl_force_tls=no
${place(settings)}
`;

/** It can also leave time and machine out of the Message-ID. */
export const mutt = (settings: Settings): string =>
  `${common(settings)}set message_id_format="<%z@${NO_HOST}>"\n`;

export const neomutt = common;
