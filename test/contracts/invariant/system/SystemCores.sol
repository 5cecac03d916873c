// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IForcedQueue } from "../../../../contracts/interfaces/IForcedQueue.sol";
import { IRollup } from "../../../../contracts/interfaces/IRollup.sol";
import { MockToken } from "../../../../contracts/mocks/MockToken.sol";
import { PoeModel } from "../../poe/PoeModel.sol";
import { MigrationModel } from "../../rollup/MigrationModel.sol";
import { ExitBook } from "../ExitBook.sol";
import { SystemCalls } from "./SystemCalls.sol";

/**
 * @notice Model of both cores: what each has on L2 and in its queue, and how a leaf executes it (docs/protocol.md §5).
 *         Core 0 is that of Proof of Efficiency, core 1 that of B52.
 */
abstract contract SystemCores is SystemCalls, MigrationModel, PoeModel {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    enum Kind {
        Deposit,
        TopUp,
        Transfer,
        Exit,
        Departure,
        Arrival
    }

    /// @param owner Zero if the account does not exist.
    struct Account {
        address owner;
        uint16 token;
        uint128 balance;
        uint32 nonce;
    }

    /// @param brought Index in `_requests` or `_arrivals`, by the kind.
    struct Operation {
        Kind kind;
        uint32 from;
        uint32 to;
        uint16 token;
        uint128 amount;
        address user;
        uint256 fee;
        uint256 queuedAt;
        uint256 brought;
        bool isRefunded;
        bytes slot;
    }

    /// @param nonces Of the accounts when they signed.
    struct Request {
        uint32[4] from;
        uint32[4] nonces;
        uint128 tokens;
        bytes moves;
    }

    struct Departed {
        uint256 source;
        uint256 number; // in the source
        uint256 departedAt;
        bool isDelivered;
        uint256 reclaimed; // a bit for each position
        Migrant[] migrants;
        Migration migration;
    }

    struct Arrived {
        uint256 refunded; // a bit for each position
        Migrant[] migrants;
        bytes arrivals;
    }

    struct Core {
        IRollup rollup;
        Account[] accounts; // by index
        Operation[] operations; // operation i at i − 1
        uint256 executed;
        uint256[] departures; // ids
        uint256 happened; // number of these
        uint256 departedCount;
        uint256 root;
        uint256 tokenCount;
        bool isFrozen;
        mapping(uint256 account => bool) hasLeft;
        ExitBook exits;
    }

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    MockToken internal plain;
    address[4] public actors;

    Core[2] internal _cores;
    Request[] internal _requests;
    Arrived[] internal _arrivals;
    Departed[] internal _departed;

    // ─── Hooks ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Counts an action, and looks afterwards whether the state went back.
    modifier acts() {
        ++actions;
        _;
        watch();
    }

    function watch() internal virtual;

    // ─── Internal: tokens ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Core 0 has the plain token under id 1 and the native one under 2, core 1 the other way round; so the same
    ///      function gives the id of an asset.
    function assetOf(uint256 which, uint256 token) internal pure returns (uint256) {
        return token == 0 || which == 0 ? token : 3 - token;
    }

    function tokenAt(uint256 asset) internal view returns (address) {
        return asset == PLAIN ? address(plain) : address(token);
    }

    /// @dev Lets a contract of the system take what an actor is about to pay.
    function approve(address actor, uint256 asset, address spender, uint256 amount) internal {
        if (asset == ETH) return;
        attempt(actor, tokenAt(asset), 0, abi.encodeWithSignature("approve(address,uint256)", spender, amount), "");
    }

    // ─── Internal: queue ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @return fee Of the next operation.
    function feeOf(Core storage core) internal view returns (uint256 fee) {
        return FORCED_BASE + FORCED_STEP * (core.operations.length - core.executed);
    }

    function slotsOf(Core storage core, uint256 first, uint256 count) internal view returns (bytes memory slots) {
        for (uint256 i = 0; i < count; ++i) slots = bytes.concat(slots, core.operations[first + i - 1].slot);
    }

    /// @dev Whether what is taken up to `taken`, in a batch with room for more, leaves out what is overdue at `dueBy`.
    function isOverdue(Core storage core, uint256 taken, uint256 dueBy) internal view returns (bool) {
        return taken < core.operations.length && dueBy > core.operations[taken].queuedAt + DEADLINE;
    }

    function overdue(Core storage core, uint256 taken, uint256 dueBy) internal view returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IForcedQueue.ForcedOperationOverdue.selector,
                taken + 1,
                core.operations[taken].queuedAt + DEADLINE,
                dueBy
            );
    }

    /// @dev Why the state cannot advance now; empty if it can.
    function standstill(Core storage core) internal view returns (bytes memory) {
        if (core.isFrozen) return abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        if (!isDue(core)) return "";
        return abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, core.departures[core.happened]);
    }

    function isDue(Core storage core) internal view returns (bool) {
        return core.happened < core.departures.length && core.departures[core.happened] <= core.executed;
    }

    // ─── Internal: execution ─────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev Executes the next `count` operations and, if there is room, a transaction, as one leaf.
     * @param worker Receives all fees.
     * @return exits Of the leaf, two words each.
     * @return proverFees In the fee token.
     */
    function executeLeaf(
        uint256 which,
        uint256 count,
        uint16 feeToken,
        uint256 seed,
        address worker
    ) internal returns (uint256[] memory exits, uint256 proverFees) {
        Core storage core = _cores[which];
        address at_ = address(core.rollup);
        exits = new uint256[](2 * SLOTS);
        uint256 words;
        for (uint256 i = 0; i < count; ++i) {
            Operation storage op = core.operations[core.executed++];
            move(ETH, pot(at_, FEES), owned(at_, worker), op.fee);
            uint128 amount = execute(which, op);
            if (amount == 0) continue;
            uint256[2] memory exit = core.exits.add(i, op.user, op.token, amount);
            (exits[words], exits[words + 1]) = (exit[0], exit[1]);
            words += 2;
        }
        // Assembly: shortening an array in memory is safe.
        assembly ("memory-safe") {
            mstore(exits, words)
        }
        if (count < SLOTS) proverFees = payL2Fee(which, feeToken, seed, worker);
    }

    /// @return exit Amount that leaves to the operation's user.
    function execute(uint256 which, Operation storage op) private returns (uint128 exit) {
        Core storage core = _cores[which];
        address at_ = address(core.rollup);
        (uint16 id, uint128 amount) = (op.token, op.amount);
        uint256 asset = assetOf(which, id);
        if (op.kind == Kind.Arrival) executeArrival(which, _arrivals[op.brought]);
        else if (op.kind == Kind.TopUp && !isAccount(core, op.to, id)) {
            move(asset, pot(at_, IN_QUEUE), pot(at_, EXITS), amount);
            return amount;
        } else if (op.kind == Kind.Deposit || op.kind == Kind.TopUp) {
            move(asset, pot(at_, IN_QUEUE), pot(at_, ON_L2), amount);
            if (op.kind == Kind.Deposit) core.accounts.push(Account(op.user, id, amount, 0));
            else core.accounts[op.to].balance += amount;
        }
        if (op.kind != Kind.Transfer && op.kind != Kind.Exit) return 0;
        if (!isAccount(core, op.from, id) || core.accounts[op.from].owner != op.user) return 0;
        uint128 balance = core.accounts[op.from].balance;
        if (op.kind == Kind.Exit) {
            exit = amount < balance ? amount : balance;
            core.accounts[op.from].balance -= exit;
            move(asset, pot(at_, ON_L2), pot(at_, EXITS), exit);
        } else if (isAccount(core, op.to, id) && amount <= balance) {
            core.accounts[op.from].balance -= amount;
            core.accounts[op.to].balance += amount;
            ++happened["transfer"];
        }
    }

    function executeArrival(uint256 which, Arrived storage arrived) private {
        Core storage core = _cores[which];
        address at_ = address(core.rollup);
        while (core.accounts.length % MIGRANTS != 0) core.accounts.push();
        for (uint256 i = 0; i < MIGRANTS; ++i) {
            Migrant memory migrant = arrived.migrants[i];
            if (migrant.from == 0) {
                core.accounts.push();
                continue;
            }
            core.accounts.push(Account(migrant.owner, migrant.to, migrant.balance, 0));
            move(assetOf(which, migrant.to), pot(at_, IN_QUEUE), pot(at_, ON_L2), migrant.balance);
        }
        ++happened["arrival executed"];
    }

    /// @dev A transaction, which also makes moves invalid that the account signed before.
    function payL2Fee(uint256 which, uint16 feeToken, uint256 seed, address worker) private returns (uint256 fee) {
        Core storage core = _cores[which];
        Account storage account = core.accounts[seed % core.accounts.length];
        if (account.owner == address(0) || account.token != feeToken) return 0;
        fee = account.balance / 100;
        ++account.nonce;
        account.balance -= uint128(fee);
        address at_ = address(core.rollup);
        move(assetOf(which, feeToken), pot(at_, ON_L2), owned(at_, worker), fee);
    }

    // ─── Internal: accounts ──────────────────────────────────────────────────────────────────────────────────────────

    function accountOf(
        Core storage core,
        uint256 index
    ) internal view returns (address owner, uint16 id, uint128 balance) {
        if (index >= core.accounts.length) return (address(0), 0, 0);
        Account storage account = core.accounts[index];
        return (account.owner, account.token, account.balance);
    }

    function isAccount(Core storage core, uint256 index, uint16 id) internal view returns (bool) {
        (address owner, uint16 actual, ) = accountOf(core, index);
        return owner != address(0) && actual == id;
    }
}
