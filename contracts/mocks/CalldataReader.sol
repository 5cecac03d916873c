// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IB52 } from "../interfaces/IB52.sol";
import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";

/**
 * @title CalldataReader
 * @notice Gives back the arguments of `IProofOfEfficiency.sequence` and `IB52.submit` as the compiler reads them, in
 *         the strict encoding. Reverts where it cannot read them.
 */
contract CalldataReader {
    function sequence(
        IProofOfEfficiency.BatchInput[] calldata batches,
        uint256 maxFee,
        bytes27 expectedPrevious
    ) external pure returns (bytes memory) {
        return abi.encode(batches, maxFee, expectedPrevious);
    }

    function submit(
        IB52.Proposal calldata proposal,
        IB52.Submission calldata submission
    ) external pure returns (bytes memory) {
        return abi.encode(proposal, submission);
    }
}
