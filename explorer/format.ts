// SPDX-License-Identifier: MIT

const UNITS = [
  [86_400, "day"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

/** A time in its two largest units: "3 min 5 s". @param seconds whose sign does not count */
export function duration(seconds: number): string {
  let rest = Math.round(Math.abs(seconds));
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count.toLocaleString("en")} ${unit}${unit === "day" && count !== 1 ? "s" : ""}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** "3 min ago", or "in 5 s". */
export const relative = (time: number, now: number): string =>
  time > now ? `in ${duration(time - now)}` : `${duration(now - time)} ago`;

/** Unix seconds as "2026-01-31 13:05:59 UTC". */
export function clockTime(time: number): string {
  const date = new Date(time * 1_000);
  return Number.isNaN(date.getTime()) ? String(time) : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** An amount of 18 decimals, exactly, without zeros at its end. */
export function units(amount: bigint): string {
  const digits = amount.toString().padStart(19, "0");
  const fraction = digits.slice(-18).replace(/0+$/u, "");
  const whole = digits.slice(0, -18).replace(/\B(?=(\d{3})+$)/gu, ",");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Wei below which an amount is shown in wei. */
const SMALL = 10n ** 12n;

/** As `units`, cut after six decimals, for tables. */
export function shortUnits(amount: bigint): string {
  const [whole = "", fraction = ""] = units(amount).split(".");
  return fraction.length <= 6 ? units(amount) : `${whole}.${fraction.slice(0, 6)}…`;
}

/** An amount of an L2 token: ETH is number 0, and of other tokens the API does not know the decimals. */
export function money(amount: bigint, token: bigint | number): string {
  if (BigInt(token) !== 0n) return `${amount} of token ${token}`;
  return amount < SMALL ? `${amount} wei` : `${units(amount)} ETH`;
}

/** The beginning and the end of a long hexadecimal text. */
export const short = (hex: string): string => (hex.length <= 20 ? hex : `${hex.slice(0, 10)}…${hex.slice(-8)}`);

/** A score of B52, in squares of native tokens, with one decimal. It is a number of provers cubed, times a squared bid. */
export function scoreText(score: bigint): string {
  const tenths = score / 10n ** 35n;
  return `${(tenths / 10n).toLocaleString("en")}${tenths % 10n === 0n ? "" : `.${tenths % 10n}`}`;
}

/** A part of 10,000 as percent. */
export const percent = (part: number): string => `${part / 100}%`;

export const plural = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : noun.endsWith("ch") ? "es" : "s"}`;

const KINDS: Readonly<Record<string, string>> = {
  transfer: "Transfer",
  exit: "Exit to L1",
  createAccount: "Deposit into a new account",
  topUp: "Deposit",
  forcedTransfer: "Forced transfer",
  forcedExit: "Forced exit to L1",
  arrival: "Arrival of accounts",
  departure: "Departure of accounts",
};

/** Kind of an operation in words; one that is not known stays as it is. */
export const kindName = (kind: string): string => (Object.hasOwn(KINDS, kind) ? KINDS[kind]! : kind);
