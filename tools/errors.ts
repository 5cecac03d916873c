// SPDX-License-Identifier: MIT
import { CodedError } from "../src/errors.ts";

/** Codes of the commands, with the data of each; the library's are in `src/errors.ts`. */
export interface ToolErrorData {
  // ── Commands ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A command cannot work with an argument, or with a variable of the environment: a `UsageError`. */
  BAD_OPTION: { readonly reason: string };
  /** A server of JSON-RPC gave no answer, so nothing is known about the request. */
  NO_ANSWER: { readonly url: string; readonly method: string };
  /** A server of JSON-RPC refused a request. `code` is that of the node's error, or else of JSON-RPC. */
  REFUSED: { readonly method: string; readonly code: string };
  /** A process that another one needs has ended, or is not ready in time. */
  NOT_READY: { readonly name: string };
  /** A run whose coverage should be measured failed. */
  NOT_MEASURED: { readonly run: string };

  // ── The wallet ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A key file cannot be written, read or opened, or is not one. No message has a secret. */
  BAD_KEY_FILE: { readonly path: string; readonly reason: string };
  /** A key file, a node or an endpoint is of another rollup than the options say. */
  OTHER_ROLLUP: { readonly what: string; readonly expected: string; readonly found: string };
  /** The key of L1 is not that of the owner in the key file. */
  OTHER_OWNER: { readonly expected: string; readonly found: string };
  /** There is no account of a token with a key and an owner, or none at an index. */
  NO_ACCOUNT: { readonly token: bigint };
  /** An account has less than a transaction takes out of it, with its fees. In the token's smallest unit. */
  NOT_ENOUGH: { readonly account: number; readonly balance: bigint; readonly needed: bigint };
  /** A rollup is frozen: no batch is taken any more. */
  FROZEN: Readonly<Record<string, never>>;
  /** A transaction has its place in a batch, and did nothing. */
  NO_EFFECT: { readonly reason: string };

  // ── Parameters of a deployment ─────────────────────────────────────────────────────────────────────────────────────

  /** A file of parameters is not JSON, or does not have the sections of the modules. */
  BAD_PARAMETERS_FILE: { readonly path: string };
  /** A module has no parameter of this name. */
  UNKNOWN_PARAMETER: { readonly name: string; readonly value?: unknown };

  // ── Before anything is sent ────────────────────────────────────────────────────────────────────────────────────────

  /** A network's configuration needs a secret that is not there. */
  MISSING_SECRET: { readonly secret: string };
  /** Nothing answers at a network's URL. */
  NO_ENDPOINT: { readonly network: string };
  /** A network has no account. */
  NO_DEPLOYER: { readonly network: string };
  /** An account has too little to deploy. In wei. */
  INSUFFICIENT_FUNDS: { readonly address: string; readonly balance: bigint; readonly needed: bigint };
  /** A chain has rules that are older or newer than those the project knows. */
  UNKNOWN_RULES: { readonly chainId: bigint };
  /** A transaction of the deployment is beyond a limit of the chain. */
  BEYOND_LIMITS: { readonly transaction: string; readonly found: bigint; readonly maximum: bigint };
  /** An endpoint does not estimate a transaction as large as the deployment's largest. */
  ESTIMATE_REFUSED: { readonly gas: bigint };
  /** A verifying key whose secret is public is about to be deployed where money may be at stake. */
  DEVELOPMENT_KEY: { readonly chainId: bigint; readonly verifier: string };

  // ── A deployment and its journal ───────────────────────────────────────────────────────────────────────────────────

  /** A build's output is not in the folder of artifacts. */
  NOT_COMPILED: { readonly buildInfoId: string };
  /** A contract is linked without the address of a library. */
  MISSING_LIBRARY: { readonly contract: string; readonly library: string };
  /** A part of a system was not deployed. */
  MISSING_PART: { readonly part: string };
  /** A journal is not there, or lacks a consensus, or a contract was not deployed by a transaction of its own. */
  UNKNOWN_DEPLOYMENT: { readonly path?: string; readonly address?: string };
  /** A journal is of a chain on which its contracts are not. */
  JOURNAL_OF_ANOTHER_CHAIN: { readonly folder: string; readonly address: string };
  /** A deployment was begun with other parameters or contracts. */
  DEPLOYMENT_CHANGED: { readonly deploymentId: string | undefined };
  /** Values on the chain are not those of the parameters. */
  DEPLOYMENT_DIFFERS: {
    readonly differences: readonly { readonly contract: string; readonly what: string }[];
  };
  /** A contract has other code than the compiled one, so its values cannot be read. */
  CODE_DIFFERS: { readonly contract: string; readonly address?: string };
  /** A block explorer did not take the sources of all contracts. */
  NOT_VERIFIED: { readonly contracts: readonly string[] };
}

/** The code of an error that a command throws. */
export type ToolErrorCode = keyof ToolErrorData;

/** An error that a command throws on purpose. */
export class ToolError<Code extends ToolErrorCode = ToolErrorCode> extends CodedError<ToolErrorData, Code> {}
