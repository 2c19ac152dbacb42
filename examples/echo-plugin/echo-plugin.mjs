#!/usr/bin/env node
// A provider's plug-in that answers every request with its payload. In the provider's file:
//
//   [[Provider.CBORPluginKaetzchen]]
//   Capability = "echo"
//   Endpoint = "+echo"
//   Command = "/path/to/echo-plugin.mjs"
//   MaxConcurrency = 1
//   [Provider.CBORPluginKaetzchen.Config]
//   greeting = "Say something"
//
// A plug-in listens on a Unix socket, prints its path as one line, and answers HTTP on it: what
// `/parameters` says goes into the provider's descriptor, and `/request` is asked for each packet.
// Requests are CBOR: {"ID": 5, "Payload": bytes, "HasSURB": true}; so are answers: {"Payload": bytes}.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  args: process.argv.slice(2).map((word) => word.replace(/^-(?!-)/, '--')),
  options: { greeting: { type: 'string', default: 'Echo' } },
});

// Every CBOR item begins with its type (3 bits) and its length or value (5 bits, or bytes behind).
const LENGTHS = { 24: 1, 25: 2, 26: 4 };
const head = (type, length) =>
  length < 24 ? Buffer.of((type << 5) | length) : Buffer.of((type << 5) | 25, length >> 8, length);
const text = (words) => Buffer.concat([head(3, words.length), Buffer.from(words)]);
const map = (...members) => Buffer.concat([head(5, members.length / 2), ...members]);

/** The payload of a request, whose members come in this order: ID, Payload, HasSURB. */
const payloadOf = (request) => {
  let at = 0;
  const next = () => {
    const low = request[at++] & 31;
    const more = LENGTHS[low] ?? 0;
    at += more;
    return more === 0 ? low : request.readUIntBE(at - more, more);
  };
  const text = () => (at = next() + at);
  next(); // the map
  text(); // "ID"
  next(); // its number
  text(); // "Payload"
  const length = next();
  return request.subarray(at, at + length);
};

const ANSWERS = {
  '/parameters': () => map(text('greeting'), text(values.greeting)),
  '/request': (body) => {
    const payload = payloadOf(body);
    return map(text('Payload'), head(2, payload.length), payload);
  },
};

const directory = mkdtempSync(join(tmpdir(), 'echo-plugin-'));
const socket = join(directory, 'socket');
const server = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const answer = ANSWERS[request.url]?.(Buffer.concat(pieces));
  response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/octet-stream' });
  response.end(answer);
});
server.listen(socket, () => console.log(socket));

const end = () => {
  rmSync(directory, { recursive: true, force: true });
  process.exit();
};
process.on('SIGTERM', end);
process.stdin.on('end', end).resume(); // the provider is gone
