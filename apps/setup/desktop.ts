/**
 * Programs of the desktop. What they cannot be told, such as to leave the Message-ID out, is taken
 * out of a mail by `Sanitise` of the account.
 * @module
 */
import { askedFor, NO_HOST, type Settings, userOf } from './settings.js';

const preferences = (values: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');

export const thunderbird = (settings: Settings): string => {
  const { address, smtp, pop3 } = settings;
  return `// For user.js in a new profile. ${askedFor(settings)}
${preferences({
  'mail.accountmanager.accounts': 'account1',
  'mail.accountmanager.defaultaccount': 'account1',
  'mail.account.account1.server': 'server1',
  'mail.account.account1.identities': 'id1',
  'mail.server.server1.type': 'pop3',
  'mail.server.server1.name': address,
  'mail.server.server1.hostname': pop3.host,
  'mail.server.server1.port': pop3.port,
  'mail.server.server1.userName': address,
  'mail.server.server1.socketType': 0,
  'mail.server.server1.authMethod': 3,
  'mail.server.server1.leave_on_server': false,
  'mail.identity.id1.fullName': userOf(settings),
  'mail.identity.id1.useremail': address,
  'mail.identity.id1.FQDN': NO_HOST,
  'mail.identity.id1.smtpServer': 'smtp1',
  'mail.identity.id1.compose_html': false,
  'mail.smtpservers': 'smtp1',
  'mail.smtp.defaultserver': 'smtp1',
  'mail.smtpserver.smtp1.hostname': smtp.host,
  'mail.smtpserver.smtp1.port': smtp.port,
  'mail.smtpserver.smtp1.username': address,
  'mail.smtpserver.smtp1.try_ssl': 0,
  'mail.smtpserver.smtp1.authMethod': 3,
  'mail.smtpserver.default.hello_argument': NO_HOST,
  'mail.sanitize_date_header': true,
  'mail.suppress_content_language': true,
  // It asks its makers for pages otherwise, and tells them of itself.
  'mailnews.start_page.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'mailnews.headers.sendUserAgent': false,
  'mailnews.reply_header_type': 1,
})}`;
};

export const claws = (settings: Settings): string => {
  const { address, smtp, pop3 } = settings;
  return `# For accountrc, while Claws Mail does not run. ${askedFor(settings)}
[Account: 1]
account_name=${address}
is_default=1
name=${userOf(settings)}
address=${address}
organization=
protocol=0
receive_server=${pop3.host}
set_popport=1
pop_port=${pop3.port}
ssl_pop=0
user_id=${address}
use_apop_auth=0
remove_mail=1
message_leave_time=0
smtp_server=${smtp.host}
set_smtpport=1
smtp_port=${smtp.port}
ssl_smtp=0
use_smtp_auth=1
smtp_auth_method=16
smtp_user_id=${address}
generate_msgid=0
generate_xmailer=0
msgid_with_addr=0
set_domain=1
domain=${NO_HOST}
`;
};

export const kmail = (settings: Settings): string => {
  const { address, smtp, pop3 } = settings;
  return `# ${askedFor(settings)}
# For ~/.config/mailtransports.
[Transport 1]
id=1
name=${address}
identifier=SMTP
host=${smtp.host}
port=${smtp.port}
encryption=None
auth=true
authtype=7
user=${address}
storepass=false
specifyHostname=true
localHostname=${NO_HOST}

# For ~/.config/kmail2rc: no User-Agent, and no name of this machine in Message-ID.
[General]
useCustomMessageIdSuffix=true
myMessageIdSuffix=${NO_HOST}

# For ~/.config/akonadi_pop3_resource_0rc.
[General]
host=${pop3.host}
port=${pop3.port}
login=${address}
useSSL=false
useTLS=false
authenticationMethod=7
leaveOnServer=false
`;
};

const source = (file: string, tables: Readonly<Record<string, readonly string[]>>): string =>
  [
    `# For ~/.config/evolution/sources/${file}.source.`,
    ...Object.entries(tables).flatMap(([table, lines]) => [`[${table}]`, ...lines]),
    '',
  ].join('\n');

const login = ({ address }: Settings, { host, port }: Settings['smtp']): readonly string[] => [
  `Host=${host}`,
  `Port=${port}`,
  `User=${address}`,
  'Method=PLAIN',
  'RememberPassword=false',
];

export const evolution = (settings: Settings): string => {
  const { address, smtp, pop3 } = settings;
  const data = (parent: string): readonly string[] => [
    `DisplayName=${address}`,
    'Enabled=true',
    `Parent=${parent}`,
  ];
  const Security = ['Method=none'];
  return [
    `# ${askedFor(settings)}\n# Start Evolution with TZ=UTC: its Date tells the zone.`,
    source('postern-account', {
      'Data Source': data(''),
      'Mail Account': ['BackendName=pop', 'IdentityUid=postern-identity'],
      Authentication: login(settings, pop3),
      Security,
    }),
    source('postern-identity', {
      'Data Source': data('postern-account'),
      'Mail Identity': [`Address=${address}`, `Name=${userOf(settings)}`],
      'Mail Submission': ['TransportUid=postern-transport'],
    }),
    source('postern-transport', {
      'Data Source': data('postern-account'),
      'Mail Transport': ['BackendName=smtp'],
      Authentication: login(settings, smtp),
      Security,
    }),
  ].join('\n');
};

/** It reads no file: this is what its dialogue of a new account asks. */
export const outlook = (settings: Settings): string => {
  const { address, smtp, pop3 } = settings;
  return `# ${askedFor(settings)}
# Its Date tells the zone of this machine, and its Message-ID the time: leave Sanitise of the account on.
Account type: POP
Your name: ${userOf(settings)}
E-mail address: ${address}
Incoming mail server: ${pop3.host}
Incoming port: ${pop3.port}
Outgoing mail server: ${smtp.host}
Outgoing port: ${smtp.port}
User name: ${address}
Encryption: None
Outgoing server requires authentication: yes, the same as incoming
Leave a copy on the server: no
Message format: plain text
`;
};
