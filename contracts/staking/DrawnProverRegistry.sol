// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { ITicketDraw } from "../interfaces/ITicketDraw.sol";
import { Poseidon } from "../libraries/Poseidon.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { ProverRegistry } from "./ProverRegistry.sol";
import { TicketDraw } from "./TicketDraw.sol";
import { TicketTree } from "./TicketTree.sol";

/// @title DrawnProverRegistry
/// @notice Keeps the tickets of the provers, and draws those that vote in a round (docs/b52.md §11). Only the
///         consensus, which deploys it, may slash, and open rounds.
contract DrawnProverRegistry is ProverRegistry, TicketDraw {
    using TicketTree for TicketTree.Tree;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A key's hash is never 0.
    HashAndTime private constant NOT_WAITING = HashAndTime.wrap(0);

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Of a ticket that waits: hash of its key, and the number of the block in which it joined.
    mapping(uint256 ticket => HashAndTime) private _waiting;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IERC20 token,
        StakingParameters memory params
    ) ProverRegistry(token, params) TicketDraw(params.electedTickets, params.seedRounds) {}

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITicketDraw
    function activate(uint256 ticket, uint256 keyX, uint256 keyY) external {
        HashAndTime entry = _waiting[ticket];
        if (HashAndTime.unwrap(entry) == 0) revert TicketNotWaiting(ticket);
        if (bytes27(_hashOf(keyX, keyY)) != entry.hashOf()) revert WrongKey(ticket);
        // Check: nobody could know the seed, nor any later one, when the key was chosen.
        if (_seedBlock() < entry.timeOf() + SEED_DELAY) revert SeedTooOld(entry.timeOf(), _seedBlock());
        _waiting[ticket] = NOT_WAITING;
        _activate(ticket, keyX, keyY);
        emit TicketActivated(ticket);
    }

    /// @inheritdoc ITicketDraw
    function openRound(uint256 round) external returns (uint256 votersRoot) {
        if (msg.sender != CONSENSUS) revert NotConsensus(msg.sender);
        votersRoot = Poseidon.hash([_keys.root(), _openDraw(round)]);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ProverRegistry
    function _requireDraw(StakingParameters memory params) internal pure override {
        if (params.electedTickets == 0 || params.electedTickets > MAX_TICKETS) {
            revert InvalidStakingParameter("electedTickets", params.electedTickets);
        }
        if (params.seedRounds < 2) revert InvalidStakingParameter("seedRounds", params.seedRounds);
    }

    /// @dev Puts a new ticket under the root, or lets it wait once the block of a seed is fixed.
    function _enter(uint256 ticket, uint256 keyX, uint256 keyY) internal override {
        if (_beforeSeeds()) {
            _activate(ticket, keyX, keyY);
        } else {
            _waiting[ticket] = packHashAndTime(_hashOf(keyX, keyY), block.number);
            emit TicketWaits(ticket, block.number);
        }
    }

    /// @dev Takes a ticket out of the root, or out of those that wait.
    function _exit(uint256 ticket) internal override {
        if (HashAndTime.unwrap(_waiting[ticket]) != 0) {
            _waiting[ticket] = NOT_WAITING;
        } else {
            super._exit(ticket);
            _countOut();
        }
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Puts a ticket under the root.
    function _activate(uint256 ticket, uint256 keyX, uint256 keyY) private {
        super._enter(ticket, keyX, keyY);
        _countIn();
    }

    /// @dev Returns the hash of a key.
    function _hashOf(uint256 keyX, uint256 keyY) private pure returns (bytes32) {
        return keccak256(abi.encode(keyX, keyY));
    }
}
