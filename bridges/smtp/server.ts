/**
 * The library's server, with replies that bring their own enhanced codes.
 *
 * The library derives the enhanced code from the code alone, so every 550 would say "no such
 * mailbox". A text that begins with such a code keeps it here.
 * @module
 */
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Reply } from './replies.js';

type Socket = Parameters<SMTPServer['connect']>[0];
type SendArguments = Parameters<SMTPConnection['send']>;

const ENHANCED_CODE = /^[245]\.\d{1,3}\.\d{1,3} /;

class Connection extends SMTPConnection {
  override send(...[code, data, context]: SendArguments): void {
    const ownCode = typeof data === 'string' && ENHANCED_CODE.test(data);
    super.send(code, data, ownCode ? false : context);
  }
}

/** Serves SMTP; it can also say goodbye to those who are connected. */
export class BridgeServer extends SMTPServer {
  readonly #sockets = new Set<Socket>();

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const connection = new Connection(this, socket, options ?? undefined);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }

  /** Sends a last reply to every session but the `busy` ones, and ends them. */
  dismiss(reply: Reply, busy: ReadonlyMap<string, unknown>): void {
    for (const connection of this.connections) {
      if (busy.has(connection.id)) continue;
      connection.send(reply.code, reply.text);
      connection.close();
    }
  }

  /** Drops the connections that are still open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Settings that leak neither host nor version, and ask nobody about anybody. */
export const PRIVATE_SETTINGS = {
  name: 'localhost',
  heloResponse: '%s',
  disableReverseLookup: true,
  logger: false,
  // No certificate of ours is on this host, and the library's built-in key is public.
  disabledCommands: ['STARTTLS', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'],
  allowInsecureAuth: true,
  authMethods: ['PLAIN', 'LOGIN'],
  hideENHANCEDSTATUSCODES: false,
} as const satisfies Readonly<Partial<Record<keyof SMTPServerOptions, unknown>>>;
