/**
 * Programs of the terminal: notmuch, aerc, msmtp, git.
 * @module
 */
import { NO_HOST, type Settings, userOf } from './settings.js';

/** It reads the Maildir; it sends nothing itself. */
export const notmuch = (settings: Settings): string => `# For your .notmuch-config.
[database]
path=${settings.maildir ?? ''}
[user]
name=${userOf(settings)}
primary_email=${settings.address}
[new]
tags=unread;inbox
[maildir]
synchronize_flags=true
`;

/** In double quotes of a value that a shell is given. */
const inQuotes = (text: string): string => text.replaceAll(/["\\]/g, '\\$&');

/** It sends by a program: how it is told of SMTP in clear changed with its versions. */
export const aerc = ({
  address,
  maildir,
  sendCommand,
}: Settings): string => `# For your accounts.conf.
[${address}]
source = maildirpp://${maildir ?? ''}
outgoing = ${sendCommand}
from = <${address}>
send-as-utc = true
`;

export const msmtp = ({
  address,
  smtp,
  password,
  passwordCommand,
}: Settings): string => `# For your .msmtprc, which must have mode 0600.
account ${address}
host ${smtp.host}
port ${smtp.port}
tls off
from ${address}
auth plain
user ${address}
${password === undefined ? `passwordeval "${inQuotes(passwordCommand)}"` : `password "${inQuotes(password)}"`}
# Neither this machine's name nor its time.
domain ${NO_HOST}
set_date_header off
set_msgid_header off
account default : ${address}
`;

/** Its Date and Message-ID tell the time of the clock on the wall, but for TZ. */
export const git = ({ address, smtp, password, passwordCommand }: Settings): string => {
  const helper = `!f() { echo \\"password=$(${inQuotes(passwordCommand)})\\"; }; f`;
  const login =
    password === undefined
      ? `[credential "smtp://${smtp.host}:${smtp.port}"]
	helper = "${helper}"`
      : `	smtpPass = "${inQuotes(password)}"`;
  return `# For your .gitconfig; send with: git mail PATCH...
[alias]
	mail = "!TZ=UTC git send-email"
[sendemail]
	from = ${address}
	envelopeSender = ${address}
	smtpServer = ${smtp.host}
	smtpServerPort = ${smtp.port}
	smtpUser = ${address}
	smtpAuth = PLAIN
	smtpDomain = ${NO_HOST}
	xmailer = false
	suppressCc = self
${login}
`;
};
