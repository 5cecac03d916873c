// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { ISlashable } from "../interfaces/ISlashable.sol";
import { ISlasher } from "../interfaces/ISlasher.sol";

/// @title MockStakes
/// @notice Holds stakes that a test sets, for a slasher.
contract MockStakes is ISlashable {
    struct Party {
        address owner;
        uint256 stake;
        uint256 votes;
    }

    address public immutable SLASHER;
    ERC20Burnable public immutable TOKEN;
    IProofOfEfficiency public consensus;

    // solhint-disable-next-line var-name-mixedcase
    uint256 public EPOCH_SLOTS = 32;
    // solhint-disable-next-line var-name-mixedcase
    uint256 public SLOT_BLOCKS = 50;
    uint256 public currentEpoch;
    uint256 public exitTime;
    uint256 public totalStake;
    uint256 public totalVotes;
    mapping(uint256 id => Party) private _parties;

    constructor(ISlasher slasher, ERC20Burnable token, IProofOfEfficiency ofUsers) {
        (SLASHER, TOKEN, consensus) = (address(slasher), token, ofUsers);
        slasher.bindStakes();
    }

    function setEpoch(uint256 epoch) external {
        currentEpoch = epoch;
    }

    function setClock(uint256 slotBlocks, uint256 epochSlots) external {
        (SLOT_BLOCKS, EPOCH_SLOTS) = (slotBlocks, epochSlots);
    }

    function setExitTime(uint256 time) external {
        exitTime = time;
    }

    /// @notice Sets a party. The contract holds the tokens.
    function setParty(uint256 id, address owner, uint256 stake, uint256 votes) external {
        totalStake = totalStake + stake - _parties[id].stake;
        totalVotes = totalVotes + votes - _parties[id].votes;
        _parties[id] = Party(owner, stake, votes);
    }

    /// @inheritdoc ISlashable
    function slash(uint256 id, uint256 amount) external returns (uint256 slashed) {
        if (msg.sender != SLASHER) revert NotSlasher(msg.sender, SLASHER);
        slashed = Math.min(amount, _parties[id].stake);
        _parties[id].stake -= slashed;
        totalStake -= slashed;
        emit StakeSlashed(id, slashed);
        TOKEN.burn(slashed);
    }

    /// @inheritdoc ISlashable
    function stakeOf(uint256 id) external view returns (address owner, uint256 stake) {
        return (_parties[id].owner, _parties[id].stake);
    }

    /// @inheritdoc ISlashable
    function votesOf(uint256 id) external view returns (uint256 votes, uint256 total) {
        return (_parties[id].votes, totalVotes);
    }
}
