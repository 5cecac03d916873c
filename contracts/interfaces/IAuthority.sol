// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { INativeBalances } from "./INativeBalances.sol";

/**
 * @title IAuthority
 * @notice Lets a few named parties with bonds sequence in turn. A council replaces and slashes them, behind a time lock
 *         that is longer than a user's exit.
 * @dev Source: "proof-of-authority" (sequencer mechanisms). Normative rules: docs/elections/authority.md.
 *
 *      - Slot s belongs to the party on seat `s mod SEATS`. A slot of an empty seat is open to everybody.
 *      - A party whom the council named takes its seat with a bond. The seat is its own from the next epoch on.
 *      - The council queues an operation, anybody executes it after the lock, and it expires. Until then the council
 *        may cancel it. Nothing else is in the council's power.
 *      - The bond of a party that left stays for the time in which a deed can be found, decided on and executed.
 *
 *      Lifecycle of an operation: queued → executed, cancelled, or expired. Of a seat: empty → named → taken → empty.
 *      Invariants: INV-AUTHORITY-01, INV-AUTHORITY-02.
 */
interface IAuthority is INativeBalances {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules at the deployment. They never change.
     * @param bond Bond of a party, in the native token, at least 1 unit.
     * @param seats Number of seats, 1 … 32.
     * @param notice Seconds of the lock beside a user's exit, 1 … 30 days (`ExitLock`).
     * @param lifetime Seconds for which an operation can be executed, 1 … 30 days.
     * @param detectionTime Seconds that the council has to queue an operation after a party left, 1 … 90 days.
     */
    struct AuthorityTerms {
        uint96 bond;
        uint8 seats;
        uint32 notice;
        uint32 lifetime;
        uint32 detectionTime;
    }

    /// @notice Says what an operation does.
    enum OperationKind {
        /// @dev Takes the party from `seat`, and names `account` for it; 0 for nobody.
        Replace,
        /// @dev Burns `amount` of the bond of `account`, or all that is left.
        Slash,
        /// @dev Makes `account` the council; 0 for nobody, for ever.
        HandOver
    }

    /// @notice Describes an operation of the council. Fields that the kind does not use are 0.
    struct Operation {
        OperationKind kind;
        uint8 seat;
        address account;
        uint96 amount;
    }

    /**
     * @notice Holds a seat.
     * @param holder Party that has the seat before epoch `from`.
     * @param from Epoch from which `next` has the seat.
     * @param next Party that has the seat from epoch `from` on; 0 for nobody.
     * @param isKept Keeps the word from being 0 when nobody has the seat (docs/adr/0047).
     * @param named Party that may take the seat.
     * @param isNameKept Keeps the word from being 0 when nobody is named.
     */
    struct Seat {
        address holder; // slot 0
        uint32 from; // slot 0
        address next; // slot 1
        bool isKept; // slot 1
        address named; // slot 2
        bool isNameKept; // slot 2
    }

    /**
     * @notice Holds the bond of a party.
     * @param amount Bond in the native token.
     * @param seat One more than the number of its seat; 0 without a seat.
     * @param freeFrom Number of the block from which the bond of a party without a seat is free.
     */
    struct Bond {
        uint96 amount; // slot 0
        uint8 seat; // slot 0
        uint48 freeFrom; // slot 0
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the terms, which never change.
    event AuthorityDeployed(address indexed council, AuthorityTerms terms);

    /// @notice Logs a queued operation in `place` of the queue. Anybody may execute it from `readyAt` on.
    event OperationQueued(uint256 indexed place, Operation operation, uint256 readyAt);

    /// @notice Logs an executed operation.
    event OperationExecuted(uint256 indexed place, Operation operation);

    /// @notice Logs a cancelled operation.
    event OperationCancelled(uint256 indexed place);

    /// @notice Logs the party that may take a seat; 0 for nobody.
    event SeatNamed(uint256 indexed seat, address indexed account);

    /// @notice Logs that a party took a seat, which is its own from `epoch` on.
    event SeatTaken(uint256 indexed seat, address indexed account, uint256 epoch, uint256 bond);

    /// @notice Logs that a party has no seat from `epoch` on. Its bond is free from block `freeFrom` on.
    event SeatLeft(uint256 indexed seat, address indexed account, uint256 epoch, uint256 freeFrom);

    /// @notice Logs the slash of a bond. `amount` will be burned.
    event BondSlashed(address indexed account, uint256 amount);

    /// @notice Logs that a bond was added to its party's balance.
    event BondReturned(address indexed account, uint256 amount);

    /// @notice Logs a new council.
    event CouncilChanged(address indexed council);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a caller that is not the council.
    error NotCouncil(address caller, address council);

    /// @notice Rejects a place that the queue does not have.
    error UnknownPlaceInQueue(uint256 place, uint256 places);

    /// @notice Rejects a place whose operation is not executed, cancelled, or expired.
    error PlaceInUse(uint256 place, uint256 expiresAt);

    /// @notice Rejects the cancellation of an operation that is not there, or was executed.
    error NothingQueued(uint256 place);

    /// @notice Rejects an operation with a field that is out of its range, or that its kind does not use.
    error InvalidOperation(Operation operation);

    /// @notice Rejects an operation that is not the one in the place.
    error WrongOperation(uint256 place, bytes27 shown, bytes27 queued);

    /// @notice Rejects a party that is not named for a seat.
    error NotNamed(uint256 seat, address caller, address named);

    /// @notice Rejects a party that has a seat.
    error HasSeat(address account, uint256 seat);

    /// @notice Rejects a party without a seat.
    error NoSeat(address account);

    /// @notice Rejects a bond that is not free before block `freeFrom`.
    error BondLocked(address account, uint256 freeFrom);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Takes the seat that the council named the caller for, from the next epoch on.
     * @dev Requirements
     *      - The caller has no seat. Nobody has this one in the next epoch, as it was named after its last party left.
     *      - The caller's balance covers what its bond lacks.
     */
    function takeSeat(uint256 seat) external;

    /// @notice Gives up the caller's seat with the end of the epoch. Its bond is free `bondTime()` seconds later.
    function resign() external;

    /// @notice Adds the bond of a party that left to its balance. Anyone may call.
    function returnBond(address account) external;

    /**
     * @notice Queues an operation. Only the council may call.
     * @param place Number of a place in the queue, 0 … 15, that holds no operation which can still be executed.
     */
    function queue(uint256 place, Operation calldata operation) external;

    /// @notice Cancels a queued operation. Only the council may call.
    function cancel(uint256 place) external;

    /**
     * @notice Executes an operation. Anyone may call.
     * @dev Requirements
     *      - The lock is over, and the operation has not expired. It is the one in the place.
     */
    function execute(uint256 place, Operation calldata operation) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the council; 0 if there is none.
    function council() external view returns (address);

    /// @notice Returns a seat.
    function seatOf(uint256 seat) external view returns (Seat memory);

    /// @notice Returns the bond of a party.
    function bondOf(address account) external view returns (Bond memory);

    /// @notice Returns the hash of the operation in a place of the queue, and the first second in which it can be
    ///         executed; zeros if it was executed or cancelled.
    function queued(uint256 place) external view returns (bytes27 hash, uint256 readyAt);

    /// @notice Returns the seconds between the end of a seat and the freedom of its bond:
    ///         `DETECTION_TIME + lockTime() + LIFETIME`.
    function bondTime() external view returns (uint256);

    /// @notice Returns the number of places of the queue.
    function QUEUE_PLACES() external view returns (uint256);

    /// @notice Returns the bond of a party.
    function BOND() external view returns (uint256);

    /// @notice Returns the number of seats.
    function SEATS() external view returns (uint256);

    /// @notice Returns the seconds that the council has to queue an operation after a party left.
    function DETECTION_TIME() external view returns (uint256);
}
