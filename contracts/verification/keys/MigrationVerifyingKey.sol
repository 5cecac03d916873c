// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

library MigrationVerifyingKey {
    uint256 internal constant DEPTH = 5;
    uint256 internal constant LEVELS = 1;
    uint256 internal constant MIGRANTS = 4;
}
