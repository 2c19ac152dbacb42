// Lets mail programs of this machine use a client: SMTP to send, POP3 to fetch.
import { randomBytes } from 'node:crypto';
import { nodeIo } from 'postern';
import { servePop3 } from 'postern/bridges/pop3';
import { serveSmtp } from 'postern/bridges/smtp';
import { openTestWorld } from 'postern/testkit';

const ALICE = 'alice@p1.test';
const world = await openTestWorld({ users: [ALICE, 'bob@p2.test'] });

// The mail programs are of this machine, so their listeners take its clock, network and log.
const { clock, network, log } = nodeIo();
const password = randomBytes(12).toString('hex');
const bridge = {
  address: '127.0.0.1:0',
  client: world.client(ALICE),
  accounts: new Map([[ALICE, password]]),
  clock,
  network,
  log,
};
const smtp = (await serveSmtp(bridge))._unsafeUnwrap();
const pop3 = (await servePop3(bridge))._unsafeUnwrap();

console.log(`SMTP ${smtp.address}, POP3 ${pop3.address}, no TLS`);
console.log(`user ${ALICE}, password ${password}`);
console.log(process.argv.includes('--stay') ? 'Ctrl-C ends' : '--stay keeps it open');

if (process.argv.includes('--stay')) await new Promise((end) => process.once('SIGINT', end));
await Promise.all([smtp.close(), pop3.close()]);
await world.close();
