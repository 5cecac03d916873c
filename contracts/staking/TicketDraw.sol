// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BlockHeader } from "@openzeppelin/contracts/utils/BlockHeader.sol";
import { Blockhash } from "@openzeppelin/contracts/utils/Blockhash.sol";

import { ITicketDraw } from "../interfaces/ITicketDraw.sol";

/**
 * @title TicketDraw
 * @notice Keeps the seeds of the draw, and derives the draw of a round (docs/b52.md §11).
 * @dev Nobody chooses a seed: its block is fixed by number before anybody knows its `mixHash`. It does not depend on
 *      the caller that opens the round or seals the seed. A key counts only with seeds of blocks after it was
 *      registered.
 */
abstract contract TicketDraw is ITicketDraw {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Holds the number of blocks from the opening of a group's first round, and from the registration of a
    ///         key, to the block of the next seed: two epochs of L1. L1 knows its proposers up to 63 slots ahead
    ///         (EIP-7917), and a block's `mixHash` is known to the proposer of the block before it. So the opener does
    ///         not know who proposes the last blocks before the seed, and nobody knows the seed when it registers a
    ///         key.
    uint256 public constant SEED_DELAY = 64;

    /// @dev Blocks after that of a seed for which it waits to be sealed. BLOCKHASH reaches back for 256.
    uint256 private constant SEALING_BLOCKS = 256;

    /// @dev Bits of a limit, and of a ticket's output.
    uint256 private constant LIMIT_BITS = 120;

    /// @dev Every ticket is elected: no output is above this.
    uint256 private constant NO_LIMIT = (1 << LIMIT_BITS) - 1;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITicketDraw
    uint8 public immutable ELECTED_TICKETS;

    /// @inheritdoc ITicketDraw
    uint16 public immutable SEED_ROUNDS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    DrawState private _state;
    bytes32 private _seed;
    bytes32 private _nextSeed;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint8 electedTickets, uint16 seedRounds) {
        (ELECTED_TICKETS, SEED_ROUNDS) = (electedTickets, seedRounds);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITicketDraw
    function seal() external {
        if (block.number != _state.nextBlock) revert NotSeedBlock(block.number, _state.nextBlock);
        _seal(bytes32(block.prevrandao));
    }

    /// @inheritdoc ITicketDraw
    function sealByHeader(bytes calldata header) external {
        uint256 number = _state.nextBlock;
        if (number == 0 || block.number <= number) revert NotSeedBlock(block.number, number);
        (bytes32 computed, bytes32 expected) = (keccak256(header), Blockhash.blockHash(number));
        if (computed != expected) revert WrongHeader(computed, expected);
        _seal(BlockHeader.getPrevRandao(header));
    }

    /// @inheritdoc ITicketDraw
    function drawState() external view returns (DrawState memory) {
        return _state;
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITicketDraw
    function drawOf(uint256 round) public view returns (uint256) {
        DrawState memory state = _state;
        bool isNext = _startsGroup(round, state) && state.isSealed;
        return _draw(round, state.active, isNext || state.seedBlock != 0, isNext ? _nextSeed : _seed);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Opens a round of the draw. The first one of a group takes the seed that was sealed, and fixes the block of
    ///      the seed after it. A block that was fixed and can still be sealed stays: a group that begins before its
    ///      seed is sealed is no choice of another seed.
    function _openDraw(uint256 round) internal returns (uint256 draw) {
        draw = drawOf(round);
        DrawState memory state = _state;
        if (_startsGroup(round, state)) {
            bool isTaken = state.isSealed;
            if (isTaken) {
                (_seed, state.seedBlock, state.isSealed) = (_nextSeed, state.nextBlock, false);
            }
            state.group = uint40(round / SEED_ROUNDS);
            if (isTaken || state.nextBlock == 0 || block.number > state.nextBlock + SEALING_BLOCKS) {
                state.nextBlock = uint40(block.number + SEED_DELAY);
                emit SeedBlockFixed(state.group, state.nextBlock);
            }
            _state = state;
        }
        emit RoundDrawn(round, draw);
    }

    /// @dev Returns whether a ticket that joined in this block has a place in all groups: no block of a seed is fixed.
    function _beforeSeeds() internal view returns (bool) {
        return _state.nextBlock == 0;
    }

    /// @dev Returns the number of the block of the seed at hand.
    function _seedBlock() internal view returns (uint256) {
        return _state.seedBlock;
    }

    /// @dev Counts a ticket that came under the root.
    function _countIn() internal {
        ++_state.active;
    }

    /// @dev Counts a ticket that left the root.
    function _countOut() internal {
        --_state.active;
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _seal(bytes32 mixHash) private {
        if (_state.isSealed) revert AlreadySealed(_state.nextBlock);
        (_nextSeed, _state.isSealed) = (mixHash, true);
        emit SeedSealed(_state.nextBlock, mixHash);
    }

    /// @dev Returns whether the round is the first one of a group that is opened.
    function _startsGroup(uint256 round, DrawState memory state) private view returns (bool) {
        return round / SEED_ROUNDS > state.group;
    }

    /// @dev Returns `seed · 2^120 + limit`. The limit is 2^120 · `ELECTED_TICKETS` / `active`, rounded down, less 1.
    function _draw(uint256 round, uint256 active, bool hasSeed, bytes32 mixHash) private view returns (uint256) {
        uint256 seed = uint256(keccak256(abi.encode(mixHash, address(this), round))) >> 128;
        uint256 limit =
            !hasSeed || active <= ELECTED_TICKETS ? NO_LIMIT : ((NO_LIMIT + 1) * ELECTED_TICKETS) / active - 1;
        return (seed << LIMIT_BITS) | limit;
    }
}
