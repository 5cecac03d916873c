// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { Proposal } from "../types/Proposal.sol";
import { Submission } from "../types/Submission.sol";

/**
 * @title CalldataReader
 * @notice Returns the arguments of `IProofOfEfficiency.sequence` and `IB52Blocks.submit` as the compiler reads them, in
 *         the strict encoding. Reverts if it cannot read them.
 */
contract CalldataReader {
    function sequence(
        IProofOfEfficiency.BatchInput[] calldata batches,
        uint256 maxFee,
        bytes27 expectedPrevious
    ) external pure returns (bytes memory) {
        return abi.encode(batches, maxFee, expectedPrevious);
    }

    function submit(Proposal calldata proposal, Submission calldata submission) external pure returns (bytes memory) {
        return abi.encode(proposal, submission);
    }
}
