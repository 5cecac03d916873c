// SPDX-License-Identifier: MIT
import { getAddress, Interface, type BaseContract } from "ethers";
import { artifacts } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";

/** Where nothing else is. */
const ADDRESS = getAddress(`0x${"ba7c".repeat(10)}`);

/** A view with its arguments. */
interface View {
  readonly target: string;
  readonly data: string;
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
 * once, and decoded again only when it returns other bytes; ethers takes a millisecond for each.
 */
export class BatchedViews {
  readonly #provider: EthereumProvider;
  readonly #multicall: Interface;
  readonly #views = new Map<string, View>();
  /** The call that asked for the same views before. */
  #encoded: { readonly views: readonly View[]; readonly data: string } = { views: [], data: "" };
  #waiting: Waiting[] = [];

  private constructor(provider: EthereumProvider, multicall: Interface) {
    this.#provider = provider;
    this.#multicall = multicall;
  }

  /** Puts its contract there without a transaction: nonces and blocks stay as they are. */
  static async open({ provider }: NetworkConnection): Promise<BatchedViews> {
    const { abi, deployedBytecode } = await artifacts.readArtifact("Multicall");
    await provider.request({ method: "hardhat_setCode", params: [ADDRESS, deployedBytecode] });
    return new BatchedViews(provider, new Interface(abi));
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
      view = { target, data, decode };
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
      const params = [{ to: ADDRESS, data: this.#encode(waiting.map(({ view }) => view)) }, "latest"];
      const answer = (await this.#provider.request({ method: "eth_call", params })) as string;
      const [results] = this.#multicall.decodeFunctionResult("viewAll", answer) as unknown as [readonly string[]];
      for (const [i, { view, resolve }] of waiting.entries()) {
        const bytes = results[i]!;
        if (view.last?.bytes !== bytes) view.last = { bytes, value: view.decode(bytes) };
        resolve(view.last.value);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  #encode(views: readonly View[]): string {
    const known = this.#encoded;
    if (views.length === known.views.length && views.every((view, i) => view === known.views[i])) return known.data;
    const data = this.#multicall.encodeFunctionData("viewAll", [views.map(({ target, data }) => ({ target, data }))]);
    this.#encoded = { views, data };
    return data;
  }
}
