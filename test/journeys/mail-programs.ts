/** Mail programs at work beside a client: everything that they do but hand in mail. */
import { serveManagement } from '../../bridges/management/index.js';
import { servePop3 } from '../../bridges/pop3/index.js';
import { serveSmtp } from '../../bridges/smtp/index.js';
import { toHex } from '../../src/bytes/text.js';
import type { MixClient } from '../../src/index.js';
import type { Network } from '../../src/io/contracts.js';
import { manualClock, memoryLog, seededRandom } from '../../src/io/memory.js';
import { nodeClock } from '../../src/io/node.js';
import { Peer } from '../bridges/peer.js';
import { talkTo } from '../bridges/socket.js';

const PASSWORD = 'correct-horse-battery';
const SOCKET = 'unix:/alice/socket';
const NEVER = new AbortController().signal;

export interface MailPrograms {
  /** Logs in, lists, reads and deletes what is there. @returns how many mails there were */
  fetch(): Promise<number>;
  /** Logs in, names recipients, known and unknown, and takes it all back. */
  tryRecipients(recipients: readonly string[]): Promise<void>;
  /** Asks for, adds and removes recipients. @returns the answers' codes */
  manage(recipient: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Serves a client to mail programs. They live in real time, and their time is no other's. */
export const startMailPrograms = async (
  client: MixClient,
  account: string,
  network: Network,
): Promise<MailPrograms> => {
  const [clock, log] = [nodeClock(), memoryLog({ clock: manualClock() })];
  const common = { client, clock, log, accounts: new Map([[account, PASSWORD]]) };
  const smtp = (await serveSmtp({ ...common, address: '127.0.0.1:0' }))._unsafeUnwrap();
  const pop3 = (await servePop3({ ...common, network, address: '127.0.0.1:0' }))._unsafeUnwrap();
  const management = await serveManagement({
    ...common,
    network,
    address: SOCKET,
    random: seededRandom('management'),
    methods: {},
    enableDocumentVerbs: true,
    shutdown: () => undefined,
  });
  const bridges = [smtp, pop3, management._unsafeUnwrap()];
  return {
    fetch: () => fetchMail(network, pop3.address, account),
    tryRecipients: (recipients) => tryRecipients(smtp.address, account, recipients),
    manage: (recipient) => manage(network, recipient),
    close: async () => {
      for (const bridge of bridges) await bridge.close();
    },
  };
};

const dial = async (network: Network, address: string): Promise<Peer> =>
  new Peer((await network.dial(address, NEVER))._unsafeUnwrap());

const fetchMail = async (network: Network, address: string, account: string): Promise<number> => {
  const peer = await dial(network, address);
  await peer.line();
  await peer.ask(`USER ${account}`);
  await peer.ask(`PASS ${PASSWORD}`);
  await peer.ask('LIST');
  const { length } = await peer.block();
  for (let mail = 1; mail <= length; mail++) {
    await peer.ask(`RETR ${mail}`);
    await peer.block();
    await peer.ask(`DELE ${mail}`);
  }
  await peer.ask('QUIT');
  return length;
};

const tryRecipients = async (
  address: string,
  account: string,
  recipients: readonly string[],
): Promise<void> => {
  const talk = await talkTo(address);
  await talk.expect(/220 .*\r\n/);
  await talk.ask('EHLO test');
  const token = Buffer.from(`\0${account}\0${PASSWORD}`).toString('base64');
  await talk.ask(`AUTH PLAIN ${token}`);
  await talk.ask(`MAIL FROM:<${account}>`);
  for (const recipient of recipients) await talk.ask(`RCPT TO:<${recipient}>`);
  await talk.ask('RSET');
  await talk.ask('QUIT');
  await talk.ended();
};

const manage = async (network: Network, recipient: string): Promise<readonly string[]> => {
  const peer = await dial(network, SOCKET);
  await peer.line();
  const key = toHex(new Uint8Array(32).fill(9));
  const answers = [
    await peer.ask(`SET_RECIPIENT ${recipient} ${key}`),
    await peer.ask(`GET_RECIPIENT ${recipient}`),
    await peer.ask(`REMOVE_RECIPIENT ${recipient}`),
    await peer.ask('QUIT'),
  ];
  return answers.map((answer = '') => answer.slice(0, 3));
};
