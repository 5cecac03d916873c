// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { NativeBalances } from "../../consensus/NativeBalances.sol";
import { ISlashable } from "../../interfaces/ISlashable.sol";
import { ISlasher } from "../../interfaces/ISlasher.sol";
import { emptySeats, MAX_SEATS, Seats } from "../../types/Seats.sol";
import { BLOCK_TIME } from "./EpochClock.sol";
import { Seed } from "./Seed.sol";
import { SlotElection } from "./SlotElection.sol";
import { WeightTree } from "./WeightTree.sol";

/**
 * @title SeatElection
 * @notice Draws a few seats for each epoch, by stake. The seats take turns in its slots. An election says who stakes.
 * @dev - **Set.** Changes of stakes in the first half of an epoch count from the next epoch on, later ones from the one
 *        after it. Nothing that is drawn from changes after the freeze.
 *      - **Draw.** `SEED_DELAY` blocks after the freeze the seed is known. Anybody draws the seats, before the epoch
 *        begins. If nobody does, or nobody has a stake, the epoch is open to everybody.
 *      - **Turns.** Slot i of the epoch is held by seat i mod `SEATS`. Its backup is the next seat of another party.
 *        The backup may act once the holder was silent for `SILENCE_BLOCKS`, and everybody after twice as long.
 *      - **Misses.** A missed slot leaks `LEAK_RATE` of the stake, which is burned. After `MAX_MISSES` misses a seat is
 *        ejected for the rest of the epoch: nobody waits for it, and it leaks no more.
 *      - **Exit.** A party that leaves may be drawn for the last frozen set, and its misses can be reported until the
 *        end of the epoch after that. Its stake stays until then, at least.
 *      Stakes are taken from, and paid to, the balances of the parties (`INativeBalances`).
 *      Weights of the set after the next one may change while the next one is not drawn yet: `WeightTree` knows both.
 *      The seats are kept, so that nobody reads the weights of an older set.
 *      Invariants: INV-SEATS-01, INV-SEATS-02.
 */
abstract contract SeatElection is SlotElection, Seed, ISlashable {
    using WeightTree for WeightTree.Tree;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of seats and stakes. They never change.
     * @param token Native token, which can be burned.
     * @param minStake Lowest stake of a newcomer, in the native token; a multiple of 16, at least 20,000, below 2^82.
     * @param seats Seats of an epoch, 1 … 8; a divisor of the epoch's slots.
     * @param maxMisses Misses after which a seat is ejected, 1 … 255.
     * @param leakRate Price of a miss in 1/10,000 of the stake, 1 … 10,000.
     * @param exitEpochs Epochs from the last frozen set at the time of leaving to the epoch in which the stake can be
     *        withdrawn, at least 2.
     * @param slasher Contract that may slash stakes (`GovernedSlashing`); zero if stakes leak for misses only.
     *        With a slasher no stake is taken out.
     */
    struct SeatParameters {
        IERC20 token;
        uint96 minStake;
        uint8 seats;
        uint8 maxMisses;
        uint16 leakRate;
        uint16 exitEpochs;
        ISlasher slasher;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the greatest id of a party. Ids begin at 1, as a seat with id 0 is nobody's.
    uint256 public constant MAX_ID = WeightTree.CAPACITY - 1;

    /// @dev Unit of rates.
    uint256 internal constant RATE_UNIT = 10_000;

    /// @dev Weight of the lowest stake. Weights are rounded down, by at most a sixteenth.
    uint256 private constant MIN_WEIGHT = 16;

    /// @dev Highest weight. The weights of all ids fit the tree, so no stake of one party keeps out another.
    uint256 private constant MAX_WEIGHT = WeightTree.MAX_TOTAL / WeightTree.CAPACITY;

    /// @dev A newcomer stakes at least 11/10 of the stake that it replaces.
    uint256 private constant RAISE_DIVISOR = 10;

    /// @dev Epochs whose seats are kept. A ring: those of epoch e are at e mod 4.
    uint256 private constant KEPT_EPOCHS = 4;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the lowest stake of a newcomer.
    uint256 public immutable MIN_STAKE;

    /// @notice Returns the highest stake of one id.
    uint256 public immutable MAX_STAKE;

    /// @notice Returns the number of seats of an epoch.
    uint256 public immutable SEATS;

    /// @notice Returns the misses after which a seat is ejected for the rest of its epoch.
    uint256 public immutable MAX_MISSES;

    /// @notice Returns the price of a miss, in 1/10,000 of the stake.
    uint256 public immutable LEAK_RATE;

    /// @notice Returns the epochs from the last frozen set to the withdrawal of a stake that leaves.
    uint256 public immutable EXIT_EPOCHS;

    /// @inheritdoc ISlashable
    address public immutable SLASHER;

    uint256 private immutable WEIGHT_UNIT;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    WeightTree.Tree private _weights;

    mapping(uint256 place => Seats) private _seats;

    /// @notice Returns the number of ids that are not free.
    uint256 public takenIds;

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the seats of an epoch, drawn from weights that sum up to `total`.
    event SeatsDrawn(uint256 indexed epoch, uint256 total, Seats seats);

    /// @notice Logs the weight of the party `id` from `epoch` on.
    event WeightSet(uint256 indexed id, uint256 weight, uint256 epoch);

    /// @notice Logs that the party `id` missed `slot`, which is miss number `misses` of its seat, and lost `amount`.
    event MissReported(uint256 indexed slot, uint256 indexed id, uint256 misses, uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects an id that is not 1 … `maximum`.
    error UnknownId(uint256 id, uint256 maximum);

    /// @notice Rejects a draw without the seed of the epoch.
    error NotSealed(uint256 epoch);

    /// @notice Rejects a second draw of an epoch.
    error AlreadyDrawn(uint256 epoch);

    /// @notice Rejects the removal of a stake while it may still be drawn for `epoch`.
    error NotDrawn(uint256 epoch);

    /// @notice Rejects the removal of a stake that is drawn for `epoch`.
    error Scheduled(uint256 id, uint256 epoch);

    /// @notice Rejects a bid for an id while others are free.
    error IdsLeft(uint256 taken, uint256 maximum);

    /// @notice Rejects a bid for the id of a party whose weight by stake is above twice the mean, `limit`.
    error AboveMean(uint256 weight, uint256 limit);

    /// @notice Rejects the report of a miss by a seat that is ejected.
    error SeatEjected(uint256 slot, uint256 seat);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        SlotParameters memory slots,
        SeatParameters memory params
    ) SlotElection(slots) NativeBalances(params.token) {
        // Check: the backup has time before the slot is open, and everybody has time before it ends.
        if (2 * uint256(slots.silenceBlocks) >= slots.clock.slotBlocks) {
            revert InvalidParameter("silenceBlocks", slots.silenceBlocks);
        }
        if (address(params.token).code.length == 0) revert InvalidParameter("token", uint160(address(params.token)));
        // Check: half of it is divided by rates so that some of it is left on both sides.
        if (params.minStake < 2 * RATE_UNIT || params.minStake % MIN_WEIGHT != 0 || params.minStake >= 2 ** 82) {
            revert InvalidParameter("minStake", params.minStake);
        }
        if (params.seats == 0 || params.seats > MAX_SEATS || slots.clock.epochSlots % params.seats != 0) {
            revert InvalidParameter("seats", params.seats);
        }
        if (params.maxMisses == 0) revert InvalidParameter("maxMisses", params.maxMisses);
        if (params.leakRate == 0 || params.leakRate > RATE_UNIT) revert InvalidParameter("leakRate", params.leakRate);
        // Check: a stake outlives each report of a miss.
        if (params.exitEpochs < 2) revert InvalidParameter("exitEpochs", params.exitEpochs);
        MIN_STAKE = params.minStake;
        WEIGHT_UNIT = params.minStake / MIN_WEIGHT;
        MAX_STAKE = MAX_WEIGHT * (params.minStake / MIN_WEIGHT);
        SEATS = params.seats;
        MAX_MISSES = params.maxMisses;
        LEAK_RATE = params.leakRate;
        EXIT_EPOCHS = params.exitEpochs;
        SLASHER = address(params.slasher);
        if (SLASHER != address(0)) params.slasher.bindStakes();
        // Check: the token can be burned. Else no miss could be reported, and no party could leave.
        ERC20Burnable(address(params.token)).burn(0);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Draws the seats of the next epoch. Anyone may call.
     * @dev Requirements
     *      - The seed of the next epoch is sealed, so its set is frozen.
     *      Complexity: linear in the seats, and in nothing else.
     * @return seats Seats. Seat i has the party at `keccak256(abi.encode(seed, i)) mod total`, counted by weight.
     */
    function drawSeats() external returns (Seats seats) {
        uint256 epoch = currentEpoch() + 1;
        bytes27 seed = seedOf(epoch);
        if (seed == 0) revert NotSealed(epoch);
        if (isDrawn(epoch)) revert AlreadyDrawn(epoch);
        seats = emptySeats(epoch);
        for (uint256 seat = 0; seat < SEATS; ++seat) {
            seats = seats.withId(seat, _weights.draw(uint256(keccak256(abi.encode(seed, seat))), epoch));
        }
        _seats[epoch % KEPT_EPOCHS] = seats;
        emit SeatsDrawn(epoch, _weights.total(epoch), seats);
    }

    /**
     * @notice Reports that the holder of a slot posted nothing in it, and lets its stake leak. Anyone may call.
     * @dev Requirements
     *      - The slot is over, in this epoch or the one before it, and a miss (`SlotElection.serviceOf`).
     *      - Fewer than `MAX_MISSES` misses of its seat were reported: one outage has a bounded price.
     */
    function reportMiss(uint256 slot) public virtual {
        _countMiss(slot);
        (uint256 epoch, uint256 seat) = (epochOf(slot), _seatOf(slot));
        Seats seats = _seats[epoch % KEPT_EPOCHS];
        uint256 misses = seats.missesOf(seat) + 1;
        if (misses > MAX_MISSES) revert SeatEjected(slot, seat);
        _seats[epoch % KEPT_EPOCHS] = seats.withMiss(seat);
        uint256 id = seats.idOf(seat);
        uint256 amount = _priceOfMiss(id);
        _slash(id, amount);
        emit MissReported(slot, id, misses, amount);
        _burn(amount);
    }

    /// @inheritdoc ISlashable
    function slash(uint256 id, uint256 amount) external returns (uint256 slashed) {
        if (msg.sender != SLASHER) revert NotSlasher(msg.sender, SLASHER);
        (, uint256 stake) = stakeOf(id);
        slashed = Math.min(amount, stake);
        _slash(id, slashed);
        emit StakeSlashed(id, slashed);
        _burn(slashed);
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISlashable
    function stakeOf(uint256 id) public view virtual returns (address owner, uint256 stake);

    /// @inheritdoc ISlashable
    /// @dev In the first half of an epoch. In the second half they are 0: the weights of the set after the next one
    ///      take the place of those in force.
    function votesOf(uint256 id) external view returns (uint256 votes, uint256 total) {
        uint256 epoch = currentEpoch();
        if (openSet() == epoch + 1) (votes, total) = (_weights.weightOf(id, epoch), _weights.total(epoch));
    }

    /// @inheritdoc ISlashable
    /// @dev Of the newest frozen set, rounded down to units of weight.
    function totalStake() external view returns (uint256) {
        return _weights.total(openSet() - 1) * WEIGHT_UNIT;
    }

    /// @inheritdoc ISlashable
    function exitTime() external view returns (uint256) {
        return (EXIT_EPOCHS - 1) * EPOCH_SLOTS * SLOT_BLOCKS * BLOCK_TIME;
    }

    /// @notice Returns the seats of an epoch: of the next one if they are drawn, and of at least the two before it.
    function seatsOf(uint256 epoch) public view returns (Seats seats) {
        seats = _seats[epoch % KEPT_EPOCHS];
        if (seats.epochOf() != epoch) seats = emptySeats(epoch);
    }

    /// @notice Returns whether the seats of an epoch are drawn.
    function isDrawn(uint256 epoch) public view returns (bool) {
        return epoch > 0 && _seats[epoch % KEPT_EPOCHS].epochOf() == epoch;
    }

    /// @notice Returns the epoch from which on a change of a stake counts that is made now.
    function openSet() public view returns (uint256 epoch) {
        epoch = currentEpoch() + 1;
        if (block.number >= freezeBlock(epoch)) ++epoch;
    }

    /// @notice Returns the weight of a party in an epoch: in one of the last two sets, or the open one.
    function weightOf(uint256 id, uint256 epoch) external view returns (uint256) {
        return _weights.weightOf(id, epoch);
    }

    /// @notice Returns the sum of all weights in an epoch.
    function totalWeight(uint256 epoch) external view returns (uint256) {
        return _weights.total(epoch);
    }

    /**
     * @notice Returns the turns of a slot.
     * @return holder Account of the seat; 0 if there is none, and the slot is open to everybody.
     * @return backup Account that may act if the holder is silent; 0 if there is none.
     * @return isEjected True if nobody waits for the holder: the backup may act from the first block of the slot.
     */
    function turnsOf(uint256 slot) public view returns (address holder, address backup, bool isEjected) {
        Seats seats = seatsOf(epochOf(slot));
        uint256 first = _seatOf(slot);
        uint256 id = seats.idOf(first);
        if (id == 0) return (address(0), address(0), false);
        holder = _accountOf(id);
        isEjected = seats.missesOf(first) >= MAX_MISSES;
        for (uint256 i = 1; i < SEATS; ++i) {
            uint256 seat = (first + i) % SEATS;
            uint256 other = seats.idOf(seat);
            if (other != id && seats.missesOf(seat) < MAX_MISSES) return (holder, _accountOf(other), isEjected);
        }
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the account that acts for a party: the same one from the party's first seat until the last miss of
    ///      its last seat cannot be reported any more.
    function _accountOf(uint256 id) internal view virtual returns (address);

    /// @dev Takes an amount, at most the stake that `stakeOf` returns. The caller burns it.
    function _slash(uint256 id, uint256 amount) internal virtual;

    /// @dev Returns the price of a miss, at most the stake that `stakeOf` returns: `LEAK_RATE` of it, rounded up.
    function _priceOfMiss(uint256 id) internal view virtual returns (uint256) {
        (, uint256 stake) = stakeOf(id);
        return _partOf(stake, LEAK_RATE);
    }

    /// @dev Returns `amount · rate / 10,000`, rounded up. Amounts of tokens are below 2^128.
    function _partOf(uint256 amount, uint256 rate) internal pure returns (uint256) {
        return Math.ceilDiv(amount * rate, RATE_UNIT);
    }

    /// @inheritdoc SlotElection
    function _holderOf(uint256 slot) internal view virtual override returns (address) {
        uint256 id = seatsOf(epochOf(slot)).idOf(_seatOf(slot));
        return id == 0 ? address(0) : _accountOf(id);
    }

    /// @inheritdoc SlotElection
    function _isOpenTo(address account, uint256 slot, uint256 silence) internal view virtual override returns (bool) {
        (, address backup, bool isEjected) = turnsOf(slot);
        if (isEjected) silence += SILENCE_BLOCKS;
        if (silence >= 2 * SILENCE_BLOCKS) return true;
        return silence >= SILENCE_BLOCKS && account == backup;
    }

    /// @inheritdoc SlotElection
    /// @dev The first slot of the epoch before this one.
    function _oldestClaimable(uint256 current) internal view override returns (uint256) {
        return EPOCH_SLOTS * Math.saturatingSub(epochOf(current), 1);
    }

    /// @dev Sets the weight of a party by its stake, from the open set on.
    function _setStake(uint256 id, uint256 stake) internal virtual {
        (uint256 weight, uint256 set) = (Math.min(stake / WEIGHT_UNIT, MAX_WEIGHT), openSet());
        if (_weights.weightOf(id, set) == weight) return;
        _weights.set(id, weight, set);
        emit WeightSet(id, weight, set);
    }

    /// @dev Returns the first epoch in which a stake can be withdrawn that leaves now.
    function _exitEpoch() internal view returns (uint256) {
        return openSet() - 1 + EXIT_EPOCHS;
    }

    /// @dev Reverts unless the party is drawn neither for this epoch nor for a later one.
    function _requireUnscheduled(uint256 id) internal view {
        uint256 current = currentEpoch();
        uint256 frozen = openSet() - 1;
        if (frozen > current && !isDrawn(frozen)) revert NotDrawn(frozen);
        for (uint256 epoch = current; epoch <= frozen; ++epoch) {
            if (seatsOf(epoch).holds(id)) revert Scheduled(id, epoch);
        }
    }

    /// @dev Counts an id that was free.
    function _takeId() internal {
        ++takenIds;
    }

    /// @dev Counts an id that is free again.
    function _freeId() internal {
        --takenIds;
    }

    /// @dev Returns the lowest stake for which a party with the stake `replaced` has to make room: raised by a tenth,
    ///      rounded up. Reverts if the party has more than twice the mean. Else many small stakes could push out the
    ///      large ones, whose weight ends at once. Parties that leave or are out have no weight: so twice.
    function _minimumBid(uint256 replaced) internal view returns (uint256) {
        uint256 weight = Math.min(replaced / WEIGHT_UNIT, MAX_WEIGHT);
        uint256 limit = (2 * _weights.total(openSet())) / MAX_ID;
        if (weight > limit) revert AboveMean(weight, limit);
        return Math.max(replaced + Math.ceilDiv(replaced, RAISE_DIVISOR), MIN_STAKE);
    }

    /// @dev Reverts unless all ids are taken: only then a party has to make room for a larger one.
    function _requireNoneFree() internal view {
        if (takenIds < MAX_ID) revert IdsLeft(takenIds, MAX_ID);
    }

    function _requireId(uint256 id) internal pure {
        if (id == 0 || id > MAX_ID) revert UnknownId(id, MAX_ID);
    }

    /// @dev Burns tokens of this contract.
    function _burn(uint256 amount) internal {
        ERC20Burnable(address(TOKEN)).burn(amount);
    }

    /// @dev Returns the seat that holds a slot.
    function _seatOf(uint256 slot) internal view returns (uint256) {
        return (slot % EPOCH_SLOTS) % SEATS;
    }
}
