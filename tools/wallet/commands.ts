// SPDX-License-Identifier: MIT
import { formatEther, Wallet as L1Key, type ContractTransactionReceipt, type JsonRpcProvider } from "ethers";
import { readFileSync } from "node:fs";

import { addressToUint, isSameAddress, operationOf, uintToAddress, Wallet } from "../../src/agents/index.ts";
import { reasonOf } from "../../src/chain/index.ts";
import { roundTipDown } from "../../src/codec/index.ts";
import type { Point, Signer } from "../../src/crypto/index.ts";
import { isProtocolError } from "../../src/errors.ts";
import { openProvider } from "../../src/escape/index.ts";
import { ETH, formatPayee, parsePayee, signTransaction, type Payee } from "../../src/ledger/index.ts";
import { NodeClient } from "../../src/nodeClient/index.ts";
import { required, UsageError } from "../commandLine.ts";
import { ToolError } from "../errors.ts";
import {
  amountArgument,
  keyPassword,
  keyPath,
  l1KeySource,
  paymentArguments,
  requireNode,
  requireSource,
  subjectArgument,
  tipArgument,
  type Payment,
  type WalletOptions,
} from "./arguments.ts";
import type { Call } from "./call.ts";
import { openKeyFile, readKeyFile, type KeyFile } from "./keyFile.ts";
import {
  requirePayeeOf,
  requireRollup,
  viewOfL1,
  viewOfNode,
  type L1View,
  type Outcome,
  type Owned,
  type View,
} from "./views.ts";

/** Nonces behind that of an account that a sequencer takes. */
const NONCES_AHEAD = 16n;

// ── What the wallet knows ────────────────────────────────────────────────────────────────────────────────────────────

/** How far the rollup is, or a transaction. */
export async function status(call: Call): Promise<void> {
  const { options, args, say } = call;
  const subject = args[0] === undefined ? undefined : subjectArgument(args[0]);
  const file = options.key === undefined ? undefined : readKeyFile(keyPath(options));
  const rollups = await openViews(call, file);
  for (const view of [rollups.l1, rollups.node]) {
    if (view === undefined) continue;
    if (subject === undefined) {
      say(`${view.source}: rollup ${view.rollup} on chain ${view.chainId}`);
      for (const line of await view.summary()) say(`  ${line}`);
      say(`  an L2 transaction in ETH pays ${formatEther(await view.baseFee())} ETH for its proof`);
    } else if (options.wait === undefined) {
      say(`${view.source}: ${(await view.status(subject)).text}`);
    }
  }
  if (subject !== undefined && options.wait !== undefined) await wait(call, rollups, subject);
}

/** Own accounts with their balances, and on L1 what can be taken out. */
export async function accounts(call: Call): Promise<void> {
  const { options, environment, say } = call;
  const file = options.key === undefined ? undefined : readKeyFile(keyPath(options));
  const hasL1Key = options.keystore !== undefined || (environment["PRIVATE_KEY"] ?? "") !== "";
  const l1Key = hasL1Key ? await openL1Key(call) : undefined;
  const owner = options.owner ?? l1Key?.address ?? file?.owner;
  if (file === undefined && owner === undefined) throw new UsageError("--key or --owner is missing: whose accounts?");
  const { l1, trusted } = await openViews(call, file);
  const found = (await trusted.accounts({ key: file?.publicKey, owner })).filter(
    ({ account }) => options.token === undefined || account.token === options.token,
  );
  say(`${trusted.source}: ${found.length === 0 ? "no account" : `${found.length} account${s(found.length)}`}`);
  for (const { index, account } of found) {
    say(`account ${index}: ${money(account.balance, account.token)}, nonce ${account.nonce}`);
    const holder = uintToAddress(account.owner);
    if (file === undefined) continue;
    if (owner === undefined) say(`  owner ${holder}, who can force its exit: it is yours if that is you`);
    else say(`  to be paid, give out: ${formatPayee(payeeOf(index, account.token, file.publicKey, holder))}`);
  }
  if (l1 === undefined || owner === undefined) return;
  const { rollup } = l1.node.system;
  const token = options.token ?? ETH;
  say(`credit on L1: ${money(await rollup.credits(token, owner), token)}`);
}

const payeeOf = (index: number, token: bigint, key: Point, owner: string): Payee => ({ index, token, key, owner });

// ── L2 ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Pays another account through a node. */
export async function send(call: Call): Promise<void> {
  await transact(call, paymentArguments(call.options, call.args), "force transfer");
}

/** Takes money out to L1 through a node: to the owner of the account. */
export async function exit(call: Call): Promise<void> {
  const token = call.options.token ?? ETH;
  await transact(call, { to: 0, token, amount: amountArgument(call.args[0], token) }, "force exit");
}

/** @throws {ToolError} `FROZEN`, `NOT_ENOUGH` */
async function transact(call: Call, { to, token, amount }: Payment, instead: string): Promise<void> {
  const { options, say } = call;
  const asked = tipArgument(options.tip, token);
  const tip = roundTipDown(asked);
  const url = requireNode(options, instead);
  const { file, signer } = await openL2Key(call);
  const views = await openViews(call, file);
  const { trusted } = views;
  requirePinned(call, views, file);
  if (await trusted.isFrozen()) {
    throw new ToolError("FROZEN", {}, `the rollup is frozen, says ${trusted.source}: use escape, which needs L1 alone`);
  }
  const owned = await ownAccount(trusted, file, options, token);
  const receiver = await requireReceiver(trusted, to, token);
  const baseFee = token === ETH ? await trusted.baseFee() : 0n;
  const needed = amount + tip + baseFee;
  if (owned.account.balance < needed) {
    throw new ToolError(
      "NOT_ENOUGH",
      { account: owned.index, balance: owned.account.balance, needed },
      `account ${owned.index} has ${money(owned.account.balance, token)}, and ${money(needed, token)} are needed with fees`,
    );
  }
  const nonce = await nonceFor(views, owned);
  const bytes = signTransaction(signer, {
    ...{ from: owned.index, to: receiver, token, amount, tip, nonce, domain: trusted.domain },
    ...(options.boundTo === undefined ? {} : { boundTo: addressToUint(options.boundTo) }),
  });
  const target = receiver === 0 ? `L1 address ${uintToAddress(owned.account.owner)}` : `account ${receiver}`;
  say(`sends ${money(amount, token)} from account ${owned.index} to ${target}, by the word of ${trusted.source}`);
  say(
    `  nonce ${nonce}, for its proof ${money(baseFee, token)}, tip ${money(tip, token)}${tip < asked ? " (rounded)" : ""}`,
  );
  say(`  transaction 0x${Buffer.from(bytes).toString("hex")}`);
  const { isKnown } = await new NodeClient(url).send(bytes);
  say(isKnown ? "the node had it already" : "the node has accepted it");
  if (options.wait !== undefined) await wait(call, views, bytes);
}

/**
 * Signs for no rollup that the node alone names: accounts have other owners in another rollup where the key is used.
 *
 * @throws {UsageError}
 */
function requirePinned({ options }: Call, { l1 }: Views, file: KeyFile): void {
  const rollup = options.rollup ?? file.rollup;
  const chainId = l1?.chainId ?? options.chainId ?? file.chainId;
  if (rollup !== undefined && chainId !== undefined) return;
  const missing = rollup === undefined ? "--rollup" : "--chain-id";
  throw new UsageError(
    `${missing} is missing: a node's word is not enough for what is signed; give it, or a key file that has it`,
  );
}

/** The node knows what waits there; if L1 is known, the node's word counts within limits. */
async function nonceFor({ trusted, node, l1 }: Views, owned: Owned): Promise<bigint> {
  const own = await trusted.nextNonce(owned);
  if (l1 === undefined || node === undefined) return own;
  const said = await node.nextNonce(owned);
  return said >= own && said < own + NONCES_AHEAD ? said : own;
}

/** With `--from` that account alone is looked up: a stranger may have opened any number for the key. */
async function ownAccount(view: View, file: KeyFile, options: WalletOptions, token: bigint): Promise<Owned> {
  const owner = options.owner ?? file.owner;
  const { x, y } = file.publicKey;
  const { from } = options;
  const one = from === undefined ? undefined : await view.account(from);
  const all =
    from === undefined
      ? await view.accounts({ key: file.publicKey, owner })
      : one === undefined
        ? []
        : [{ index: from, account: one }];
  let found: Owned | undefined;
  for (const own of all) {
    const { account } = own;
    if (account.token !== token || account.ax !== x || account.ay !== y) continue;
    if (owner !== undefined && account.owner !== addressToUint(owner)) continue;
    if (found === undefined || account.balance > found.account.balance) found = own;
  }
  if (found !== undefined) return found;
  const which = from === undefined ? "no account" : `account ${from} is none`;
  const who = owner === undefined ? "this key" : `this key and the owner ${owner}`;
  throw new ToolError("NO_ACCOUNT", { token }, `${which} of ${nameOf(token)} with ${who}: ${view.source} has none`);
}

/** @returns the receiver's index */
async function requireReceiver(view: View, to: string | number, token: bigint): Promise<number> {
  if (to === 0) return 0;
  if (typeof to === "string") return requirePayeeOf(view, parsePayee(to));
  const account = await view.account(to);
  const why = account === undefined ? "does not exist" : account.token === token ? undefined : "has another token";
  if (why === undefined) return to;
  throw new ToolError("NO_ACCOUNT", { token }, `account ${to} ${why}: ${view.source} says so`);
}

// ── L1 ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Deposits into a new account of the own key, or into one that exists. */
export async function deposit(call: Call): Promise<void> {
  const { options, args, say } = call;
  const isTopUp = args.length > 1 || options.toIndex !== undefined;
  const own = options.token ?? ETH;
  const payment = isTopUp
    ? paymentArguments(options, args)
    : { to: 0, token: own, amount: amountArgument(args[0], own) };
  const { to, token, amount } = payment;
  const { wallet, l1, fee, views } = await openL1Wallet(call, "secret");
  const index = await requireReceiver(l1, to, token);
  const into = index === 0 ? `a new account of the key, owned by ${wallet.owner}` : `account ${index}`;
  say(`deposits ${money(amount, token)} into ${into}, and pays ${formatEther(fee)} ETH for the queue`);
  if (token !== ETH) {
    say(`  allows the rollup to take ${money(amount, token)}`);
    await wallet.approve(token, amount);
  }
  const receipt = index === 0 ? wallet.deposit(token, amount) : wallet.topUp(index, token, amount);
  await queued(call, views, wallet, await receipt);
}

/** Takes money out of an account by L1 alone. */
export async function forceExit(call: Call): Promise<void> {
  const { options, args, say } = call;
  const token = options.token ?? ETH;
  const amount = amountArgument(args[0], token);
  const { wallet, fee, views } = await openL1Wallet(call, "public");
  const { index, account } = wallet.account(token, options.from);
  say(
    `forces the exit of up to ${money(amount, token)} from account ${index}, which has ${money(account.balance, token)}`,
  );
  say(`  to ${wallet.owner}, and pays ${formatEther(fee)} ETH for the queue`);
  await queued(call, views, wallet, await wallet.forceExit(token, amount, index));
}

/** Pays another account by L1 alone. @throws {ToolError} `NOT_ENOUGH` */
export async function forceTransfer(call: Call): Promise<void> {
  const { options, say } = call;
  const { to, token, amount } = paymentArguments(options, call.args);
  const { wallet, l1, fee, views } = await openL1Wallet(call, "public");
  const { index, account } = wallet.account(token, options.from);
  const receiver = await requireReceiver(l1, to, token);
  if (account.balance < amount) {
    throw new ToolError(
      "NOT_ENOUGH",
      { account: index, balance: account.balance, needed: amount },
      `account ${index} has ${money(account.balance, token)}, and the transfer would do nothing`,
    );
  }
  say(`forces the transfer of ${money(amount, token)} from account ${index} to account ${receiver}`);
  say(`  and pays ${formatEther(fee)} ETH for the queue`);
  await queued(call, views, wallet, await wallet.forceTransfer(token, receiver, amount, index));
}

/** Has L1 pay all exits that are final, and takes out the credit. @returns the exit code */
export async function claim(call: Call): Promise<number> {
  const { options, say } = call;
  const { wallet } = await openL1Wallet(call, "none");
  const token = options.token ?? ETH;
  let [done, failed] = [0, 0];
  const attempt = async (what: string, work: () => Promise<ContractTransactionReceipt>): Promise<void> => {
    say(what);
    try {
      say(`  done: ${(await work()).hash}`);
      done += 1;
    } catch (error) {
      say(`  failed: ${reasonOf(error)}`);
      failed += 1;
    }
  };
  for (const place of await wallet.openExits()) {
    const { batch, leaf, slot } = place;
    await attempt(`claims the exit in batch ${batch}, leaf ${leaf}, slot ${slot}`, () => wallet.claim(place));
  }
  const credit = await wallet.credit(token);
  if (credit > 0n) await attempt(`takes out the credit of ${money(credit, token)}`, () => wallet.withdraw(token));
  if (done + failed === 0) say("There is nothing to claim: no exit of a final batch is open, and there is no credit.");
  return failed > 0 ? 1 : 0;
}

/** Takes everything out of a rollup. @returns the exit code */
export async function escapeAll(call: Call): Promise<number> {
  const { l1, rollup, deploymentBlock, maxFee, maxTotal, all } = call.options;
  const { privateKey: key } = await openL1Key(call);
  const { escapeFrom } = await import("../escape.ts");
  return escapeFrom({
    ...{ rpc: required("--l1", l1), address: required("--rollup", rollup), key, dust: new Map(), all },
    ...(deploymentBlock === undefined ? {} : { deploymentBlock }),
    ...(maxFee === undefined ? {} : { maxFee }),
    ...(maxTotal === undefined ? {} : { maxTotal }),
  });
}

async function queued(call: Call, views: Views, wallet: Wallet, receipt: ContractTransactionReceipt): Promise<void> {
  const operation = operationOf(wallet.node, receipt);
  call.say(`forced operation ${operation} is in the queue: L1 transaction ${receipt.hash}`);
  if (call.options.wait !== undefined) await wait(call, views, operation);
}

// ── What commands share ──────────────────────────────────────────────────────────────────────────────────────────────

interface Views {
  readonly l1: L1View | undefined;
  readonly node: View | undefined;
  readonly client: NodeClient | undefined;
  /** L1's, or the node's if there is no L1. */
  readonly trusted: View;
}

function providerFor({ providers }: Call, url: string): JsonRpcProvider {
  const known = providers.get(url) ?? openProvider(url);
  providers.set(url, known);
  return known;
}

/** Opens what the options name; all are of one rollup, and that of the key file. */
async function openViews(call: Call, file?: KeyFile): Promise<Views> {
  const { options, say } = call;
  requireSource({ ...options, ...wantedRollup(options, file) });
  const wanted = wantedRollup(options, file);
  const client = options.node === undefined ? undefined : new NodeClient(options.node, wanted);
  const node = client && (await viewOfNode(client));
  let l1: L1View | undefined;
  if (options.l1 !== undefined) {
    // L1 says what the state of a rollup is, and not which rollup is meant: a node could name one of its own.
    const address = required("--rollup", wanted.rollup);
    // A false block of the node is noticed: the rollup is not found then.
    const block = options.deploymentBlock ?? (await client?.identity())?.deploymentBlock;
    say(`reads the rollup at ${address} from L1`);
    l1 = await viewOfL1(providerFor(call, options.l1), address, block === undefined ? {} : { deploymentBlock: block });
    requireRollup(
      l1,
      wanted.rollup === undefined || isSameAddress(address, l1.rollup) ? wanted : { chainId: wanted.chainId },
    );
    if (node !== undefined) requireRollup(node, l1);
  }
  return { l1, node, client, trusted: l1 ?? node! };
}

/** @throws {ToolError} `OTHER_ROLLUP` if options and key file differ */
function wantedRollup(options: WalletOptions, file: KeyFile | undefined): { rollup?: string; chainId?: bigint } {
  const rollup = options.rollup?.toLowerCase() ?? file?.rollup;
  const chainId = options.chainId ?? file?.chainId;
  for (const [what, expected, found] of [
    ["rollup", rollup, file?.rollup],
    ["chain id", chainId, file?.chainId],
  ] as const) {
    if (found === undefined || expected === found) continue;
    throw new ToolError(
      "OTHER_ROLLUP",
      { what, expected: String(expected), found: String(found) },
      `the key file is for ${what} ${found}, and not for ${expected}`,
    );
  }
  return { ...(rollup === undefined ? {} : { rollup }), ...(chainId === undefined ? {} : { chainId }) };
}

async function openL2Key({ options, environment }: Call): Promise<{ file: KeyFile; signer: Signer }> {
  const path = keyPath(options);
  return openKeyFile(path, keyPassword(environment));
}

/** The key of L1: of the keystore if there is one, else of the environment. No message has a secret. */
async function openL1Key({ options, environment }: Call): Promise<{ address: string; privateKey: string }> {
  const source = l1KeySource(options, environment);
  if ("privateKey" in source) return new L1Key(source.privateKey);
  const { path, password } = source;
  const text = readFileSync(path, "utf8");
  try {
    return await L1Key.fromEncryptedJson(text, password);
  } catch (error) {
    const isPassword = error instanceof Error && error.message.includes("incorrect password");
    const reason = isPassword ? "has another password" : "is not in Web3 secret storage";
    throw new ToolError("BAD_KEY_FILE", { path, reason }, `the keystore ${path} ${reason}`);
  }
}

/** @param need which part of the L2 key is used: the public part says whose accounts, the secret proves it */
async function openL1Wallet(
  call: Call,
  need: "secret" | "public" | "none",
): Promise<{ wallet: Wallet; l1: L1View; fee: bigint; views: Views }> {
  const { options } = call;
  const url = required("--l1", options.l1);
  const { privateKey: key, address } = await openL1Key(call);
  const { file, signer } = await keyFor(call, need);
  const owner = options.owner ?? file?.owner;
  if (owner !== undefined && !isSameAddress(owner, address)) {
    throw new ToolError(
      "OTHER_OWNER",
      { expected: owner, found: address },
      `the key of L1 is that of ${address}, and the owner is to be ${owner}`,
    );
  }
  const views = await openViews(call, file);
  const { l1 } = views;
  if (l1 === undefined) throw new UsageError("--l1 is missing");
  const { maxFee } = options;
  const wallet = new Wallet(l1.node, new L1Key(key, providerFor(call, url)), signer, {
    sending: maxFee === undefined ? {} : { maxFee },
  });
  return { wallet, l1, fee: await l1.node.system.rollup.forcedFee(), views };
}

async function keyFor(
  call: Call,
  need: "secret" | "public" | "none",
): Promise<{ file: KeyFile | undefined; signer: Signer }> {
  if (need === "secret") return openL2Key(call);
  const { key } = call.options;
  const file = need === "public" || key !== undefined ? readKeyFile(keyPath(call.options)) : undefined;
  const sign = (): never => {
    throw new UsageError("this command signs nothing on L2");
  };
  // Of no account, if there is no key.
  return { file, signer: { publicKey: file?.publicKey ?? NO_KEY, sign } };
}

const NO_KEY = { x: 0n, y: 0n } as Point;

/** Milliseconds without an answer after which a node is not asked any more, where L1 is known. */
const NODE_PATIENCE = 5_000;

async function wait(call: Call, { node, l1, trusted }: Views, subject: Uint8Array | number): Promise<void> {
  const { wait: wanted } = call.options;
  if (wanted === undefined) return;
  call.say(`waits until it is ${wanted}`);
  // A transaction that waits at a node is not on L1 yet. A forced operation is on L1 first.
  const isOnL1 = typeof subject === "number";
  let outcome: Outcome | undefined;
  if (node !== undefined && !(isOnL1 && l1 !== undefined)) {
    try {
      outcome = await (l1 === undefined
        ? node.waitFor(subject, wanted)
        : node.waitFor(subject, "virtual", NODE_PATIENCE));
    } catch (error) {
      if (l1 === undefined || !isProtocolError(error, "NODE_UNAVAILABLE")) throw error;
      call.say("the node does not answer any more: only L1 is asked from now on");
    }
  }
  if (l1 !== undefined) outcome = await l1.waitFor(subject, "virtual");
  if (l1 !== undefined && wanted === "final" && outcome?.isFinal !== true) {
    call.say(`${l1.source}: ${outcome?.text ?? ""}`);
    outcome = await l1.waitFor(subject, wanted);
  }
  call.say(`${trusted.source}: ${outcome?.text ?? ""}`);
  if (outcome?.noEffect === undefined) return;
  throw new ToolError("NO_EFFECT", { reason: outcome.noEffect }, `it did nothing: ${outcome.noEffect}`);
}

const nameOf = (token: bigint): string => (token === ETH ? "ETH" : `token ${token}`);

const money = (amount: bigint, token: bigint): string =>
  token === ETH ? `${formatEther(amount)} ETH` : `${amount} units of token ${token}`;

const s = (count: number): string => (count === 1 ? "" : "s");
