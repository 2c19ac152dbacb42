/**
 * Talking to a child process: requests down, answers and news up.
 * @module
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** News from a child are objects with a kind. */
interface News {
  readonly kind: string;
}

/** Another program of this build, with messages both ways. */
export class Child<Up extends News> {
  readonly #process: ChildProcess;
  readonly #hear = new Set<(news: Up) => void>();
  #over: string | undefined;
  #abandon: (error: Error) => void = () => undefined;

  constructor(program: string, options: object) {
    this.#process = fork(join(import.meta.dirname, `${program}.js`), [JSON.stringify(options)], {
      // Standard output belongs to the report.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    // The programs are ours, and so are their messages.
    this.#process.on('message', (news) => this.#tell(news as Up));
    this.#process.on('exit', (code, signal) => {
      this.#over = `${program} ended: ${code ?? signal ?? 'unknown'}`;
      this.#abandon(new Error(this.#over));
    });
  }

  send(request: object): void {
    this.#process.send(request);
  }

  on(hear: (news: Up) => void): void {
    this.#hear.add(hear);
  }

  /** The next news of a kind; rejects when the child ends without. One question at a time. */
  next<Kind extends Up['kind']>(kind: Kind): Promise<Extract<Up, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const hear = (news: Up): void => {
        if (!isKind(news, kind)) return;
        this.#hear.delete(hear);
        resolve(news);
      };
      this.#hear.add(hear);
      this.#abandon = reject;
      if (this.#over !== undefined) reject(new Error(this.#over));
    });
  }

  /** Asks, and waits for the answer. */
  ask<Kind extends Up['kind']>(
    request: object,
    answer: Kind,
  ): Promise<Extract<Up, { kind: Kind }>> {
    const answered = this.next(answer);
    this.send(request);
    return answered;
  }

  /** Ends the child and waits until it has gone. */
  async stop(): Promise<void> {
    if (this.#over !== undefined) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    // Each program ends when nobody is there any more.
    this.#process.disconnect();
    await gone;
  }

  #tell(news: Up): void {
    for (const hear of [...this.#hear]) hear(news);
  }
}

const isKind = <Up extends News, Kind extends Up['kind']>(
  news: Up,
  kind: Kind,
): news is Extract<Up, { kind: Kind }> => news.kind === kind;

/** What the parent gave when it started this program. */
export const givenOptions = (): unknown => JSON.parse(process.argv[2] ?? '{}');

/** Tells the parent; programs have a function of their own that knows their news. */
export const tellParent = (news: News): void => void process.send?.(news);
