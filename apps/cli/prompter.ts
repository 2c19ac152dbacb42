/**
 * Questions to a person at a terminal.
 * @module
 */

export interface Question {
  readonly message: string;
  /** What Enter alone stands for. */
  readonly initial: string;
  /** What is wrong with an answer; nothing when it will do. */
  readonly problemWith: (answer: string) => string | undefined;
}

export interface Prompter {
  /** `undefined`: the person has given up. */
  text(question: Question): Promise<string | undefined>;
  /** The same; Enter alone is no. */
  confirm(message: string): Promise<boolean | undefined>;
  /** The same; nothing of what is typed is shown, not even its length. */
  secret(message: string): Promise<string | undefined>;
}

/** The person at this process's terminal; loaded when there is something to ask only. */
export const terminalPrompter: Prompter = {
  text: async ({ message, initial, problemWith }) => {
    const { isCancel, text } = await import('@clack/prompts');
    const answer = await text({
      message,
      ...(initial === '' ? {} : { initialValue: initial }),
      validate: (value = '') => problemWith(value.trim()),
    });
    return isCancel(answer) ? undefined : answer.trim();
  },
  confirm: async (message) => {
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = await confirm({ message, initialValue: false });
    return isCancel(answer) ? undefined : answer;
  },
  secret: async (message) => {
    const { isCancel, password } = await import('@clack/prompts');
    const answer = await password({ message, mask: '', output: process.stderr });
    return isCancel(answer) ? undefined : answer;
  },
};
