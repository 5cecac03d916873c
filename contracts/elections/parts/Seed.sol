// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BlockHeader } from "@openzeppelin/contracts/utils/BlockHeader.sol";
import { Blockhash } from "@openzeppelin/contracts/utils/Blockhash.sol";

import { HashAndTime, packHashAndTime } from "../../types/HashAndTime.sol";
import { EpochClock } from "./EpochClock.sol";

/**
 * @title Seed
 * @notice Draws a seed for each epoch: the `mixHash` (RANDAO) of one block, fixed by its number, 64 blocks after the
 *         set of the epoch is frozen. Anybody seals it, and nobody chooses it by the block in which they seal.
 * @dev An epoch whose seed was not sealed before it begins has none, and its slots are open to everybody.
 *      Bias: a party that proposes the last k slots of L1 before and with the seed block chooses among 2^k seeds, by
 *      leaving out its blocks. With a share α of L1 and a share w of the weights it gets, instead of w, at most
 *      Σ (1−α)·α^t·(1−(1−w)^(2^t)): 12.6% for α = 20%, w = 10%. Each block that it leaves out costs it the block's
 *      reward. A seed serves all draws of an epoch; so what it gains on one slot it cannot choose freely on another.
 */
abstract contract Seed is EpochClock {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the blocks between the freeze of a set and its seed block: two epochs of L1. L1 knows its
    ///         proposers up to 63 slots ahead (EIP-7917). So who proposes the last slots before the seed block is not
    ///         known while the set can change.
    uint256 public constant SEED_DELAY = 64;

    /// @dev Blocks that are left to seal a seed before its epoch begins, at least. BLOCKHASH reaches back for 256.
    uint256 private constant SEALING_BLOCKS = 128;

    /// @dev Seeds that are kept. A ring: the seed of epoch e is at e mod 8.
    uint256 private constant SEEDS = 8;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev First 216 bits of the `mixHash`, and the epoch.
    mapping(uint256 place => HashAndTime) private _seeds;

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the seed of an epoch.
    event SeedSealed(uint256 indexed epoch, bytes27 seed);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a second seal of an epoch.
    error AlreadySealed(uint256 epoch);

    /// @notice Rejects a block that is not, or not yet, the seed block of the next epoch.
    error NotSeedBlock(uint256 number, uint256 seedBlock);

    /// @notice Rejects a header that is not that of the seed block.
    error WrongHeader(bytes32 computed, bytes32 expected);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor() {
        // Check: half an epoch has room for the seed block and for those who seal it.
        if ((EPOCH_SLOTS / 2) * SLOT_BLOCKS < SEED_DELAY + SEALING_BLOCKS) {
            revert InvalidClock("epochSlots", EPOCH_SLOTS);
        }
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Seals the seed of the next epoch. Called in its seed block.
    function seal() external {
        uint256 epoch = currentEpoch() + 1;
        uint256 number = seedBlock(epoch);
        if (block.number != number) revert NotSeedBlock(block.number, number);
        _seal(epoch, bytes32(block.prevrandao));
    }

    /**
     * @notice Seals the seed of the next epoch. Called after its seed block, and before the epoch begins.
     * @param header RLP of the header of the seed block.
     * @dev Requirements
     *      - The seed block is one of the last 256, or, where EIP-2935 is active, of the last 8,191.
     */
    function sealByHeader(bytes calldata header) external {
        uint256 epoch = currentEpoch() + 1;
        uint256 number = seedBlock(epoch);
        if (block.number <= number) revert NotSeedBlock(block.number, number);
        (bytes32 computed, bytes32 expected) = (keccak256(header), Blockhash.blockHash(number));
        if (computed != expected) revert WrongHeader(computed, expected);
        _seal(epoch, BlockHeader.getPrevRandao(header));
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the block whose `mixHash` is the seed of `epoch`, which is at least 1.
    function seedBlock(uint256 epoch) public view returns (uint256) {
        return freezeBlock(epoch) + SEED_DELAY;
    }

    /// @notice Returns the seed of an epoch; 0 if it was not sealed, or is older than the last 8 sealed ones.
    function seedOf(uint256 epoch) public view returns (bytes27 seed) {
        HashAndTime entry = _seeds[epoch % SEEDS];
        if (entry.timeOf() == epoch) seed = entry.hashOf();
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _seal(uint256 epoch, bytes32 random) private {
        if (seedOf(epoch) != 0) revert AlreadySealed(epoch);
        _seeds[epoch % SEEDS] = packHashAndTime(random, epoch);
        emit SeedSealed(epoch, bytes27(random));
    }
}
