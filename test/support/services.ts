/** Asking a provider's own services as its delivery does. */
import type { Service } from '../../servers/provider/services.js';

/** The answer to a request that has one. */
export const askService = async (service: Service, body: Uint8Array): Promise<Uint8Array> => {
  const answer = (await service.answer({ body, canReply: true, startByMs: 0 }))._unsafeUnwrap();
  if (answer === undefined) throw new Error('no answer');
  return answer;
};
