// A client of one's own on this machine's disk: the configuration of a real network, used offline.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KATZENPOST_EPOCHS,
  KATZENPOST_GEOMETRY,
  LINK_PROFILE_01,
  MixClient,
  parseKeyText,
} from 'postern';

const dataDir = await mkdtemp(join(tmpdir(), 'postern-'));

const opened = await MixClient.open({
  dataDir,
  networks: {
    example: {
      authority: {
        addresses: ['192.0.2.1:29483'],
        publicKey: parseKeyText('o4w1Nyj/nKNwho5SWfAIfh7SMU8FRx52nMHGgYsMHqQ='),
      },
      epochTime: KATZENPOST_EPOCHS,
      geometry: KATZENPOST_GEOMETRY,
      link: LINK_PROFILE_01,
    },
  },
  accounts: [{ user: 'alice', provider: 'provider.example', network: 'example' }],
  recipients: { 'bob@provider.example': new Uint8Array(randomBytes(32)) },
  // Seals everything in dataDir; a real program keeps it elsewhere.
  storageKey: new Uint8Array(randomBytes(32)),
  // Without this line the client connects, and what is queued leaves.
  offline: true,
});
if (opened.isErr()) throw new Error(opened.error.kind);
const client = opened.value;

const sent = await client.send({
  account: 'alice@provider.example',
  to: 'bob@provider.example',
  mail: { subject: 'Later', text: 'This leaves when we are online.' },
});
if (sent.isErr()) throw new Error(sent.error.kind);

for (const { recipient, blocks } of client.outbox.list()) {
  console.log(`queued for ${recipient}: ${blocks} block(s)`);
}
await client.close();
await rm(dataDir, { recursive: true });
