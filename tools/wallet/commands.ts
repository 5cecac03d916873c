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
import { existingFile, privateKey, required, UsageError } from "../commandLine.ts";
import { ToolError } from "../errors.ts";
import { amountArgument, subjectArgument, tipArgument, type WalletOptions } from "./arguments.ts";
import { makeKeyFile, openKeyFile, readKeyFile, type KeyFile } from "./keyFile.ts";
import { requirePayeeOf, requireRollup, viewOfL1, viewOfNode, type L1View, type Owned, type View } from "./views.ts";

/** Nonces behind that of an account that a sequencer takes. */
const NONCES_AHEAD = 16n;

/** A call of the wallet. */
export interface Call {
  readonly options: WalletOptions;
  /** Arguments behind the command's name. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

// ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes a key file. */
export async function makeKey({ options, environment, say }: Call): Promise<void> {
  const { rollup, chainId, owner } = options;
  const path = required("--key", options.key);
  const password = passwordOf(environment);
  if (password.length < 8) throw new UsageError("WALLET_PASSWORD of the environment has fewer than 8 characters");
  const file = await makeKeyFile(path, password, {
    ...(rollup === undefined ? {} : { rollup }),
    ...(chainId === undefined ? {} : { chainId }),
    ...(owner === undefined ? {} : { owner }),
  });
  say(`A new key is in ${path}. Who loses the file or its password loses the key: keep a copy of both.`);
  sayKey(file, say);
}

/** Shows the public part of a key file; compares it with the secret if the password is there. */
export async function showKey({ options, environment, say }: Call): Promise<void> {
  const path = existingFile("--key", required("--key", options.key));
  const { WALLET_PASSWORD: password = "" } = environment;
  if (password !== "") await openKeyFile(path, password);
  sayKey(readKeyFile(path), say);
  if (password === "") say("not compared with the secret: the environment has no WALLET_PASSWORD");
}

function sayKey({ publicKey, rollup, chainId, owner }: KeyFile, say: Call["say"]): void {
  say(`public key   x ${publicKey.x}`);
  say(`             y ${publicKey.y}`);
  say(`rollup       ${rollup ?? "any"}${chainId === undefined ? "" : ` on chain ${chainId}`}`);
  say(`owner on L1  ${owner ?? "not said"}`);
}

function passwordOf(environment: Call["environment"]): string {
  const { WALLET_PASSWORD: password = "" } = environment;
  if (password === "") throw new UsageError("the environment has no WALLET_PASSWORD, the password of the key file");
  return password;
}

// ── What the wallet knows ────────────────────────────────────────────────────────────────────────────────────────────

/** How far the rollup is, or a transaction. */
export async function status(call: Call): Promise<void> {
  const { options, args, say } = call;
  const subject = args[0] === undefined ? undefined : subjectArgument(args[0]);
  const rollups = await openViews(call);
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
  const file = options.key === undefined ? undefined : readKeyFile(existingFile("--key", options.key));
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
  const { receiver, amountText } = receiverOf(call);
  await transact(call, receiver, amountText);
}

/** Takes money out to L1 through a node: to the owner of the account. */
export async function exit(call: Call): Promise<void> {
  await transact(call, 0, call.args[0]);
}

async function transact(call: Call, to: Payee | number, amountText: string | undefined): Promise<void> {
  const { options, say } = call;
  const token = tokenOf(options, to);
  const amount = amountArgument(amountText, token);
  const asked = tipArgument(options.tip, token);
  const tip = roundTipDown(asked);
  if (options.node === undefined) {
    const other = to === 0 ? "force exit" : "force transfer";
    throw new UsageError(`--node is missing: L1 takes no L2 transactions; by L1 alone, use: ${other}`);
  }
  const { file, signer } = await openL2Key(call);
  const views = await openViews(call, file);
  const { trusted, client, node } = views;
  if (client === undefined || node === undefined) throw new UsageError("--node is missing");
  requirePinned(call, views, file);
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
  const { isKnown } = await client.send(bytes);
  say(isKnown ? "the node had it already" : "the node has accepted it");
  if (options.wait !== undefined) await wait(call, views, bytes);
}

/**
 * Signs for no rollup that the node alone names: accounts have other owners in another rollup where the key is used.
 *
 * @throws {UsageError}
 */
function requirePinned({ options }: Call, { l1 }: Views, file: KeyFile): void {
  const rollup = l1?.rollup ?? options.rollup ?? file.rollup;
  const chainId = l1?.chainId ?? options.chainId ?? file.chainId;
  if (rollup !== undefined && chainId !== undefined) return;
  const missing = rollup === undefined ? "--rollup" : "--chain-id";
  throw new UsageError(
    `${missing} is missing: a node's word is not enough for what is signed; give it, or --l1, or a key file that has it`,
  );
}

/** The node knows what waits there; if L1 is known, the node's word counts within limits. */
async function nonceFor({ trusted, node, l1 }: Views, owned: Owned): Promise<bigint> {
  const own = await trusted.nextNonce(owned);
  if (l1 === undefined || node === undefined) return own;
  const said = await node.nextNonce(owned);
  return said >= own && said < own + NONCES_AHEAD ? said : own;
}

async function ownAccount(view: View, file: KeyFile, options: WalletOptions, token: bigint): Promise<Owned> {
  const owner = options.owner ?? file.owner;
  const all = await view.accounts({ key: file.publicKey, owner });
  let found: Owned | undefined;
  for (const own of all) {
    if (own.account.token !== token || (options.from ?? own.index) !== own.index) continue;
    if (found === undefined || own.account.balance > found.account.balance) found = own;
  }
  if (found !== undefined) return found;
  const which = options.from === undefined ? "no account" : `account ${options.from} is none`;
  const who = owner === undefined ? "this key" : `this key and the owner ${owner}`;
  throw new ToolError("NO_ACCOUNT", { token }, `${which} of ${nameOf(token)} with ${who}: ${view.source} has none`);
}

/** @returns the receiver's index */
async function requireReceiver(view: View, to: Payee | number, token: bigint): Promise<number> {
  if (to === 0) return 0;
  if (typeof to !== "number") return requirePayeeOf(view, to);
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
  const { receiver, amountText } = isTopUp ? receiverOf(call) : { receiver: 0, amountText: args[0] };
  const token = tokenOf(options, receiver);
  const amount = amountArgument(amountText, token);
  const { wallet, l1, fee, views } = await openL1Wallet(call, "secret");
  const index = await requireReceiver(l1, receiver, token);
  const into = index === 0 ? `a new account of the key, owned by ${wallet.owner}` : `account ${index}`;
  say(`deposits ${money(amount, token)} into ${into}, and pays ${formatEther(fee)} ETH for the queue`);
  if (token !== ETH) {
    say(`  allows the rollup to take ${money(amount, token)}`);
    await wallet.approve(token, amount);
  }
  const receipt = index === 0 ? wallet.deposit(token, amount) : wallet.topUp(receiver, token, amount);
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
  const { receiver, amountText } = receiverOf(call);
  const token = tokenOf(options, receiver);
  const amount = amountArgument(amountText, token);
  const { wallet, l1, fee, views } = await openL1Wallet(call, "public");
  const { index, account } = wallet.account(token, options.from);
  const to = await requireReceiver(l1, receiver, token);
  if (account.balance < amount) {
    throw new ToolError(
      "NOT_ENOUGH",
      { account: index, balance: account.balance, needed: amount },
      `account ${index} has ${money(account.balance, token)}, and the transfer would do nothing`,
    );
  }
  say(`forces the transfer of ${money(amount, token)} from account ${index} to account ${to}`);
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

const providers = new Map<string, JsonRpcProvider>();

function providerFor(url: string): JsonRpcProvider {
  const known = providers.get(url) ?? openProvider(url);
  providers.set(url, known);
  return known;
}

/** Opens what the options name; all are of one rollup, and that of the key file. */
async function openViews({ options, say }: Call, file?: KeyFile): Promise<Views> {
  if (options.l1 === undefined && options.node === undefined) {
    throw new UsageError("--node or --l1 is missing: where is the rollup?");
  }
  const wanted = wantedRollup(options, file);
  const client = options.node === undefined ? undefined : new NodeClient(options.node, wanted);
  const node = client && (await viewOfNode(client));
  let l1: L1View | undefined;
  if (options.l1 !== undefined) {
    const address = required("--rollup", wanted.rollup ?? node?.rollup);
    // A false block of the node is noticed: the rollup is not found then.
    const block = options.deploymentBlock ?? (await client?.identity())?.deploymentBlock;
    say(`reads the rollup at ${address} from L1`);
    l1 = await viewOfL1(providerFor(options.l1), address, block === undefined ? {} : { deploymentBlock: block });
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
  const path = existingFile("--key", required("--key", options.key));
  return openKeyFile(path, passwordOf(environment));
}

/** The key of L1: of the keystore if there is one, else of the environment. No message has a secret. */
async function openL1Key({ options, environment }: Call): Promise<{ address: string; privateKey: string }> {
  const { keystore } = options;
  if (keystore === undefined) return new L1Key(privateKey("PRIVATE_KEY", environment["PRIVATE_KEY"]));
  const { L1_PASSWORD: password = "" } = environment;
  if (password === "") throw new UsageError("the environment has no L1_PASSWORD, the password of --keystore");
  const text = readFileSync(existingFile("--keystore", keystore), "utf8");
  try {
    return await L1Key.fromEncryptedJson(text, password);
  } catch (error) {
    const isPassword = error instanceof Error && error.message.includes("incorrect password");
    const reason = isPassword ? "has another password" : "is not in Web3 secret storage";
    throw new ToolError("BAD_KEY_FILE", { path: keystore, reason }, `the keystore ${keystore} ${reason}`);
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
  const wallet = new Wallet(l1.node, new L1Key(key, providerFor(url)), signer, {
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
  const path = need === "public" ? required("--key", key) : key;
  const file = path === undefined ? undefined : readKeyFile(existingFile("--key", path));
  const sign = (): never => {
    throw new UsageError("this command signs nothing on L2");
  };
  // Of no account, if there is no key.
  return { file, signer: { publicKey: file?.publicKey ?? NO_KEY, sign } };
}

const NO_KEY = { x: 0n, y: 0n } as Point;

/** A payee as its text, or an index by `--to-index`; and the amount behind it. */
function receiverOf({ options, args }: Call): { receiver: Payee | number; amountText: string | undefined } {
  const [first, second] = args;
  if (options.toIndex !== undefined) {
    if (args.length > 1) throw new UsageError("a payee and --to-index name two receivers");
    return { receiver: options.toIndex, amountText: first };
  }
  if (first === undefined) throw new UsageError("the payee is missing: index:token:key:owner, or --to-index <number>");
  if (/^\d{1,10}$/.test(first)) {
    throw new UsageError(
      `payee ${first}: is a number alone; ask for index:token:key:owner, or trust it: --to-index ${first}`,
    );
  }
  try {
    return { receiver: parsePayee(first), amountText: second };
  } catch (error) {
    throw isProtocolError(error, "BAD_PAYEE") ? new UsageError(error.message) : error;
  }
}

function tokenOf(options: WalletOptions, to: Payee | number): bigint {
  if (typeof to === "number") return options.token ?? ETH;
  if (options.token !== undefined && options.token !== to.token) {
    throw new UsageError(`--token ${options.token}: the payee takes token ${to.token}`);
  }
  return to.token;
}

async function wait(call: Call, { node, l1, trusted }: Views, subject: Uint8Array | number): Promise<void> {
  const { wait: wanted } = call.options;
  if (wanted === undefined) return;
  call.say(`waits until it is ${wanted}`);
  // What waits at a node is not on L1 yet. A forced operation is on L1 first.
  const isOnL1 = typeof subject === "number";
  let outcome = node === undefined || (isOnL1 && l1 !== undefined) ? undefined : await node.waitFor(subject, wanted);
  if (l1 !== undefined) outcome = await l1.waitFor(subject, wanted);
  call.say(`${trusted.source}: ${outcome?.text ?? ""}`);
  if (outcome?.noEffect === undefined) return;
  throw new ToolError("NO_EFFECT", { reason: outcome.noEffect }, `it did nothing: ${outcome.noEffect}`);
}

const nameOf = (token: bigint): string => (token === ETH ? "ETH" : `token ${token}`);

const money = (amount: bigint, token: bigint): string =>
  token === ETH ? `${formatEther(amount)} ETH` : `${amount} units of token ${token}`;

const s = (count: number): string => (count === 1 ? "" : "s");
