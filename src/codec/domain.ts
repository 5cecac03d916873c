// SPDX-License-Identifier: MIT
import { AbiCoder, id, keccak256 } from "ethers";

import { toField, type Field } from "../field.ts";

const DOMAIN_TYPE = id("DecentralisedSequencing.Domain.v1");

/** Ties signatures and proofs to one rollup on one chain (docs/protocol.md §3); 248 bits. `rollup`: L1 address, hex. */
export const encodeDomain = ({ chainId, rollup }: { readonly chainId: bigint; readonly rollup: string }): Field =>
  toField(
    BigInt(
      keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256", "address"], [DOMAIN_TYPE, chainId, rollup])),
    ) >> 8n,
  );
