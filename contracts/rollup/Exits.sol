// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { Poseidon } from "../libraries/Poseidon.sol";

import { IExits } from "../interfaces/IExits.sol";
import { MerkleRoot } from "../libraries/MerkleRoot.sol";
import { Custody } from "./Custody.sol";

/// @title Exits
/// @notice Settled exits of the core and their claims.
abstract contract Exits is Custody, IExits {
    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IExits
    uint256 public immutable SLOTS;

    /// @dev Depth of the exits tree of a leaf.
    uint256 private immutable EXIT_DEPTH;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IExits
    mapping(bytes32 root => bool) public isSettled;

    /// @dev One bit for each slot of a batch, counted through its leaves.
    mapping(uint64 batch => mapping(uint256 word => uint256)) private _claimed;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint256 slots) {
        SLOTS = slots;
        EXIT_DEPTH = Math.log2(slots);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IExits
    function claim(ExitClaim calldata exit) external onlyOwnChain {
        if (exit.slot >= SLOTS) revert SlotOutOfRange(exit.slot, SLOTS);
        if (exit.exitPath.length != EXIT_DEPTH) revert WrongPathLength(exit.exitPath.length, EXIT_DEPTH);

        uint256 position = exit.leaf * SLOTS + exit.slot;
        uint256 bit = 1 << (position & 0xff);
        uint256 word = _claimed[exit.batch][position >> 8];
        if (word & bit != 0) revert ExitAlreadyClaimed(exit.batch, exit.leaf, exit.slot);

        bytes32 node = _node(LeafExits(exit.batch, exit.leaf, exit.exitsRoot));
        bytes32 root = MerkleProof.processProofCalldata(exit.settlementPath, node);
        if (!isSettled[root]) revert ExitsNotSettled(root);

        uint256 exitsRoot = _exitsRoot(exit);
        if (exitsRoot != exit.exitsRoot) revert WrongExitsRoot(exitsRoot, exit.exitsRoot);

        _claimed[exit.batch][position >> 8] = word | bit;
        emit ExitClaimed(exit.batch, position, exit.recipient, exit.token, exit.amount);
        _pay(exit.token, exit.recipient, exit.amount);
    }

    /// @inheritdoc IExits
    function isClaimed(uint64 batch, uint32 leaf, uint16 slot) external view returns (bool) {
        if (slot >= SLOTS) revert SlotOutOfRange(slot, SLOTS);
        uint256 position = leaf * SLOTS + slot;
        return (_claimed[batch][position >> 8] >> (position & 0xff)) & 1 == 1;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    function _settle(LeafExits[] calldata exits) internal {
        if (exits.length == 0) return;
        bytes32[] memory nodes = new bytes32[](exits.length);
        for (uint256 i = 0; i < exits.length; ++i) nodes[i] = _node(exits[i]);
        bytes32 root = MerkleRoot.compute(nodes);
        isSettled[root] = true;
        emit ExitsSettled(root, exits);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev 96 bytes are hashed, and 64 for an inner node: one cannot pass for the other.
    function _node(LeafExits memory exits) private pure returns (bytes32) {
        return keccak256(abi.encode(exits));
    }

    function _exitsRoot(ExitClaim calldata exit) private view returns (uint256 node) {
        node = Poseidon.hash([uint160(exit.recipient) | (uint256(exit.token) << 160), exit.amount]);
        for (uint256 i = 0; i < EXIT_DEPTH; ++i) {
            uint256 sibling = exit.exitPath[i];
            node = Poseidon.hash((exit.slot >> i) & 1 == 0 ? [node, sibling] : [sibling, node]);
        }
    }
}
