// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "../interfaces/ICustody.sol";

/**
 * @title ChainBound
 * @notice Ties the rollup to the chain of its deployment. After a fork with a new chain id it works on one side only,
 *         and no signature or proof is usable on both sides.
 */
abstract contract ChainBound {
    uint256 private immutable CHAIN_ID = block.chainid;

    modifier onlyOwnChain() {
        if (block.chainid != CHAIN_ID) revert ICustody.WrongChain(block.chainid, CHAIN_ID);
        _;
    }
}
