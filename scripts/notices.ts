/**
 * The build's notices: name, version and licence of every package of which a part is in what was
 * built, in one file beside it. A package without the text of its licence ends the build.
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

const FILE = 'THIRD-PARTY-NOTICES.md';
const HEAD = `# Third-party notices

What lies beside this file contains parts of the packages below.
`;

/** A file of a package, by its path; the innermost one where packages are within packages. */
const OF_PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENCE = /^licen[cs]e(?:\.\w+)?$/i;

/** For all builds of one run: each adds what it contains, and writes what is known by then. */
export const notices = (): Plugin => {
  const packages = new Set<string>();
  return {
    name: 'notices',
    setup: (build) => {
      build.onEnd(({ metafile }) => {
        const { outdir } = build.initialOptions;
        if (metafile === undefined || outdir === undefined) return;
        for (const output of Object.values(metafile.outputs)) {
          for (const folder of packagesIn(output.inputs)) packages.add(folder);
        }
        mkdirSync(outdir, { recursive: true });
        writeFileSync(join(outdir, FILE), [HEAD, ...[...packages].sort().map(noticeOf)].join('\n'));
      });
    },
  };
};

/** The folders of packages; nothing is left of some inputs in the end. */
const packagesIn = (
  inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>,
): readonly string[] =>
  Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (OF_PACKAGE.exec(path) ?? []) : [],
  );

const noticeOf = (folder: string): string => {
  const file = readdirSync(folder).find((name) => LICENCE.test(name));
  if (file === undefined) throw new Error(`${folder} has no licence`);
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  const text = readFileSync(join(folder, file), 'utf8').trim();
  return `## ${name} ${version}\n\n\`\`\`text\n${text}\n\`\`\`\n`;
};
