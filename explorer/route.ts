// SPDX-License-Identifier: MIT

/** A view with its parameters, as the part of the address behind # names it. */
export type Route =
  | { readonly view: "overview" | "queue" | "race" | "fees" | "peers" | "unknown" }
  | { readonly view: "rounds"; readonly before: number | undefined }
  | { readonly view: "round"; readonly round: number; readonly proposer: string | undefined }
  | { readonly view: "provers"; readonly after: number }
  | { readonly view: "batches"; readonly before: number | undefined }
  | { readonly view: "batch"; readonly batch: number; readonly leaf: number }
  | { readonly view: "transaction"; readonly bytes: string | undefined }
  | { readonly view: "place"; readonly batch: number; readonly leaf: number; readonly slot: number }
  | { readonly view: "account"; readonly index: number | undefined; readonly owner: string | undefined };

const MAX_INDEX = 2 ** 32 - 1;

/** A whole number of the API; undefined for any other text. */
export function readIndex(text: string | undefined, minimum = 0): number | undefined {
  const value = text !== undefined && /^[0-9]{1,10}$/u.test(text) ? Number(text) : NaN;
  return value >= minimum && value <= MAX_INDEX ? value : undefined;
}

/** The 93 bytes of a transaction in hexadecimal, with 0x or without; undefined for any other text. */
export function readBytes(text: string): string | undefined {
  const found = /^(?:0x)?([0-9a-fA-F]{186})$/u.exec(text.trim());
  return found === null ? undefined : `0x${found[1]!.toLowerCase()}`;
}

/** An L1 address, or a key (x and y), in hexadecimal; undefined for any other text. */
export function readOwner(text: string): string | undefined {
  const given = text.trim().toLowerCase();
  return /^0x([0-9a-f]{40}|[0-9a-f]{128})$/u.test(given) ? given : undefined;
}

/** An L1 address in hexadecimal; undefined for any other text. */
function readAddress(text: string): string | undefined {
  const found = readOwner(text);
  return found?.length === 42 ? found : undefined;
}

/** @param hash as `location.hash` */
export function readRoute(hash: string): Route {
  const [view = "", ...rest] = hash.replace(/^#?\/?/u, "").split("/");
  const unknown = { view: "unknown" } as const;
  if (rest.length > 3) return unknown;
  const [first, second, third] = rest;
  switch (view) {
    case "":
      return { view: "overview" };
    case "queue":
    case "race":
    case "fees":
    case "peers":
      return rest.length === 0 ? { view } : unknown;
    case "batches": {
      const before = readIndex(first, 1);
      return rest.length === 0 || before !== undefined ? { view, before } : unknown;
    }
    case "rounds": {
      const before = readIndex(first, 1);
      return rest.length === 0 || (rest.length === 1 && before !== undefined) ? { view, before } : unknown;
    }
    case "round": {
      const [round, proposer] = [readIndex(first, 1), second === undefined ? undefined : readAddress(second)];
      const isKnown = round !== undefined && (second === undefined || proposer !== undefined) && third === undefined;
      return isKnown ? { view, round, proposer } : unknown;
    }
    case "provers": {
      const after = rest.length === 0 ? 0 : readIndex(first);
      return rest.length > 1 || after === undefined ? unknown : { view, after };
    }
    case "batch": {
      const [batch, leaf] = [readIndex(first, 1), second === undefined ? 0 : readIndex(second)];
      return batch === undefined || leaf === undefined || third !== undefined ? unknown : { view, batch, leaf };
    }
    case "transaction": {
      if (rest.length === 0) return { view, bytes: undefined };
      const bytes = rest.length === 1 ? readBytes(first ?? "") : undefined;
      if (bytes !== undefined) return { view, bytes };
      const [batch, leaf, slot] = [readIndex(first, 1), readIndex(second), readIndex(third)];
      if (batch === undefined || leaf === undefined || slot === undefined) return unknown;
      return { view: "place", batch, leaf, slot };
    }
    case "account": {
      const [index, owner] = [readIndex(first, 1), readOwner(first ?? "")];
      const isKnown = index !== undefined || owner !== undefined;
      return rest.length === 0 || (rest.length === 1 && isKnown) ? { view, index, owner } : unknown;
    }
    default:
      return unknown;
  }
}

/** The address for a search: of a batch, of a place `batch/leaf/slot`, or of the bytes of a transaction. */
export function readSearch(text: string): string | undefined {
  const given = text.trim();
  const bytes = readBytes(given);
  if (bytes !== undefined) return `#/transaction/${bytes}`;
  const place = /^([0-9]+)\/([0-9]+)\/([0-9]+)$/u.exec(given);
  if (place !== null && readRoute(`#/transaction/${given}`).view === "place") return `#/transaction/${given}`;
  return readIndex(given, 1) === undefined ? undefined : `#/batch/${given}`;
}
