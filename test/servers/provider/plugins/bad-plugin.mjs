#!/usr/bin/env node
// A plug-in that does wrong whatever `-how` says; its socket is somewhere in `-place`.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const options = new Map();
for (let at = 2; at < process.argv.length; at += 2) {
  options.set(process.argv[at].slice(1), process.argv[at + 1]);
}
const how = options.get('how');
if (options.has('pid')) writeFileSync(options.get('pid'), String(process.pid));

const answer = (body) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`),
    body,
  ]);
const payload = (length) =>
  Buffer.concat([
    Buffer.from([0xa1, 0x67]),
    Buffer.from('Payload'),
    Buffer.from([0x5a, 0, 0, length >> 8, length & 255]),
    Buffer.alloc(length, 7),
  ]);

/** What is said to a request, or done about it. */
const DEEDS = {
  good: (socket) => socket.end(answer(payload(300))),
  silent: (socket) => socket.end(answer(payload(0))),
  null: (socket) =>
    socket.end(
      answer(Buffer.concat([Buffer.from([0xa1, 0x67]), Buffer.from('Payload\xf6', 'latin1')])),
    ),
  hang: () => undefined,
  dies: () => process.exit(3),
  leaves: (socket) => socket.destroy(),
  'half an answer': (socket) => socket.end(answer(payload(300)).subarray(0, 200)),
  'no http': (socket) => socket.end('what?\r\n\r\n'),
  'no cbor': (socket) => socket.end(answer(Buffer.from('what?'))),
  'a number': (socket) =>
    socket.end(answer(Buffer.from([0xa1, 0x67, ...Buffer.from('Payload'), 5]))),
  'too much': (socket) => socket.end(answer(Buffer.alloc(3_000_000, 0x61))),
  'a long payload': (socket) => socket.end(answer(payload(51_200))),
};

if (how === 'never ready') setInterval(() => undefined, 1000);
else if (how === 'says much') setInterval(() => process.stdout.write('x'.repeat(1000)), 1);
else if (how === 'not a path') console.log('hello');
else if (how === 'ends at once') process.exit(1);
else {
  if (how === 'deaf') process.on('SIGTERM', () => undefined);
  if (how === 'a child') {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], {
      stdio: 'ignore',
    });
    writeFileSync(options.get('child'), String(child.pid));
  }
  const path = join(mkdtempSync(join(options.get('place'), 's')), 's');
  console.error('somebody@example.org complains');
  createServer((socket) => {
    let heard = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      const length = /content-length: (\d+)/i.exec(heard);
      const head = heard.indexOf('\r\n\r\n');
      if (head < 0 || heard.length < head + 4 + Number(length?.[1] ?? 0)) return;
      heard = '';
      (DEEDS[how] ?? DEEDS.good)(socket);
    });
  }).listen(path, () => console.log(path));
}
