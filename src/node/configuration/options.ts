// SPDX-License-Identifier: MIT
/** Why a value cannot be used, as the end of a sentence that begins with the option: "must be a whole number". */
export class Fault extends Error {}

/** Reads a value of one option: text from the command line or the environment, any JSON from a file. */
export type Parser<Value> = (given: unknown) => Value;

const asText = (given: unknown, what: string): string => {
  if (typeof given === "string" && given !== "") return given;
  if (typeof given === "number" && Number.isFinite(given)) return String(given);
  throw new Fault(`must be ${what}`);
};

/** A whole number in [least, most]. */
export const whole =
  (least: number, most: number): Parser<number> =>
  (given) => {
    const what = `a whole number from ${least} to ${most}`;
    const text = asText(given, what);
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new Fault(`must be ${what}`);
    return value;
  };

/** An amount with decimals, to units of 10^−decimals. ethers, which can do this, takes a second to load. */
const amount =
  (what: string, decimals: number, most: bigint): Parser<bigint> =>
  (given) => {
    const [, whole, fraction = ""] = /^(\d{1,30})(?:\.(\d{1,18}))?$/.exec(asText(given, what)) ?? [];
    if (whole === undefined || fraction.length > decimals) throw new Fault(`must be ${what}`);
    const value = BigInt(whole + fraction.padEnd(decimals, "0"));
    if (value > most) throw new Fault(`must be ${what}, and not so much`);
    return value;
  };

/** ETH, to wei. */
export const ether = amount("an amount of ETH, as in 0.05", 18, 10n ** 27n);

/** Gwei, to wei. */
export const gwei = amount("an amount of gwei, as in 1.5", 9, 10n ** 18n);

/** 20 bytes in hex, in lower case. */
export const address: Parser<string> = (given) => {
  const text = asText(given, "an address, 0x and 40 hexadecimal digits");
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new Fault("must be an address, 0x and 40 hexadecimal digits");
  return text.toLowerCase();
};

/** Servers that speak HTTP: a list in a file, or text with commas. */
export const urls: Parser<readonly string[]> = (given) => {
  const list: unknown[] = Array.isArray(given) ? given : asText(given, "a URL").split(",");
  if (list.length === 0) throw new Fault("must be a URL");
  return list.map((item) => {
    const text = asText(item, "a URL").trim();
    const { protocol } = URL.parse(text) ?? {};
    if (protocol !== "http:" && protocol !== "https:") {
      throw new Fault("must be a URL that begins with http:// or https://, or several with commas between them");
    }
    return text;
  });
};

/** Addresses of libp2p: a list in a file, or text with commas. */
export const multiaddrs: Parser<readonly string[]> = (given) => {
  const what = "a list of addresses as in /ip4/127.0.0.1/tcp/9252";
  const list: unknown[] = Array.isArray(given) ? given : asText(given, what).split(",");
  return list.map((item) => {
    const text = asText(item, what).trim();
    if (!/^\/(ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/\d{1,5}(\/p2p\/[1-9A-HJ-NP-Za-km-z]+)?$/u.test(text)) {
      throw new Fault(`must be ${what}`);
    }
    return text;
  });
};

export const path: Parser<string> = (given) => {
  const text = asText(given, "a path");
  if (text.includes("\0")) throw new Fault("must be a path");
  return text;
};

/** A host name or an address of this machine. */
export const host: Parser<string> = (given) => {
  const text = asText(given, "a host");
  if (!/^[0-9a-zA-Z.:-]{1,253}$/.test(text)) throw new Fault("must be a host, such as 127.0.0.1");
  return text;
};

export const flag: Parser<boolean> = (given) => {
  if (given === true || given === "true") return true;
  if (given === false || given === "false") return false;
  throw new Fault("must be true or false");
};

/** One of some words. */
export const word =
  <Word extends string>(...known: readonly Word[]): Parser<Word> =>
  (given) => {
    const found = known.find((candidate) => candidate === given);
    if (found === undefined) throw new Fault(`must be one of ${known.join(", ")}`);
    return found;
  };
