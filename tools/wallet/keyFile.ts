// SPDX-License-Identifier: MIT
import { randomBytes, scrypt as scryptOfNode } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

import { decryptKeystoreJson, encryptKeystoreJson, hexlify, getBytes, scrypt, Wallet } from "ethers";

import { createSigner, toPoint, type Point, type Signer } from "../../src/crypto/index.ts";
import { ToolError } from "../errors.ts";

/** What a key file says to everybody who can read it. */
export interface KeyFile {
  readonly path: string;
  /** On L2. WARNING: authentic only after `openKeyFile`. */
  readonly publicKey: Point;
  /** The rollup that the key is for; undefined for any. */
  readonly rollup: string | undefined;
  /** Id of the L1 chain. */
  readonly chainId: bigint | undefined;
  /** L1 address that owns the user's accounts. */
  readonly owner: string | undefined;
}

/** Facts that a key is bound to. */
export type KeyBinding = Partial<Pick<KeyFile, "rollup" | "chainId" | "owner">>;

/** Marks a key file, with its version. */
const FORMAT = "decentralised-sequencing/l2-key/1";
/** Bytes: a longer file is none. */
const MAX_FILE = 16_384;
/** Costs of a guess of the password: 128 MiB and half a second. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 };

// That of Node.js is ten times as fast as ethers' own.
scrypt.register(
  async (password, salt, N, r, p, length) =>
    new Promise<string>((resolve, reject) => {
      const limits = { N, r, p, maxmem: 256 * N * r };
      scryptOfNode(getBytes(password), getBytes(salt), length, limits, (error, key) =>
        error === null ? resolve(hexlify(key)) : reject(error),
      );
    }),
);

/**
 * Makes a key of L2 and writes it to a new file that its owner alone can read, encrypted as Web3 secret storage.
 *
 * @param password not empty
 * @throws {ToolError} `BAD_KEY_FILE` if the file is there already, or cannot be written
 */
export async function makeKeyFile(path: string, password: string, binding: KeyBinding = {}): Promise<KeyFile> {
  // A key of secp256k1 is 32 random bytes that the format takes; here it is the secret of a key on BabyJubJub.
  const { privateKey, address } = new Wallet(hexlify(randomBytes(32)));
  const { publicKey } = createSigner(getBytes(privateKey));
  const secret = JSON.parse(await encryptKeystoreJson({ address, privateKey }, password, { scrypt: SCRYPT })) as object;
  const { rollup, chainId, owner } = binding;
  const content = {
    format: FORMAT,
    publicKey: { x: String(publicKey.x), y: String(publicKey.y) },
    ...(rollup === undefined ? {} : { rollup: rollup.toLowerCase() }),
    ...(chainId === undefined ? {} : { chainId: String(chainId) }),
    ...(owner === undefined ? {} : { owner: owner.toLowerCase() }),
    secret,
  };
  try {
    writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw bad(
      path,
      code === "EEXIST" ? "is there already, and is not overwritten" : `cannot be written: ${code ?? ""}`,
    );
  }
  return readKeyFile(path);
}

/** Reads what needs no password. @throws {ToolError} `BAD_KEY_FILE` */
export const readKeyFile = (path: string): KeyFile => parse(path).file;

/**
 * Opens a key. What the file says without its password may have been changed by somebody: the public key is compared.
 *
 * @throws {ToolError} `BAD_KEY_FILE`
 */
export async function openKeyFile(path: string, password: string): Promise<{ file: KeyFile; signer: Signer }> {
  const { file, secret } = parse(path);
  let privateKey: string;
  try {
    ({ privateKey } = await decryptKeystoreJson(JSON.stringify(secret), password));
  } catch (error) {
    const isPassword = error instanceof Error && error.message.includes("incorrect password");
    throw bad(path, isPassword ? "has another password" : "is damaged: its secret is not in Web3 secret storage");
  }
  const signer = createSigner(getBytes(privateKey));
  const { x, y } = signer.publicKey;
  if (x !== file.publicKey.x || y !== file.publicKey.y) throw bad(path, "was changed: its public key is another one");
  return { file, signer };
}

function parse(path: string): { readonly file: KeyFile; readonly secret: unknown } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw bad(path, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? ""}`);
  }
  const content = text.length > MAX_FILE ? undefined : jsonOf(text);
  const { format, publicKey, rollup, chainId, owner, secret } = content ?? {};
  const { x, y } = (typeof publicKey === "object" && publicKey !== null ? publicKey : {}) as Record<string, unknown>;
  const isAddress = (value: unknown): boolean =>
    value === undefined || (typeof value === "string" && /^0x[0-9a-f]{40}$/u.test(value));
  const isNumber = (value: unknown): value is string => typeof value === "string" && /^\d{1,78}$/u.test(value);
  if (format !== FORMAT || !isNumber(x) || !isNumber(y) || !isAddress(rollup) || !isAddress(owner)) {
    throw bad(path, "is not a key file that npm run wallet has made");
  }
  if (chainId !== undefined && !isNumber(chainId)) throw bad(path, "has a chain id that is no number");
  let point: Point;
  try {
    point = toPoint(BigInt(x), BigInt(y));
  } catch {
    throw bad(path, "has a public key that is not on BabyJubJub");
  }
  const file = {
    ...{ path, publicKey: point, rollup: rollup as string | undefined, owner: owner as string | undefined },
    chainId: chainId === undefined ? undefined : BigInt(chainId),
  };
  return { file, secret };
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const bad = (path: string, reason: string): ToolError =>
  new ToolError("BAD_KEY_FILE", { path, reason }, `the key file ${path} ${reason}`);
