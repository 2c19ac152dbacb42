/**
 * The management bridge: a control socket over a client.
 * @module
 */
export { clientMethods } from './methods.js';
export { serveManagement, type ManagementOptions } from './serve.js';
export type { BridgeStatus, RunningBridge } from '../../src/control/serve.js';
export {
  bytes,
  flag,
  gives,
  integer,
  optionalText,
  rpcMethod,
  streams,
  text,
  texts,
  value,
} from '../../src/control/method.js';
export type {
  MethodAbout,
  Param,
  ParamTable,
  RpcAnswer,
  RpcFailure,
  RpcMethod,
  RpcMethods,
  RpcOutcome,
  Taken,
} from '../../src/control/method.js';
export {
  anyOf,
  described,
  kindOf,
  listOf,
  mapOf,
  oneOf,
  orNothing,
  record,
  type Schema,
} from '../../src/control/schema.js';
export type { Json, JsonObject } from '../../src/control/json.js';
export { readParams, type Params, type ParamsError } from '../../src/control/params.js';
