/**
 * Exits: received mail goes on to a program, a web server, a mail server, a Maildir, or whatever a module
 * of one's own does.
 * @module
 */
export type {
  Advertised,
  Exit,
  ExitMail,
  ExitModule,
  ExitResult,
  SectionIssue,
  SectionSchema,
} from './contracts.js';
export { execExit } from './exec.js';
export { lmtpExit, smtpExit } from './mail-server.js';
export { maildirExit } from './maildir.js';
export { runExit, type ExitOptions, type RunningExit } from './run.js';
export { webhookExit } from './webhook.js';
export { parseRetryPlan } from '../../src/io/retry-plan.js';
export type { RetryPlan, RetryPlanError, RetryStep } from '../../src/io/retry-plan.js';
