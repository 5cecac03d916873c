// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { PoseidonT3 } from "poseidon-solidity/PoseidonT3.sol";

/// @notice Poseidon of two field elements, behind an ordinary call.
contract PoseidonHasher {
    function hash(uint256 left, uint256 right) external pure returns (uint256) {
        return PoseidonT3.hash([left, right]);
    }
}
