/**
 * HTTP/1.1 on Node.js, over connections that our own networks make: a proxy in front of one is in
 * front of the other, and limits and deadlines are the same as everywhere.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex as NodeStream } from 'node:stream';
import { connect as startTls } from 'node:tls';
import { err, errAsync, ok, ResultAsync, type Result } from 'neverthrow';
import { utf8 } from '../../bytes/text.js';
import { formatAddress } from '../address.js';
import type {
  Duplex,
  Http,
  HttpAnswer,
  HttpAskError,
  HttpBody,
  HttpError,
  HttpOutcome,
  HttpQuestion,
  HttpRequest,
} from '../contracts.js';
import { faultCode } from './fault.js';
import { MAX_HEADER_BYTES, post, readBody, reasonOf } from './http-post.js';
import { streamOf } from './stream.js';

export interface NodeHttpOptions {
  /** Certificates (PEM) that are trusted instead of the system's. */
  readonly authorities?: string;
}

type Reason = HttpError['reason'];

/** Where a URL leads. */
interface Target {
  readonly isSecure: boolean;
  readonly hostname: string;
  /** `host:port`. */
  readonly address: string;
  readonly host: string;
  readonly path: string;
}

/** Of a whole exchange, ms. */
const POST_MS = 30_000;
const MAX_ANSWER_BYTES = 4096;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** The web through whatever network a caller brings. */
export const nodeHttp = (options: NodeHttpOptions = {}): Http => ({
  post: (network, url, content, signal) => {
    const target = targetOf(url);
    if (target === undefined) return errAsync({ kind: 'http', url, reason: 'bad-url' });
    const late = AbortSignal.timeout(POST_MS);
    const limit = AbortSignal.any([signal, late]);
    return network
      .dial(target.address, limit)
      .mapErr(({ reason }): Reason => reason)
      .andThen((duplex) => {
        const stream = secured(target, streamOf(duplex), options);
        return new ResultAsync(exchange({ target, stream, content: bodyOf(content) }, limit));
      })
      .mapErr((reason) => ({
        kind: 'http',
        url,
        reason: reason === 'aborted' && late.aborted ? 'timeout' : reason,
      }));
  },
  ask: (duplex, question, signal) => new ResultAsync(ask(streamOf(duplex), question, signal)),
  answer: (duplex, { maxBody, respond }) => answer(duplex, maxBody, respond),
});

const targetOf = (text: string): Target | undefined => {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, host, port, pathname, search, username, password } = new URL(text);
  const usual = DEFAULT_PORTS[protocol];
  if (usual === undefined || hostname === '' || username + password !== '') return undefined;
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    isSecure: protocol === 'https:',
    hostname: bare,
    address: formatAddress({ kind: 'tcp', host: bare, port: port === '' ? usual : Number(port) }),
    host,
    path: `${pathname}${search}`,
  };
};

const secured = (
  { isSecure, hostname }: Target,
  stream: NodeStream,
  { authorities }: NodeHttpOptions,
): NodeStream => {
  if (!isSecure) return stream;
  const secure = startTls({
    socket: stream,
    ALPNProtocols: ['http/1.1'],
    // Names only: an address is checked against the certificate all the same.
    ...(isIP(hostname) === 0 ? { servername: hostname } : { host: hostname }),
    ...(authorities === undefined ? {} : { ca: authorities }),
  });
  secure.on('error', () => undefined);
  return secure;
};

interface Question {
  readonly target: Target;
  readonly stream: NodeStream;
  readonly content: HttpBody;
}

const bodyOf = (content: Readonly<Record<string, string>> | HttpBody): HttpBody =>
  isBody(content)
    ? content
    : {
        contentType: 'application/x-www-form-urlencoded',
        body: utf8(new URLSearchParams(content).toString()),
      };

/** The values of a form are texts. */
const isBody = (content: object): content is HttpBody =>
  'body' in content && content.body instanceof Uint8Array;

/** Asks on a connection of its own, which is gone afterwards. */
const exchange = (
  { target, stream, content: { contentType: type, body } }: Question,
  signal: AbortSignal,
): Promise<Result<HttpAnswer, Reason>> => {
  let isSafe = !target.isSecure;
  stream.once('secureConnect', () => (isSafe = true));
  const posted = { ...target, type, body };
  return post<HttpAnswer, Reason>(stream, posted, {
    signal,
    read: async (response) => {
      const body = await readBody(response, MAX_ANSWER_BYTES);
      const isWhole = body !== undefined && body !== 'too-large';
      return ok({ status: response.statusCode ?? 0, body: isWhole ? body : new Uint8Array(0) });
    },
    explain: (error) => (isSafe ? reasonOf(error) : 'tls'),
  });
};

const ask = (
  stream: NodeStream,
  { path, body, maxAnswer }: HttpQuestion,
  signal: AbortSignal,
): Promise<Result<Uint8Array, HttpAskError>> => {
  const posted = { host: 'unix', path, type: 'application/octet-stream', body };
  return post<Uint8Array, HttpAskError>(stream, posted, {
    signal,
    read: async (response) => {
      const answered = await readBody(response, maxAnswer);
      if (answered === 'too-large') return err(answered);
      return answered === undefined ? err('ended') : ok(answered);
    },
    explain: reasonOf,
  });
};

/** An end in the middle is the parser's business too, and no fault of what came before. */
const outcomeOf = (error: Error): HttpOutcome =>
  reasonOf(error) === 'malformed' && faultCode(error) !== 'HPE_INVALID_EOF_STATE'
    ? 'malformed'
    : 'ended';

const answer = (
  duplex: Duplex,
  maxBody: number,
  respond: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<HttpOutcome> =>
  new Promise((resolve) => {
    const stream = streamOf(duplex);
    let outcome: HttpOutcome = 'ended';
    let taken: IncomingMessage | undefined;
    // It never listens: connections are handed to it.
    const options = { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false };
    const server = createServer(options, (request, response) => {
      // One request for each connection, whatever else is sent behind it.
      if (taken) return;
      taken = request;
      void readBody(request, maxBody).then(async (body) => {
        if (body === undefined) return;
        outcome = body === 'too-large' ? body : 'answered';
        const given = body === 'too-large' ? TOO_LARGE : await respond(requestOf(request, body));
        reply(response, given);
      });
    });
    server.on('clientError', (error) => {
      // What follows a whole request concerns nobody.
      if (taken?.complete === true || outcome !== 'ended') return;
      outcome = outcomeOf(error);
      stream.end(BAD_REQUEST, () => stream.destroy());
    });
    stream.once('close', () => resolve(outcome));
    server.emit('connection', stream);
  });

const TOO_LARGE: HttpAnswer = { status: 413, body: new Uint8Array(0) };

const requestOf = (
  { method = '', url = '', headers }: IncomingMessage,
  body: Uint8Array,
): HttpRequest => ({ method, target: url, contentType: headers['content-type'] ?? '', body });

/** The connection is not kept, not even until the other end lets go of it. */
const reply = (
  response: ServerResponse,
  { status, body, contentType = 'text/plain; charset=utf-8' }: HttpAnswer,
): void => {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    connection: 'close',
  });
  response.end(body);
};
