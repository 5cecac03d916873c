// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import { IExits } from "../interfaces/IExits.sol";
import { ExitNode } from "../libraries/ExitNode.sol";
import { SettlementTree } from "../libraries/SettlementTree.sol";
import { Custody } from "./Custody.sol";

/// @title Exits
/// @notice Keeps the settled exits of the core, and pays their claims.
abstract contract Exits is Custody, IExits {
    using SettlementTree for SettlementTree.Tree;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Counts settled transitions and exits.
    struct Settled {
        uint64 settlements; // slot 0: number of leaves of the tree
        uint64 exits; // slot 0: number of all settled exits
    }

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IExits
    uint256 public immutable SLOTS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    Settled private _settled;

    SettlementTree.Tree private _settlements;

    /// @dev A bit for each exit, by its number.
    mapping(uint256 word => uint256) private _claimed;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint256 slots) {
        SLOTS = slots;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IExits
    function claim(ExitClaim calldata exit) external onlyOwnChain {
        uint256 number = uint256(exit.first) + exit.index;
        uint256 bit = 1 << (number & 0xff);
        uint256 word = _claimed[number >> 8];
        if (word & bit != 0) revert ExitAlreadyClaimed(number);

        bytes32 root = MerkleProof.processProofCalldata(
            exit.exitPath,
            ExitNode.hash(exit.index, exit.recipient, exit.token, exit.amount)
        );
        bytes32 leaf = _settlementOf(exit.settlement, exit.first, root);
        if (!_settlements.contains(_settled.settlements, exit.settlement, leaf, exit.settlementPath)) {
            revert ExitNotSettled(number, exit.settlement, root);
        }

        _claimed[number >> 8] = word | bit;
        emit ExitClaimed(number, exit.recipient, exit.token, exit.amount);
        _pay(exit.token, exit.recipient, exit.amount);
    }

    /// @inheritdoc IExits
    function isClaimed(uint256 number) external view returns (bool) {
        return (_claimed[number >> 8] >> (number & 0xff)) & 1 == 1;
    }

    /// @inheritdoc IExits
    function settledExits() external view returns (uint256 settlements, uint256 exits) {
        return (_settled.settlements, _settled.exits);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Settles the exits of a transition.
    /// @param root Root over the exits, see `ExitNode`.
    /// @param count Number of exits.
    function _settle(bytes32 root, uint256 count) internal {
        if (count == 0) return;
        Settled memory settled = _settled;
        _settlements.append(settled.settlements, _settlementOf(settled.settlements, settled.exits, root));
        emit ExitsSettled(settled.settlements, settled.exits, count, root);
        ++settled.settlements;
        settled.exits += uint64(count);
        _settled = settled;
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the leaf of a transition. It hashes 96 bytes, and an inner node hashes 64, so neither passes for
    ///      the other.
    function _settlementOf(uint256 settlement, uint256 first, bytes32 root) private pure returns (bytes32) {
        return keccak256(abi.encode(settlement, first, root));
    }
}
