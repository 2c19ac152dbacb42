/**
 * Lets a child process of a test run the sources: `.js` imports find their `.ts` file, types go.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const OPTIONS = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };

export const resolve = async (specifier, context, next) => {
  const fromSource = context.parentURL?.endsWith('.ts') === true;
  if (!fromSource || !/^\.{1,2}\/.*\.js$/.test(specifier)) return next(specifier, context);
  return next(specifier.replace(/\.js$/, '.ts'), context).catch(() => next(specifier, context));
};

export const load = async (url, context, next) => {
  if (!url.endsWith('.ts')) return next(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions: OPTIONS });
  return { format: 'module', source: outputText, shortCircuit: true };
};
