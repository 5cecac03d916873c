// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title WeightTree
 * @notice Holds the weights of up to 1,024 members for two epochs, and draws a member by weight without a loop over
 *         them.
 * @dev A tree of depth 5 with four children a node. A node is one word: the weights of its children in force from
 *      `epoch` on, and those in force in the epoch before. So the set of an epoch is frozen for free: later changes
 *      are for later epochs.
 *
 *       255        224 223                        112 111                          0
 *      +--------------+------------------------------+------------------------------+
 *      |    epoch     |  before: 4 weights, 28 bits  |  from `epoch` on: 4 weights  |
 *      +--------------+------------------------------+------------------------------+
 *
 *      The bits of child i of a half begin at 28 · i.
 *      Only two epochs are known: a member whose weight changes for epoch e, and again for epoch e + 2, forgets the
 *      weight in force in epoch e.
 *      WARNING: The caller must not change weights of epoch e + 2 while it still draws for epoch e. It changes weights
 *      for `EpochClock._openEpoch()` only, and gives the number of a member that left to another one only after the
 *      claims of the last epoch that the first one had a weight in.
 */
library WeightTree {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Nodes by level and position: the node at position p of level l is `l · 4^5 + p`. The root is node 0.
    struct Tree {
        mapping(uint256 node => uint256) words;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Number of members.
    uint256 internal constant CAPACITY = 1_024;

    /// @dev Upper bound of the sum of all weights.
    uint256 internal constant MAX_TOTAL = 2 ** WEIGHT_BITS - 1;

    uint256 private constant DEPTH = 5;
    uint256 private constant WEIGHT_BITS = 28;
    uint256 private constant HALF_BITS = 4 * WEIGHT_BITS;
    uint256 private constant HALF_MASK = 2 ** HALF_BITS - 1;
    uint256 private constant EPOCH_OFFSET = 2 * HALF_BITS;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a member that the tree has no place for.
    error NoSuchMember(uint256 member, uint256 capacity);

    /// @notice Rejects a sum of weights that does not fit.
    error TotalTooLarge(uint256 total, uint256 maximum);

    /// @notice Rejects an epoch whose weights are forgotten: they changed for `epoch + 2` or later.
    error WeightsForgotten(uint256 epoch, uint256 changedFor);

    /// @notice Rejects a draw among members without weight.
    error NothingToDraw(uint256 epoch);

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Sets the weight of a member from `epoch` on. `epoch` is not below that of any earlier call.
    function set(Tree storage self, uint256 member, uint256 weight, uint256 epoch) internal {
        if (member >= CAPACITY) revert NoSuchMember(member, CAPACITY);
        if (weight > MAX_TOTAL) revert TotalTooLarge(weight, MAX_TOTAL);
        uint256 position = member;
        uint256 value = weight;
        for (uint256 level = DEPTH; level > 0;) {
            --level;
            uint256 shift = WEIGHT_BITS * (position % 4);
            position /= 4;
            uint256 word = self.words[_node(level, position)];
            uint256 changedFor = word >> EPOCH_OFFSET;
            if (epoch < changedFor) revert WeightsForgotten(epoch, changedFor);
            uint256 half = word & HALF_MASK;
            uint256 before = epoch == changedFor ? (word >> HALF_BITS) & HALF_MASK : half;
            half = (half & ~(MAX_TOTAL << shift)) | (value << shift);
            self.words[_node(level, position)] = (epoch << EPOCH_OFFSET) | (before << HALF_BITS) | half;
            value = _sum(half);
            if (value > MAX_TOTAL) revert TotalTooLarge(value, MAX_TOTAL);
        }
    }

    /// @notice Returns the weight of a member in an epoch.
    function weightOf(Tree storage self, uint256 member, uint256 epoch) internal view returns (uint256) {
        if (member >= CAPACITY) revert NoSuchMember(member, CAPACITY);
        return (_half(self, DEPTH - 1, member / 4, epoch) >> (WEIGHT_BITS * (member % 4))) & MAX_TOTAL;
    }

    /// @notice Returns the sum of all weights in an epoch.
    function total(Tree storage self, uint256 epoch) internal view returns (uint256) {
        return _sum(_half(self, 0, 0, epoch));
    }

    /**
     * @notice Returns a member; each one with a probability in proportion to its weight in `epoch`.
     * @param random Uniform in 0 … 2^216 − 1 or more, so that its rest modulo the total is too, up to 2^-188.
     * @return member Member whose weights, added in the order of the members, contain `random` mod the total.
     */
    function draw(Tree storage self, uint256 random, uint256 epoch) internal view returns (uint256 member) {
        uint256 half = _half(self, 0, 0, epoch);
        uint256 sum = _sum(half);
        if (sum == 0) revert NothingToDraw(epoch);
        uint256 point = random % sum;
        for (uint256 level = 0; level < DEPTH; ++level) {
            if (level > 0) half = _half(self, level, member, epoch);
            member *= 4;
            uint256 weight = half & MAX_TOTAL;
            while (point >= weight) {
                point -= weight;
                half >>= WEIGHT_BITS;
                weight = half & MAX_TOTAL;
                ++member;
            }
        }
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the four weights of a node that were in force in `epoch`.
    function _half(Tree storage self, uint256 level, uint256 position, uint256 epoch) private view returns (uint256) {
        uint256 word = self.words[_node(level, position)];
        uint256 changedFor = word >> EPOCH_OFFSET;
        if (epoch >= changedFor) return word & HALF_MASK;
        if (epoch + 1 < changedFor) revert WeightsForgotten(epoch, changedFor);
        return (word >> HALF_BITS) & HALF_MASK;
    }

    function _sum(uint256 half) private pure returns (uint256) {
        return
            (half & MAX_TOTAL) +
            ((half >> WEIGHT_BITS) & MAX_TOTAL) +
            ((half >> (2 * WEIGHT_BITS)) & MAX_TOTAL) +
            (half >> (3 * WEIGHT_BITS));
    }

    function _node(uint256 level, uint256 position) private pure returns (uint256) {
        return level * CAPACITY + position;
    }
}
