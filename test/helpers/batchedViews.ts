// SPDX-License-Identifier: MIT
import { getAddress, Interface, type BaseContract } from "ethers";
import { artifacts } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";

/** Where nothing else is. */
const ADDRESS = getAddress(`0x${"ba7c".repeat(10)}`);

/** Hexadecimal digits of a word of the ABI. */
const WORD = 64;

/** A view with its arguments. */
interface View {
  /** A `View` of `contracts/mocks/Multicall.sol` by the ABI, without "0x". */
  readonly encoded: string;
  readonly decode: (bytes: string) => unknown;
  /** Its last result, encoded and decoded. */
  last?: { readonly bytes: string; readonly value: unknown };
}

interface Waiting {
  readonly view: View;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Type of a view's result. */
type Returned<Method> = Method extends { readonly staticCall: (...args: infer _Args) => Promise<infer Result> }
  ? Result
  : never;

/**
 * Reads contracts after each step of a test: views that are asked for at the same time are one call. A view is encoded
 * once, and decoded again only when it returns other bytes; ethers takes a millisecond for each. The lists of bytes around
 * them are joined and split here: ethers took a third of the time of a test for that.
 */
export class BatchedViews {
  readonly #provider: EthereumProvider;
  /** Of `viewAll`. */
  readonly #selector: string;
  readonly #views = new Map<string, View>();
  #waiting: Waiting[] = [];

  private constructor(provider: EthereumProvider, selector: string) {
    this.#provider = provider;
    this.#selector = selector;
  }

  /** Puts its contract there without a transaction: nonces and blocks stay as they are. */
  static async open({ provider }: NetworkConnection): Promise<BatchedViews> {
    const { abi, deployedBytecode } = await artifacts.readArtifact("Multicall");
    await provider.request({ method: "hardhat_setCode", params: [ADDRESS, deployedBytecode] });
    return new BatchedViews(provider, new Interface(abi).getFunction("viewAll")!.selector);
  }

  /** @param args addresses, numbers and the like */
  read<Contract extends BaseContract, Name extends keyof Contract & string>(
    contract: Contract,
    name: Name,
    ...args: readonly (string | number | bigint)[]
  ): Promise<Returned<Contract[Name]>> {
    const target = contract.target as string;
    const key = [target, name, ...args].join();
    let view = this.#views.get(key);
    if (view === undefined) {
      const data = contract.interface.encodeFunctionData(name, args);
      const decode = (bytes: string): unknown => {
        const results = contract.interface.decodeFunctionResult(name, bytes);
        return results.length === 1 ? (results[0] as unknown) : results;
      };
      view = { encoded: encodeView(target, data), decode };
      this.#views.set(key, view);
    }
    const asked = view;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.push({ view: asked, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#send());
    }) as Promise<Returned<Contract[Name]>>;
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const data = this.#selector + encodeViews(waiting.map(({ view }) => view));
      const answer = (await this.#provider.request({
        method: "eth_call",
        params: [{ to: ADDRESS, data }, "latest"],
      })) as string;
      const results = decodeResults(answer);
      for (const [i, { view, resolve }] of waiting.entries()) {
        const bytes = results[i]!;
        if (view.last?.bytes !== bytes) view.last = { bytes, value: view.decode(bytes) };
        resolve(view.last.value);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

const word = (value: number): string => value.toString(16).padStart(WORD, "0");

/** Address, place and length of the data, and the data to the end of a word. */
function encodeView(target: string, data: string): string {
  const digits = data.slice(2);
  const padded = digits.padEnd(Math.ceil(digits.length / WORD) * WORD, "0");
  return target.slice(2).toLowerCase().padStart(WORD, "0") + word(WORD) + word(digits.length / 2) + padded;
}

/** The only argument's place, the number of views, the place of each of them, and the views. */
function encodeViews(views: readonly View[]): string {
  let place = (views.length * WORD) / 2;
  const places = views.map(({ encoded }) => {
    const start = word(place);
    place += encoded.length / 2;
    return start;
  });
  return word(WORD / 2) + word(views.length) + places.join("") + views.map(({ encoded }) => encoded).join("");
}

/** @param answer list of bytes as the ABI has it */
function decodeResults(answer: string): readonly string[] {
  const start = 2 + 2 * WORD;
  const numberAt = (position: number): number => parseInt(answer.slice(position, position + WORD), 16);
  return Array.from({ length: numberAt(start - WORD) }, (_, i) => {
    const position = start + 2 * numberAt(start + i * WORD);
    const digits = 2 * numberAt(position);
    return `0x${answer.slice(position + WORD, position + WORD + digits)}`;
  });
}
