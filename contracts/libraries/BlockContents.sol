// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52Blocks } from "../interfaces/IB52Blocks.sol";
import { DataCommitment } from "./DataCommitment.sol";
import { ForcedOperation } from "./ForcedOperation.sol";
import { ProofTree } from "./ProofTree.sol";

/**
 * @title BlockContents
 * @notice Holds the rules for the content of a block that depend on no proof (docs/b52.md §§4, 5.1).
 * @dev For the escrow of builders. `BlockVerification` has the same rules in code of its own, so that the code of B52
 *      did not change with the escrow (docs/adr/0064). `builderOutcome.test.ts` shows each content that is refused to
 *      both.
 */
library BlockContents {
    /// @notice Returns the hash that a proposal has of its content.
    function hashOf(
        bytes32 salt,
        bytes32 dataHash,
        uint16 forcedCount,
        uint32 feeAccount,
        uint16 feeToken,
        bytes calldata includeList
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(salt, dataHash, forcedCount, feeAccount, feeToken, keccak256(includeList)));
    }

    /// @notice Reverts unless `committed` is the least number of leaves that holds the data.
    /// @param length Number of bytes of the data.
    function requireTreeSize(uint256 length, uint256 committed) internal pure {
        uint256 leaves = ProofTree.leavesFor(DataCommitment.leafCount(length));
        if (leaves != committed) revert IB52Blocks.WrongTreeSize(leaves, committed);
    }

    /**
     * @notice Reverts unless the list that is due stands right after the forced operations. It may be absent if these
     *         leave no room for it. Reverts also if the list that the block carries is of a wrong length.
     * @param due List that is due, see `IB52Rounds.listDue`.
     */
    function requireIncludeList(
        bytes calldata data,
        bytes calldata includeList,
        uint256 forcedCount,
        uint256 maxLeaves,
        bytes32 due
    ) internal pure {
        uint256 length = includeList.length;
        if (length % DataCommitment.SLOT_BYTES != 0 || length > DataCommitment.LEAF_BYTES) {
            revert IB52Blocks.WrongListLength(length, DataCommitment.LEAF_BYTES);
        }
        uint256 start = forcedCount * DataCommitment.SLOT_BYTES;
        uint256 end = start + uint8(uint256(due)) * DataCommitment.SLOT_BYTES;
        if (start == end || end > maxLeaves * DataCommitment.LEAF_BYTES) return;
        bytes32 shown = end > data.length ? bytes32(0) : listOf(data[start:end]);
        if (shown != due) revert IB52Blocks.ListIgnored(shown, due);
    }

    /// @notice Returns the slots of the forced operations; fewer bytes if the data ends before.
    function forcedSlots(bytes calldata data, uint256 forcedCount) internal pure returns (bytes calldata) {
        return data[:Math.min(forcedCount * ForcedOperation.SLOT_BYTES, data.length)];
    }

    /// @notice Returns a list as `IB52Rounds.listDue` does.
    function listOf(bytes calldata slots) internal pure returns (bytes32) {
        return bytes26(keccak256(slots)) | bytes32(slots.length / DataCommitment.SLOT_BYTES);
    }
}
