/** Asking a provider's own services as its delivery does. */
import type { PromptService } from '../../servers/provider/services.js';

/** The answer to a request that has one. */
export const askService = (service: PromptService, body: Uint8Array): Uint8Array => {
  const answer = service.answer({ body })._unsafeUnwrap();
  if (answer === undefined) throw new Error('no answer');
  return answer;
};
