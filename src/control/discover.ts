/**
 * `rpc.discover`: a table of methods described by itself, in the form of OpenRPC.
 *
 * Source: OpenRPC 1.3.2. A stream is described by what it is on the wire, an object with its number,
 * and by the extension `x-stream`, the schema of its items.
 * @module
 */
import type { Json, JsonObject } from './json.js';
import type { MethodAbout, ParamTable, RpcMethods } from './method.js';
import { INTEGER, record } from './schema.js';

/** The method that every table has. */
export const DISCOVER = 'rpc.discover';

const TITLE = 'Postern control socket';
const OPENRPC = '1.3.2';
/** Grows when a caller of yesterday would be refused or misled. */
const INTERFACE_VERSION = '1.0.0';

/** Everything that can be called, sorted by name. */
export const describeMethods = (methods: RpcMethods): JsonObject => ({
  openrpc: OPENRPC,
  info: { title: TITLE, version: INTERFACE_VERSION },
  methods: Object.entries(methods)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { about }]) => methodJson(name, about)),
});

const methodJson = (name: string, { summary, params, answer }: MethodAbout): JsonObject => ({
  name,
  summary,
  paramStructure: 'by-name',
  params: paramsJson(params),
  ...(answer.kind === 'value'
    ? { result: { name: 'result', schema: answer.schema } }
    : {
        result: { name: 'stream', schema: record({ stream: INTEGER }) },
        'x-stream': answer.schema,
      }),
});

const paramsJson = (params: ParamTable): Json =>
  Object.entries(params).map(([name, { about, required, schema }]) => ({
    name,
    description: about,
    required,
    schema,
  }));
