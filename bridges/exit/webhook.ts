/**
 * An exit into a web server of this machine: each mail is posted to it, as `message/rfc822`.
 * @module
 */
import * as z from 'zod';
import { isLoopbackUrl } from '../../src/io/ip.js';
import { DELIVERED, later, never, type ExitModule, type ExitResult } from './contracts.js';
import { maximumSize, sizeOf } from './section.js';

/** Of clients' errors, those that ask for patience: RFC 9110, 8470 and 6585. */
const PATIENCE = [408, 425, 429];

const section = z.strictObject({
  URL: z
    .string()
    .refine(isLoopbackUrl, {
      error: 'must be http: or https: at a loopback address: mail passes here in clear',
    })
    .describe(
      'an address on loopback to which each mail is posted; 2xx: it has the mail; 4xx, but for 408, ' +
        '425 and 429: never; any other answer, and none: try again',
    ),
  MaximumSize: maximumSize,
});

export const webhookExit = {
  name: 'webhook',
  section,
  open: ({ URL: url, MaximumSize: size }, { network, http }) => ({
    advertised: sizeOf(size),
    deliver: async ({ bytes: body }, signal) => {
      if (http === undefined) return later('no HTTP here');
      const content = { contentType: 'message/rfc822', body };
      const answer = await http.post(network, url, content, signal);
      return answer.match(
        ({ status }) => resultOf(status),
        ({ reason }) => later(reason),
      );
    },
  }),
} satisfies ExitModule<z.output<typeof section>>;

const resultOf = (status: number): ExitResult => {
  if (status >= 200 && status < 300) return DELIVERED;
  const isRefusal = status >= 400 && status < 500 && !PATIENCE.includes(status);
  return isRefusal ? never(`status ${status}`) : later(`status ${status}`);
};
