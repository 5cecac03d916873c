// SPDX-License-Identifier: MIT
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";

import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";

import { isProtocolError, ProtocolError } from "../../../errors.ts";

/**
 * The key by which peers know a node, Ed25519: from its file, or a new one, which is written to the file first. Nobody
 * but the owner of the file may read it.
 *
 * @throws {ProtocolError} `BAD_PEER_KEY` if the file is something else, or others may read it
 */
export async function openPeerKey(path: string): Promise<PrivateKey> {
  let bytes: Uint8Array;
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw bad(path, "others may read it: use chmod 600");
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw asBad(path, error);
    return makePeerKey(path);
  }
  try {
    const key = privateKeyFromProtobuf(bytes);
    if (key.type !== "Ed25519") throw bad(path, `it is a key of type ${key.type}`);
    return key;
  } catch (error) {
    throw asBad(path, error, "it is no key of libp2p");
  }
}

async function makePeerKey(path: string): Promise<PrivateKey> {
  const key = await generateKeyPair("Ed25519");
  const draft = `${path}.new`;
  try {
    const file = openSync(draft, "w", 0o600);
    writeSync(file, privateKeyToProtobuf(key));
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, path);
  } catch (error) {
    throw asBad(path, error);
  }
  return key;
}

const bad = (path: string, reason: string): ProtocolError =>
  new ProtocolError("BAD_PEER_KEY", { path, reason }, `the peer key ${path} cannot be used: ${reason}`);

function asBad(path: string, error: unknown, reason?: string): ProtocolError {
  if (isProtocolError(error)) return error;
  return bad(path, reason ?? (error as NodeJS.ErrnoException).code ?? "it cannot be opened");
}
