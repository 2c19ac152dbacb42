/**
 * The management bridge: a control socket over a client.
 * @module
 */
export { clientMethods } from './methods.js';
export { serveManagement, type ManagementOptions } from './serve.js';
export type { BridgeStatus, RunningBridge } from '../../src/control/serve.js';
export { rpcMethod, value } from '../../src/control/json-rpc.js';
export type {
  RpcAnswer,
  RpcFailure,
  RpcMethod,
  RpcMethods,
  RpcOutcome,
} from '../../src/control/json-rpc.js';
export type { Json, JsonObject } from '../../src/control/json.js';
export { readParams, type Params, type ParamsError } from '../../src/control/params.js';
