// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { IAuthority } from "../interfaces/IAuthority.sol";
import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { BLOCK_TIME } from "./parts/EpochClock.sol";
import { ExitLock } from "./parts/ExitLock.sol";
import { SlotElection } from "./parts/SlotElection.sol";

/// @title Authority
/// @notice Elects named parties as sequencers, in turn.
contract Authority is SlotElection, ExitLock, IAuthority {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    uint256 public constant QUEUE_PLACES = 16;

    uint256 private constant MAX_SEATS = 32;

    /// @dev In a place without an operation. It keeps the storage slot (docs/adr/0047).
    HashAndTime private constant NO_OPERATION = HashAndTime.wrap(1 << 40);

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    uint256 public immutable BOND;

    /// @inheritdoc IAuthority
    uint256 public immutable SEATS;

    /// @inheritdoc IAuthority
    uint256 public immutable DETECTION_TIME;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    address public council;

    mapping(uint256 seat => Seat) private _seats;
    mapping(address account => Bond) private _bonds;
    mapping(uint256 place => HashAndTime) private _queue;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param firstCouncil Account of the council; 0 for none, so that nothing can be changed.
     * @param parties Parties that are named for the seats, in order. Seats beyond them are empty.
     */
    constructor(
        IERC20 token,
        SlotParameters memory slots,
        AuthorityTerms memory terms,
        address firstCouncil,
        address[] memory parties
    ) SlotElection(slots) ExitLock(terms.notice, terms.lifetime) NativeBalances(token) {
        if (terms.bond == 0) revert InvalidParameter("bond", terms.bond);
        if (terms.seats == 0 || terms.seats > MAX_SEATS) revert InvalidParameter("seats", terms.seats);
        if (terms.detectionTime < 1 days || terms.detectionTime > 90 days) {
            revert InvalidParameter("detectionTime", terms.detectionTime);
        }
        if (parties.length > terms.seats) revert InvalidParameter("parties", parties.length);
        BOND = terms.bond;
        SEATS = terms.seats;
        DETECTION_TIME = terms.detectionTime;
        council = firstCouncil;
        emit AuthorityDeployed(firstCouncil, terms);
        for (uint256 i = 0; i < parties.length; ++i) _name(i, parties[i]);
    }

    // ─── External: parties ───────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    function takeSeat(uint256 seat) external {
        Seat storage entry = _seats[seat];
        if (entry.named != msg.sender) revert NotNamed(seat, msg.sender, entry.named);
        Bond memory bond = _bonds[msg.sender];
        if (bond.seat != 0) revert HasSeat(msg.sender, bond.seat - 1);
        _debit(msg.sender, Math.saturatingSub(BOND, bond.amount));
        bond.amount = uint96(Math.max(BOND, bond.amount));
        (bond.seat, bond.freeFrom) = (uint8(seat + 1), 0);
        _bonds[msg.sender] = bond;
        entry.named = address(0);
        uint256 epoch = _seatFromNext(seat, msg.sender);
        emit SeatTaken(seat, msg.sender, epoch, bond.amount);
    }

    /// @inheritdoc IAuthority
    function resign() external {
        if (_bonds[msg.sender].seat == 0) revert NoSeat(msg.sender);
        _vacate(msg.sender);
    }

    /// @inheritdoc IAuthority
    function returnBond(address account) external {
        Bond memory bond = _bonds[account];
        if (bond.seat != 0) revert HasSeat(account, bond.seat - 1);
        if (block.number < bond.freeFrom) revert BondLocked(account, bond.freeFrom);
        delete _bonds[account];
        emit BondReturned(account, bond.amount);
        _credit(account, bond.amount);
    }

    // ─── External: council ───────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    function queue(uint256 place, Operation calldata operation) external {
        _requireCouncil();
        if (place >= QUEUE_PLACES) revert UnknownPlaceInQueue(place, QUEUE_PLACES);
        uint256 earlier = _queue[place].timeOf();
        if (earlier != 0 && !_isExpired(earlier)) revert PlaceInUse(place, earlier + LIFETIME);
        _requireValid(operation);
        uint256 readyAt = block.timestamp + lockTime();
        _queue[place] = packHashAndTime(_hashOf(operation), readyAt);
        emit OperationQueued(place, operation, readyAt);
    }

    /// @inheritdoc IAuthority
    function cancel(uint256 place) external {
        _requireCouncil();
        if (_queue[place].timeOf() == 0) revert NothingQueued(place);
        _queue[place] = NO_OPERATION;
        emit OperationCancelled(place);
    }

    /// @inheritdoc IAuthority
    function execute(uint256 place, Operation calldata operation) external {
        HashAndTime entry = _queue[place];
        bytes27 shown = bytes27(_hashOf(operation));
        if (shown != entry.hashOf()) revert WrongOperation(place, shown, entry.hashOf());
        _requireExecutable(entry.timeOf());
        _queue[place] = NO_OPERATION;
        emit OperationExecuted(place, operation);
        if (operation.kind == OperationKind.Replace) {
            address party = _seats[operation.seat].next;
            if (party != address(0)) _vacate(party);
            _name(operation.seat, operation.account);
        } else if (operation.kind == OperationKind.Slash) {
            _slash(operation.account, operation.amount);
        } else {
            council = operation.account;
            emit CouncilChanged(operation.account);
        }
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    function seatOf(uint256 seat) external view returns (Seat memory) {
        return _seats[seat];
    }

    /// @inheritdoc IAuthority
    function bondOf(address account) external view returns (Bond memory) {
        return _bonds[account];
    }

    /// @inheritdoc IAuthority
    function queued(uint256 place) external view returns (bytes27 hash, uint256 readyAt) {
        HashAndTime entry = _queue[place];
        if (entry.timeOf() != 0) return (entry.hashOf(), entry.timeOf());
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IAuthority
    function bondTime() public view returns (uint256) {
        return DETECTION_TIME + lockTime() + LIFETIME;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SlotElection
    /// @dev For a slot before the last change of its seat it returns the party before that change.
    function _holderOf(uint256 slot) internal view override returns (address) {
        Seat storage seat = _seats[slot % SEATS];
        return epochOf(slot) < seat.from ? seat.holder : seat.next;
    }

    /// @inheritdoc SlotElection
    /// @dev The first slot of this epoch. A seat holds its party of this epoch and of the next one. For older slots
    ///      there are the events.
    function _oldestClaimable(uint256 current) internal view override returns (uint256) {
        return EPOCH_SLOTS * epochOf(current);
    }

    /// @inheritdoc ExitLock
    function _lockedConsensus() internal view override returns (IProofOfEfficiency) {
        return _bound();
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _requireCouncil() private view {
        if (msg.sender != council) revert NotCouncil(msg.sender, council);
    }

    /// @dev Reverts unless the fields are in range, and those that the kind does not use are 0. So an operation has
    ///      one hash.
    function _requireValid(Operation calldata operation) private view {
        OperationKind kind = operation.kind;
        bool isValid = kind == OperationKind.Slash ? operation.amount > 0 : operation.amount == 0;
        if (kind == OperationKind.Replace ? operation.seat >= SEATS : operation.seat > 0) isValid = false;
        if (!isValid) revert InvalidOperation(operation);
    }

    function _hashOf(Operation calldata operation) private pure returns (bytes32) {
        return keccak256(abi.encode(operation));
    }

    function _name(uint256 seat, address account) private {
        Seat storage entry = _seats[seat];
        (entry.named, entry.isNameKept) = (account, true);
        emit SeatNamed(seat, account);
    }

    /// @dev Gives a seat to an account from the next epoch on.
    function _seatFromNext(uint256 seat, address account) private returns (uint256 epoch) {
        Seat storage entry = _seats[seat];
        epoch = currentEpoch() + 1;
        if (entry.from < epoch) (entry.holder, entry.from) = (entry.next, uint32(epoch));
        (entry.next, entry.isKept) = (account, true);
    }

    /// @dev Takes the seat from a party that has one.
    function _vacate(address account) private {
        Bond memory bond = _bonds[account];
        uint256 seat = bond.seat - 1;
        uint256 epoch = _seatFromNext(seat, address(0));
        // The party acts until the epoch begins.
        uint256 freeFrom = epochStart(epoch) + Math.ceilDiv(bondTime(), BLOCK_TIME);
        (bond.seat, bond.freeFrom) = (0, uint48(freeFrom));
        _bonds[account] = bond;
        emit SeatLeft(seat, account, epoch, freeFrom);
    }

    /// @dev Burns a part of a bond. A party whose bond falls below half loses its seat.
    function _slash(address account, uint256 wanted) private {
        Bond storage bond = _bonds[account];
        uint96 amount = uint96(Math.min(wanted, bond.amount));
        bond.amount -= amount;
        emit BondSlashed(account, amount);
        if (bond.seat != 0 && 2 * uint256(bond.amount) < BOND) _vacate(account);
        ERC20Burnable(address(TOKEN)).burn(amount);
    }
}
