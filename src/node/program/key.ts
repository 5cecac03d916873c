// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { getBytes, isHexString, Wallet } from "ethers";

import { createOutputSigner, type OutputSigner } from "../../crypto/index.ts";
import { ProtocolError } from "../../errors.ts";

/** Variables of the environment that have secrets. Secrets are in no option, so that no list of processes shows them. */
export const KEY_VARIABLE = "NODE_PRIVATE_KEY";
export const PASSWORD_VARIABLE = "NODE_PASSWORD";
export const TICKET_VARIABLE = "NODE_TICKET_KEY";

/** The key on L2 of a prover's ticket. No message has it. @throws {ProtocolError} `BAD_KEY` */
export function openTicketKey(environment: Readonly<Record<string, string | undefined>>): OutputSigner {
  const secret = environment[TICKET_VARIABLE] ?? "";
  const hex = secret.startsWith("0x") ? secret : `0x${secret}`;
  if (isHexString(hex, 32)) return createOutputSigner(getBytes(hex));
  throw bad(TICKET_VARIABLE, `--prover needs ${TICKET_VARIABLE} in the environment: 0x and 64 hexadecimal digits`);
}

/**
 * The key of a node's roles: of the keystore file if there is one, else of the environment. No message has a secret.
 *
 * @param keystore path of a file in the format of Web3 secret storage, version 3
 * @throws {ProtocolError} `BAD_KEY` with one sentence
 */
export async function openKey(
  keystore: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Wallet> {
  const key = environment[KEY_VARIABLE];
  if (keystore === undefined) {
    if (key === undefined || key === "") {
      throw bad(KEY_VARIABLE, `a role needs a key: give --keystore, or ${KEY_VARIABLE} in the environment`);
    }
    try {
      return new Wallet(key.startsWith("0x") ? key : `0x${key}`);
    } catch {
      // The error of ethers has the key.
      throw bad(KEY_VARIABLE, `${KEY_VARIABLE} of the environment is not a private key: 0x and 64 hexadecimal digits`);
    }
  }
  const password = environment[PASSWORD_VARIABLE];
  if (key !== undefined && key !== "") {
    throw bad(keystore, `there are two keys: --keystore ${keystore}, and ${KEY_VARIABLE} in the environment`);
  }
  if (password === undefined) {
    throw bad(keystore, `the environment has no ${PASSWORD_VARIABLE}, the password of the keystore ${keystore}`);
  }
  let text: string;
  try {
    text = readFileSync(keystore, "utf8");
  } catch (error) {
    const { code = "it cannot be read" } = error as NodeJS.ErrnoException;
    throw bad(keystore, `the keystore ${keystore} cannot be read: ${code}`);
  }
  try {
    return (await Wallet.fromEncryptedJson(text, password)) as Wallet;
  } catch (error) {
    const isPassword = error instanceof Error && error.message.includes("incorrect password");
    const why = isPassword
      ? `${PASSWORD_VARIABLE} is not its password`
      : "it is not in the format of Web3 secret storage";
    throw bad(keystore, `the keystore ${keystore} cannot be opened: ${why}`);
  }
}

const bad = (source: string, message: string): ProtocolError => new ProtocolError("BAD_KEY", { source }, message);
