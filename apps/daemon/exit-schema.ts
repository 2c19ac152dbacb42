/**
 * The tables `[[Account.Exit]]`: where an account's received mail goes on to.
 * @module
 */
import * as z from 'zod';
import {
  execExit,
  lmtpExit,
  maildirExit,
  smtpExit,
  webhookExit,
} from '../../bridges/exit/index.js';
import { USUAL_RETRY } from '../../bridges/exit/run.js';
import { describeRetryPlanError, parseRetryPlan } from '../../src/io/retry-plan.js';
import { absolutePath } from '../config/keys.js';

const WAYS = ['Maildir', 'Exec', 'Webhook', 'SMTP', 'LMTP'] as const;

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

const retry = z.string().superRefine((text, context) => {
  const plan = parseRetryPlan(text);
  if (plan.isOk()) return;
  context.addIssue({ code: 'custom', message: describeRetryPlanError(plan.error) });
});

export const exitSchema = z
  .strictObject({
    Name: z
      .string()
      .regex(NAME, { error: 'must be at most 32 of a-z, 0-9 and -, and not begin with -' })
      .describe('under this name the inbox knows what it has had; one of the account’s own'),
    Failed: absolutePath.describe(
      'a Maildir, made where it is missing, for mail that it has failed with; the exit’s own',
    ),
    Retry: retry
      .default(USUAL_RETRY)
      .describe('when a mail is tried again; behind the last attempt it has failed'),
    Maildir: maildirExit.section.optional().describe('each mail becomes a file'),
    Exec: execExit.section.optional().describe('each mail is a program’s standard input'),
    Webhook: webhookExit.section.optional().describe('each mail is posted'),
    SMTP: smtpExit.section.optional().describe('each mail is handed to a mail server'),
    LMTP: lmtpExit.section.optional().describe('each mail is handed to a delivery agent'),
  })
  .refine((exit) => WAYS.filter((way) => exit[way] !== undefined).length === 1, {
    error: `must have exactly one of ${WAYS.join(', ')}`,
  });

export type ExitTable = z.output<typeof exitSchema>;
