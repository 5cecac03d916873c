// SPDX-License-Identifier: MIT
import { required } from "../commandLine.ts";
import { keyPassword, keyPath } from "./arguments.ts";
import type { Call } from "./call.ts";
import { makeKeyFile, openKeyFile, readKeyFile, type KeyFile } from "./keyFile.ts";

/** Makes a key file. */
export async function makeKey({ options, environment, say }: Call): Promise<void> {
  const { rollup, chainId, owner } = options;
  const path = required("--key", options.key);
  const password = keyPassword(environment);
  const file = await makeKeyFile(path, password, {
    ...(rollup === undefined ? {} : { rollup }),
    ...(chainId === undefined ? {} : { chainId }),
    ...(owner === undefined ? {} : { owner }),
  });
  say(`A new key is in ${path}. Keep a copy of the file and of its password: without them the key is lost.`);
  sayKey(file, say);
}

/** Shows the public part of a key file; compares it with the secret if the password is there. */
export async function showKey({ options, environment, say }: Call): Promise<void> {
  const path = keyPath(options);
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
