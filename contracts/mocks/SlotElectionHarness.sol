// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Proceeds } from "../elections/parts/Proceeds.sol";
import { Seed } from "../elections/parts/Seed.sol";
import { SlotElection } from "../elections/parts/SlotElection.sol";
import { WeightTree } from "../elections/parts/WeightTree.sol";

/// @title SlotElectionHarness
/// @notice Shows the shared parts of elections. Members hold slots in turn; a member that is the zero address holds
///         none.
contract SlotElectionHarness is SlotElection, Seed, Proceeds {
    using WeightTree for WeightTree.Tree;

    address[] private _members;
    bool private immutable HAS_SETS;
    WeightTree.Tree private _tree;

    constructor(
        SlotParameters memory params,
        IERC20 token,
        Shares memory shares,
        address[] memory members,
        bool hasSets
    ) SlotElection(params) NativeBalances(token) Proceeds(shares) {
        _members = members;
        HAS_SETS = hasSets;
    }

    function countMiss(uint256 slot) external {
        _countMiss(slot);
    }

    function openEpoch() external view returns (uint256) {
        return _openEpoch();
    }

    // ─── Tree ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function setWeight(uint256 member, uint256 weight, uint256 epoch) external {
        _tree.set(member, weight, epoch);
    }

    function weightOf(uint256 member, uint256 epoch) external view returns (uint256) {
        return _tree.weightOf(member, epoch);
    }

    function total(uint256 epoch) external view returns (uint256) {
        return _tree.total(epoch);
    }

    function draw(uint256 random, uint256 epoch) external view returns (uint256) {
        return _tree.draw(random, epoch);
    }

    function drawAll(uint256[] calldata randoms, uint256 epoch) external view returns (uint256[] memory members) {
        members = new uint256[](randoms.length);
        for (uint256 i = 0; i < randoms.length; ++i) members[i] = _tree.draw(randoms[i], epoch);
    }

    // ─── Proceeds ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Earns an amount of the caller's balance.
    function earn(uint256 amount) external {
        _debit(msg.sender, amount);
        _divide(amount);
    }

    /// @notice Marks an amount of the caller's balance for burning.
    function markToBurn(uint256 amount) external {
        _debit(msg.sender, amount);
        _markToBurn(amount);
    }

    function _admitProof(
        address account,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal override returns (bool) {
        _payFromPool(account, leaves);
        return super._admitProof(account, first, last, leaves);
    }

    // ─── Slots ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function _holderOf(uint256 slot) internal view override returns (address) {
        return _members[slot % _members.length];
    }

    function _oldestClaimable(uint256 current) internal view override returns (uint256) {
        return HAS_SETS ? _oldestOfFrozenSets(current) : super._oldestClaimable(current);
    }
}
