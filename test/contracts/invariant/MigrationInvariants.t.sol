// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../contracts/interfaces/IMigration.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { MockEnforcementVerifier } from "../../../contracts/mocks/MockEnforcementVerifier.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { Rollup } from "../../../contracts/rollup/Rollup.sol";
import { MigrationModel } from "../rollup/MigrationModel.sol";
import { PoseidonHasher } from "./PoseidonHasher.sol";

/**
 * @notice Two cores whose consensus it is, with a model of the accounts that each has on L2. Calls every function of
 *         both in random order, and keeps the books: what came in, what went out, and to whom what is owed. A call that
 *         should succeed and does not, or the reverse, fails the run.
 * @dev In this file because the runner knows as targets only the contracts of the test files it was given.
 */
contract MigrationHandler is MigrationModel {
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
        Rollup rollup;
        Account[] accounts; // by index
        Operation[] operations; // operation i at i − 1
        uint256 executed;
        uint256[] departures; // ids
        uint256 happened; // number of these
        uint256 root;
        uint64 batches;
        bool isFrozen;
        IExits.ExitClaim[] claims;
        uint256 claimed; // number of these
        uint256[] departed; // indices in `_departed`: departure i at i − 1
    }

    // ─── Constants and wiring ────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant SLOTS = 4;
    uint32 private constant ESCAPE_DELAY = 2 days;

    PoseidonHasher private immutable _poseidon;
    MockToken[2] private _tokens; // the first core has them in this order, the second in the other
    address[4] public actors;

    // ─── Books ───────────────────────────────────────────────────────────────────────────────────────────────────────

    Core[2] private _cores;
    Request[] private _requests;
    Arrived[] private _arrivals;
    Departed[] private _departed;
    mapping(uint256 core => mapping(uint256 account => bool)) public hasLeft;

    /// @notice By core and token: balances of the accounts on L2 that did not leave.
    mapping(uint256 core => mapping(uint256 token => uint256)) public onL2;
    /// @notice What deposits and arrivals brought that were neither executed nor refunded.
    mapping(uint256 core => mapping(uint256 token => uint256)) public inQueue;
    /// @notice Exits settled and not claimed.
    mapping(uint256 core => mapping(uint256 token => uint256)) public unclaimed;
    /// @notice What departed and was neither delivered nor reclaimed.
    mapping(uint256 core => mapping(uint256 token => uint256)) public undelivered;
    mapping(uint256 core => mapping(uint256 token => mapping(address account => uint256))) public credits;
    /// @notice By core: fees of operations that nobody has earned yet, and that were not refunded.
    mapping(uint256 core => uint256) public fees;

    /// @notice How often each action got through.
    mapping(string action => uint256) public count;
    uint256 public calls;

    constructor(PoseidonHasher poseidon) {
        _poseidon = poseidon;
        (_tokens[0], _tokens[1]) = (new MockToken(), new MockToken());
        for (uint256 i = 0; i < 4; ++i) actors[i] = vm.addr(i + 1);
        address verifier = address(new MockEnforcementVerifier());
        IRollup.CoreParameters memory params = IRollup.CoreParameters(
            0,
            1 days,
            ESCAPE_DELAY,
            0.001 ether,
            0.0001 ether,
            verifier
        );
        for (uint256 i = 0; i < 2; ++i) {
            _cores[i].rollup = new Rollup(42, SLOTS, params);
            _cores[i].root = 42;
            _cores[i].accounts.push();
            _cores[i].rollup.registerToken(address(_tokens[i]));
            _cores[i].rollup.registerToken(address(_tokens[1 - i]));
        }
    }

    receive() external payable {}

    modifier counted() {
        ++calls;
        _;
    }

    // ─── Queue ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function deposit(uint256 which, uint256 who, uint16 token, uint128 amount, uint32 to) external counted {
        (Core storage core, address actor) = (_cores[which % 2], actors[who % 4]);
        (token, amount) = (token % 3, uint128(bound(amount, 1, 1e24)));
        to = to % 3 == 0 ? uint32(bound(to, 1, 12)) : 0; // mostly a new account
        uint256 fee = core.rollup.forcedFee();
        uint256 value = fund(which % 2, actor, token, amount, fee);
        if (core.isFrozen) return expectFrozen(core, actor, value, depositCall(token, amount, to, actor));
        call(core, actor, value, depositCall(token, amount, to, actor));
        push(core, to == 0 ? Kind.Deposit : Kind.TopUp, 0, to, token, amount, actor, fee);
        inQueue[which % 2][token] += amount;
        ++count["deposit"];
    }

    function depositCall(uint16 token, uint128 amount, uint32 to, address owner) private pure returns (bytes memory) {
        return
            to == 0
                ? abi.encodeCall(IForcedQueue.deposit, (token, amount, X, Y, owner))
                : abi.encodeCall(IForcedQueue.topUp, (token, amount, to, owner));
    }

    function force(uint256 which, uint256 who, uint32 from, uint32 to, uint128 amount) external counted {
        Core storage core = _cores[which % 2];
        from = uint32(bound(from, 1, core.accounts.length));
        to = to % 2 == 0 ? 0 : uint32(bound(to, 1, core.accounts.length));
        (address owner, uint16 token, uint128 balance) = accountOf(core, from);
        // Mostly its owner asks for a part of it.
        address actor = owner == address(0) || who % 4 == 0 ? actors[(who >> 8) % 4] : owner;
        amount = uint128(bound(amount, 1, uint256(balance) + balance / 4 + 1));
        uint256 fee = core.rollup.forcedFee();
        vm.deal(actor, actor.balance + fee);
        bytes memory data =
            to == 0
                ? abi.encodeCall(IForcedQueue.forceExit, (from, token, amount))
                : abi.encodeCall(IForcedQueue.forceTransfer, (from, to, token, amount));
        if (core.isFrozen) return expectFrozen(core, actor, fee, data);
        call(core, actor, fee, data);
        push(core, to == 0 ? Kind.Exit : Kind.Transfer, from, to, token, amount, actor, fee);
        ++count["force"];
    }

    /// @dev Four accounts sign. One of the tokens may be given an id that the target does not have.
    function requestDeparture(uint256 which, uint256 who, uint256 seed, bool isBad) external counted {
        (Core storage core, address actor) = (_cores[which % 2], actors[who % 4]);
        uint256 fee = core.rollup.forcedFee();
        vm.deal(actor, actor.balance + 2 * fee);
        Request memory asked = signed(core, seed, isBad);
        address target = address(_cores[1 - (which % 2)].rollup);
        bytes memory data = abi.encodeCall(IMigration.requestDeparture, (target, asked.tokens, asked.moves));
        if (core.isFrozen) return expectFrozen(core, actor, 2 * fee, data);
        call(core, actor, 2 * fee, data);
        push(core, Kind.Departure, 0, 0, 0, 0, actor, fee);
        Operation storage op = core.operations[core.operations.length - 1];
        op.brought = _requests.length;
        op.slot = departureSlot(target, asked, fee, actor);
        _requests.push(asked);
        core.departures.push(core.operations.length);
        fees[which % 2] += fee; // the second one
        ++count["requestDeparture"];
    }

    /// @dev Accounts from a source that does not exist.
    function arrive(uint256 which, uint256 who, uint256 seed) external counted {
        (Core storage core, address actor) = (_cores[which % 2], actors[who % 4]);
        Migrant[] memory list = new Migrant[](4);
        uint256 fee = core.rollup.forcedFee();
        uint256 value = fee;
        vm.deal(actor, actor.balance + fee);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            if (random % 3 == 0) continue;
            uint16 token = uint16((random >> 8) % 3);
            uint128 balance = uint128((random >> 16) % 1e24);
            list[i] = Migrant(1, token, token, balance, actors[(random >> 128) % 4]);
            value += fund(which % 2, actor, token, balance, 0);
        }
        uint128 tokens = tokensOf([uint16(0), 1, 2, 0], [uint16(0), 1, 2, 0]);
        Migration memory migration = migrationOf(core.rollup, address(core.rollup), tokens, list, actor);
        bytes memory data = abi.encodeCall(
            IMigration.arrive,
            (migration.proof, migration.signals, migration.arrivals, actor)
        );
        if (core.isFrozen) return expectFrozen(core, actor, value, data);
        call(core, actor, value, data);
        pushArrival(which % 2, list, migration, fee, actor);
        ++count["arrive"];
    }

    // ─── Consensus ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Executes the next operations in one leaf; an account may pay fees.
    function advance(uint256 which, uint256 who, uint256 executes, uint256 seed) external counted {
        which %= 2;
        (Core storage core, address actor) = (_cores[which], actors[who % 4]);
        uint256 waiting = core.operations.length - core.executed;
        executes = bound(executes, 0, waiting < SLOTS ? waiting : SLOTS);
        IRollup.Transition memory transition;
        transition.newStateRoot = uint256(keccak256(abi.encode(core.root, "advanced"))) % PRIME;
        transition.forcedCount = executes;
        if (core.isFrozen) {
            vm.expectRevert(abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector));
            core.rollup.advance(transition);
            ++count["advance frozen"];
            return;
        }
        if (isDue(core)) {
            uint256 due = core.departures[core.happened];
            vm.expectRevert(abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, due));
            core.rollup.advance(transition);
            ++count["advance due"];
            return;
        }

        transition.payments = new IRollup.Payment[](2);
        transition.payments[0].recipient = actor;
        transition.payments[1] = payL2Fee(which, seed, actor);
        transition.exits = executeNext(which, executes, transition.payments[0]);
        core.rollup.advance(transition);
        core.root = transition.newStateRoot;
        for (uint256 i = 0; i < 2; ++i) {
            IRollup.Payment memory payment = transition.payments[i];
            credits[which][payment.token][actor] += payment.amount;
        }
        ++count["advance"];
        if (executes > 0) ++count["execute"];
    }

    /// @dev Executes on L2, as docs/protocol.md §5 says, and adds up the fees in `payment`.
    function executeNext(
        uint256 which,
        uint256 executes,
        IRollup.Payment memory payment
    ) private returns (IExits.LeafExits[] memory exits) {
        Core storage core = _cores[which];
        IExits.ExitClaim[4] memory claims;
        uint256 exitCount;
        for (uint256 i = 0; i < executes; ++i) {
            Operation storage op = core.operations[core.executed++];
            payment.amount += op.fee;
            fees[which] -= op.fee;
            claims[i].amount = execute(which, op);
            if (claims[i].amount == 0) continue;
            (claims[i].token, claims[i].recipient) = (op.token, op.user);
            unclaimed[which][op.token] += claims[i].amount;
            ++exitCount;
        }
        ++core.batches;
        if (exitCount == 0) return exits;
        exits = new IExits.LeafExits[](1);
        exits[0] = IExits.LeafExits(core.batches, 0, settle(core, claims));
    }

    /// @return exit Amount that leaves to the operation's user.
    function execute(uint256 which, Operation storage op) private returns (uint128 exit) {
        Core storage core = _cores[which];
        (uint16 token, uint128 amount) = (op.token, op.amount);
        if (op.kind == Kind.Arrival) executeArrival(which, _arrivals[op.brought]);
        if (op.kind == Kind.Deposit || op.kind == Kind.TopUp) {
            inQueue[which][token] -= amount;
            if (op.kind == Kind.TopUp && !isAccount(core, op.to, token)) return amount;
            onL2[which][token] += amount;
            if (op.kind == Kind.Deposit) core.accounts.push(Account(op.user, token, amount, 0));
            else core.accounts[op.to].balance += amount;
        }
        if (op.kind != Kind.Transfer && op.kind != Kind.Exit) return 0;
        if (!isAccount(core, op.from, token) || core.accounts[op.from].owner != op.user) return 0;
        uint128 balance = core.accounts[op.from].balance;
        if (op.kind == Kind.Exit) {
            exit = amount < balance ? amount : balance;
            core.accounts[op.from].balance -= exit;
            onL2[which][token] -= exit;
        } else if (isAccount(core, op.to, token) && amount <= balance) {
            core.accounts[op.from].balance -= amount;
            core.accounts[op.to].balance += amount;
            ++count["transfer"];
        }
    }

    function executeArrival(uint256 which, Arrived storage arrived) private {
        Core storage core = _cores[which];
        while (core.accounts.length % MIGRANTS != 0) core.accounts.push();
        for (uint256 i = 0; i < MIGRANTS; ++i) {
            Migrant memory migrant = arrived.migrants[i];
            if (migrant.from == 0) {
                core.accounts.push();
                continue;
            }
            core.accounts.push(Account(migrant.owner, migrant.to, migrant.balance, 0));
            inQueue[which][migrant.to] -= migrant.balance;
            onL2[which][migrant.to] += migrant.balance;
        }
        ++count["arrival executed"];
    }

    /// @dev A transaction, which also makes moves invalid that the account signed before.
    function payL2Fee(uint256 which, uint256 seed, address actor) private returns (IRollup.Payment memory payment) {
        Core storage core = _cores[which];
        Account storage account = core.accounts[seed % core.accounts.length];
        payment = IRollup.Payment(actor, account.token, account.balance / 100);
        if (account.owner == address(0) || seed % 5 > 1) payment.amount = 0;
        if (payment.amount == 0) return payment;
        ++account.nonce;
        account.balance -= uint128(payment.amount);
        onL2[which][account.token] -= payment.amount;
    }

    /// @dev The tree of a leaf's exits, and what claims need of it.
    function settle(Core storage core, IExits.ExitClaim[4] memory claims) private returns (uint256 root) {
        uint256[4] memory nodes;
        for (uint256 i = 0; i < 4; ++i) {
            if (claims[i].amount == 0) continue;
            uint256 head = uint160(claims[i].recipient) + uint256(claims[i].token) * 2 ** 160;
            nodes[i] = _poseidon.hash(head, claims[i].amount);
        }
        uint256[2] memory halves = [_poseidon.hash(nodes[0], nodes[1]), _poseidon.hash(nodes[2], nodes[3])];
        root = _poseidon.hash(halves[0], halves[1]);
        for (uint16 i = 0; i < 4; ++i) {
            if (claims[i].amount == 0) continue;
            (claims[i].batch, claims[i].slot, claims[i].exitsRoot) = (core.batches, i, root);
            claims[i].exitPath = new uint256[](2);
            (claims[i].exitPath[0], claims[i].exitPath[1]) = (nodes[i ^ 1], halves[1 - i / 2]);
            core.claims.push(claims[i]);
        }
    }

    // ─── Migration ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The departure that is due, or, after a freeze, one of accounts that sign now.
    function depart(uint256 which, uint256 who, uint256 seed) external counted {
        which %= 2;
        Core storage core = _cores[which];
        if (!core.isFrozen && !isDue(core)) return;
        uint256 id = core.isFrozen ? 0 : core.departures[core.happened];
        Request memory asked =
            core.isFrozen ? signed(core, seed, seed % 4 == 0) : _requests[core.operations[id - 1].brought];
        Migrant[] memory list = validMoves(core, asked);
        address worker = actors[who % 4];
        Migration memory migration = migrationOf(
            core.rollup,
            address(_cores[1 - which].rollup),
            asked.tokens,
            list,
            worker
        );
        migration.moves = asked.moves;
        complete(migration);
        bytes memory slot = id == 0 ? bytes("") : core.operations[id - 1].slot;
        (bool isRefused, uint256 account) = core.isFrozen ? leaves(which, list) : (false, 0);
        if (isRefused) vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, account));
        vm.prank(worker);
        core.rollup.depart(id, slot, migration.proof, migration.signals, migration.moves, migration.arrivals);
        if (isRefused) {
            ++count["depart again"];
            return;
        }

        takeOut(which, list);
        recordDeparture(which, list, migration);
        if (core.isFrozen) {
            ++count["depart frozen"];
            return;
        }
        ++core.happened;
        core.root = migration.signals[0];
        fees[which] -= core.operations[id - 1].fee;
        credits[which][0][worker] += core.operations[id - 1].fee;
        ++count["depart"];
    }

    /// @return isRefused Whether one of them has left before; then none leaves.
    /// @return account The first one of these.
    function leaves(uint256 which, Migrant[] memory list) private returns (bool isRefused, uint256 account) {
        for (uint256 i = 0; i < 4; ++i) {
            if (list[i].from != 0 && hasLeft[which][list[i].from]) return (true, list[i].from);
        }
        for (uint256 i = 0; i < 4; ++i) {
            if (list[i].from != 0) hasLeft[which][list[i].from] = true;
        }
    }

    /// @dev Of a frozen rollup the state stays, and that an account left is only marked.
    function takeOut(uint256 which, Migrant[] memory list) private {
        Core storage core = _cores[which];
        for (uint256 i = 0; i < 4; ++i) {
            if (list[i].from == 0) continue;
            onL2[which][list[i].token] -= list[i].balance;
            undelivered[which][list[i].token] += list[i].balance;
            if (core.isFrozen) continue;
            core.accounts[list[i].from].balance = 0;
            ++core.accounts[list[i].from].nonce;
        }
    }

    function recordDeparture(uint256 which, Migrant[] memory list, Migration memory migration) private {
        _cores[which].departed.push(_departed.length);
        Departed storage departed = _departed.push();
        (departed.source, departed.departedAt) = (which, this.clock());
        for (uint256 i = 0; i < 4; ++i) departed.migrants.push(list[i]);
        departed.migration = migration;
    }

    function deliver(uint256 index, uint256 who) external counted {
        if (_departed.length == 0) return;
        index %= _departed.length;
        Departed storage departed = _departed[index];
        Core storage target = _cores[1 - departed.source];
        Rollup source = _cores[departed.source].rollup;
        address actor = actors[who % 4];
        uint256 fee = target.rollup.forcedFee();
        uint256 surplus = who % 3;
        uint256 before = actor.balance;
        vm.deal(actor, before + fee + surplus);
        Migration memory migration = departed.migration;
        bytes memory refusal = refusalOf(departed, index);
        uint256 number = numberOf(index);
        if (refusal.length > 0) vm.expectRevert(refusal);
        vm.prank(actor);
        source.deliver{ value: fee + surplus }(number, migration.proof, migration.signals, migration.arrivals);
        if (refusal.length > 0) {
            vm.deal(actor, before);
            ++count["deliver refused"];
            return;
        }

        assertEq(actor.balance, before + surplus, "surplus");
        departed.isDelivered = true;
        Migrant[] memory list = departed.migrants;
        for (uint256 i = 0; i < 4; ++i) undelivered[departed.source][list[i].token] -= list[i].balance;
        pushArrival(1 - departed.source, list, migration, fee, actor);
        ++count["deliver"];
    }

    /// @dev Why `deliver` has to fail now; empty if it has to succeed.
    function refusalOf(Departed storage departed, uint256 index) private view returns (bytes memory) {
        if (departed.isDelivered) return unknownMigrants(departed, index);
        if (departed.reclaimed != 0) {
            return abi.encodeWithSelector(IMigration.PartlyReclaimed.selector, numberOf(index));
        }
        for (uint256 i = 0; i < 4; ++i) {
            Migrant memory migrant = departed.migrants[i];
            if (migrant.to == 9 && migrant.balance > 0) {
                return abi.encodeWithSelector(IMigration.WrongTargetToken.selector, 2, 9, 1);
            }
        }
        if (_cores[1 - departed.source].isFrozen) return abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        return "";
    }

    function reclaim(uint256 index, uint256 position) external counted {
        if (_departed.length == 0) return;
        index %= _departed.length;
        position %= 4;
        Departed storage departed = _departed[index];
        Migrant memory migrant = departed.migrants[position];
        uint256 deadline = departed.departedAt + ESCAPE_DELAY;
        bytes memory refusal;
        if (departed.isDelivered) refusal = unknownMigrants(departed, index);
        else if (this.clock() <= deadline) {
            refusal = abi.encodeWithSelector(
                IMigration.NotReclaimable.selector,
                numberOf(index),
                deadline,
                this.clock()
            );
        } else if (migrant.from == 0) refusal = abi.encodeWithSelector(IMigration.NoAccount.selector, position);
        else if ((departed.reclaimed >> position) & 1 == 1) {
            refusal = abi.encodeWithSelector(IMigration.AlreadyPaid.selector, numberOf(index), position);
        }
        Migration memory migration = departed.migration;
        uint256 number = numberOf(index);
        if (refusal.length > 0) vm.expectRevert(refusal);
        _cores[departed.source].rollup.reclaim(number, migration.signals, migration.arrivals, position);
        if (refusal.length > 0) {
            ++count["reclaim refused"];
            return;
        }
        departed.reclaimed |= 1 << position;
        undelivered[departed.source][migrant.token] -= migrant.balance;
        credits[departed.source][migrant.token][migrant.owner] += migrant.balance;
        ++count["reclaim"];
    }

    function unknownMigrants(Departed storage departed, uint256 index) private view returns (bytes memory) {
        Migration memory migration = departed.migration;
        bytes32 shown = keccak256(abi.encode(migration.signals, keccak256(migration.arrivals)));
        return abi.encodeWithSelector(IMigration.UnknownMigrants.selector, numberOf(index), shown, 0);
    }

    /// @dev Number of a departure in its source.
    function numberOf(uint256 index) private view returns (uint256 number) {
        uint256[] storage departed = _cores[_departed[index].source].departed;
        while (departed[number++] != index) {}
    }

    // ─── Freeze, escape, refund ──────────────────────────────────────────────────────────────────────────────────────

    /// @dev Sometimes nothing is executed for as long as it takes.
    function freeze(uint256 which, uint256 waits) external counted {
        Core storage core = _cores[which % 2];
        if (waits % 6 == 0 && !core.isFrozen && core.executed < core.operations.length) {
            uint256 late = core.operations[core.executed].queuedAt + ESCAPE_DELAY + 1;
            if (this.clock() < late) vm.warp(late);
        }
        bytes memory refusal;
        if (core.isFrozen) refusal = abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        else if (core.executed == core.operations.length) {
            refusal = abi.encodeWithSelector(IEscapeHatch.NothingQueued.selector);
        } else {
            uint256 deadline = core.operations[core.executed].queuedAt + ESCAPE_DELAY;
            if (this.clock() <= deadline) {
                refusal = abi.encodeWithSelector(
                    IEscapeHatch.NotLate.selector,
                    core.executed + 1,
                    deadline,
                    this.clock()
                );
            }
        }
        if (refusal.length > 0) vm.expectRevert(refusal);
        core.rollup.freeze();
        if (refusal.length > 0) {
            ++count["freeze refused"];
            return;
        }
        core.isFrozen = true;
        ++count["freeze"];
    }

    function escape(uint256 which, uint256 account) external counted {
        which %= 2;
        Core storage core = _cores[which];
        account = bound(account, 0, core.accounts.length - 1);
        (address owner, uint16 token, uint128 balance) = accountOf(core, account);
        if (owner == address(0)) return; // there is no proof
        bytes memory refusal;
        if (!core.isFrozen) refusal = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        else if (balance == 0) refusal = abi.encodeWithSelector(IEscapeHatch.NothingToEscape.selector, account);
        else if (hasLeft[which][account]) refusal = abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, account);
        uint256[8] memory proof;
        proof[0] = uint256(keccak256(abi.encode(0, owner, token, balance, core.root, account)));
        if (refusal.length > 0) vm.expectRevert(refusal);
        core.rollup.escape(account, owner, token, balance, proof);
        if (refusal.length > 0) {
            ++count["escape refused"];
            return;
        }
        hasLeft[which][account] = true;
        onL2[which][token] -= balance;
        credits[which][token][owner] += balance;
        ++count["escape"];
    }

    function refund(uint256 which, uint256 id) external counted {
        which %= 2;
        Core storage core = _cores[which];
        if (core.operations.length == 0) return;
        id = bound(id, 1, core.operations.length);
        Operation storage op = core.operations[id - 1];
        bool isExecuted = id <= core.executed;
        bool waits = op.kind == Kind.Departure && !hasHappened(core, id);
        bytes memory refusal;
        if (!core.isFrozen) refusal = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        else if (isExecuted && !waits) {
            refusal = abi.encodeWithSelector(IEscapeHatch.AlreadyExecuted.selector, id, core.executed);
        } else if (op.isRefunded) refusal = abi.encodeWithSelector(IEscapeHatch.AlreadyRefunded.selector, id);
        bytes memory slot = op.slot;
        if (refusal.length > 0) vm.expectRevert(refusal);
        core.rollup.refund(id, slot);
        if (refusal.length > 0) {
            ++count["refund refused"];
            return;
        }
        op.isRefunded = true;
        uint256 paidBack = op.kind == Kind.Departure && !isExecuted ? 2 * op.fee : op.fee;
        fees[which] -= paidBack;
        credits[which][0][op.user] += paidBack;
        if (op.kind == Kind.Deposit || op.kind == Kind.TopUp) {
            inQueue[which][op.token] -= op.amount;
            credits[which][op.token][op.user] += op.amount;
        }
        ++count["refund"];
        if (isExecuted) ++count["refund of a second fee"];
    }

    function refundArrival(uint256 which, uint256 id, uint256 position) external counted {
        which %= 2;
        Core storage core = _cores[which];
        if (core.operations.length == 0) return;
        id = bound(id, 1, core.operations.length);
        // From there on the next arrival, if there is one.
        while (core.operations[id - 1].kind != Kind.Arrival && id < core.operations.length) ++id;
        if (core.operations[id - 1].kind != Kind.Arrival) return;
        position %= 4;
        Arrived storage arrived = _arrivals[core.operations[id - 1].brought];
        Migrant memory migrant = arrived.migrants[position];
        bytes memory refusal;
        if (!core.isFrozen) refusal = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        else if (id <= core.executed) {
            refusal = abi.encodeWithSelector(IEscapeHatch.AlreadyExecuted.selector, id, core.executed);
        } else if (migrant.from == 0) refusal = abi.encodeWithSelector(IMigration.NoAccount.selector, position);
        else if ((arrived.refunded >> position) & 1 == 1) {
            refusal = abi.encodeWithSelector(IMigration.AlreadyPaid.selector, id, position);
        }
        bytes memory arrivals = arrived.arrivals;
        if (refusal.length > 0) vm.expectRevert(refusal);
        core.rollup.refundArrival(id, arrivals, position);
        if (refusal.length > 0) {
            ++count["refundArrival refused"];
            return;
        }
        arrived.refunded |= 1 << position;
        inQueue[which][migrant.to] -= migrant.balance;
        credits[which][migrant.to][migrant.owner] += migrant.balance;
        ++count["refundArrival"];
    }

    // ─── Taking money out ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Claims the next exit, and then once more.
    function claim(uint256 which) external counted {
        which %= 2;
        Core storage core = _cores[which];
        if (core.claimed == core.claims.length) return;
        IExits.ExitClaim memory exit = core.claims[core.claimed++];
        uint256 before = held(which, exit.token, exit.recipient);
        core.rollup.claim(exit);
        assertEq(held(which, exit.token, exit.recipient) - before, exit.amount, "paid");
        unclaimed[which][exit.token] -= exit.amount;
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, exit.batch, 0, exit.slot));
        core.rollup.claim(exit);
        ++count["claim"];
    }

    function withdraw(uint256 which, uint256 who, uint16 token) external counted {
        which %= 2;
        (Rollup rollup, address actor) = (_cores[which].rollup, actors[who % 4]);
        token %= 3;
        uint256 owed = credits[which][token][actor];
        uint256 before = held(which, token, actor);
        if (owed == 0) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.NothingToWithdraw.selector, token, actor));
            vm.prank(actor);
            rollup.withdraw(token);
            return;
        }
        vm.prank(actor);
        rollup.withdraw(token);
        assertEq(held(which, token, actor) - before, owed, "paid");
        credits[which][token][actor] = 0;
        ++count["withdraw"];
    }

    function wait(uint256 time) external counted {
        vm.warp(this.clock() + bound(time, 0, 1 days));
        ++count["wait"];
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    function coreAt(uint256 which) external view returns (Rollup) {
        return _cores[which].rollup;
    }

    /// @return queued Of the model, as all that follows.
    function counters(
        uint256 which
    ) external view returns (uint256 queued, uint256 executed, uint256 accounts, uint256 root, bool isFrozen) {
        Core storage core = _cores[which];
        return (core.operations.length, core.executed, core.accounts.length, core.root, core.isFrozen);
    }

    function dueDeparture(uint256 which) external view returns (uint256) {
        Core storage core = _cores[which];
        return isDue(core) ? core.departures[core.happened] : 0;
    }

    /// @param token As `which` numbers it.
    function held(uint256 which, uint256 token, address account) public view returns (uint256) {
        return token == 0 ? account.balance : tokenAt(which, token).balanceOf(account);
    }

    /// @dev External, so that the optimiser cannot read it again after the clock was moved.
    function clock() external view returns (uint256) {
        return block.timestamp;
    }

    // ─── Private: calls ──────────────────────────────────────────────────────────────────────────────────────────────

    function call(Core storage core, address actor, uint256 value, bytes memory data) private {
        vm.prank(actor);
        (bool success, bytes memory result) = address(core.rollup).call{ value: value }(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    function expectFrozen(Core storage core, address actor, uint256 value, bytes memory data) private {
        vm.prank(actor);
        (bool success, bytes memory result) = address(core.rollup).call{ value: value }(data);
        assertFalse(success, "frozen");
        assertEq(result, abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector));
        ++count["frozen"];
    }

    /// @return value Wei to send for a deposit with this fee.
    function fund(
        uint256 which,
        address actor,
        uint256 token,
        uint256 amount,
        uint256 fee
    ) private returns (uint256 value) {
        value = token == 0 ? amount + fee : fee;
        vm.deal(actor, actor.balance + value);
        if (token == 0) return value;
        tokenAt(which, token).mint(actor, amount);
        address spender = address(_cores[which].rollup);
        vm.prank(actor);
        tokenAt(which, token).approve(spender, type(uint256).max);
    }

    function tokenAt(uint256 which, uint256 token) private view returns (MockToken) {
        return _tokens[which == 0 ? token - 1 : 2 - token];
    }

    // ─── Private: model ──────────────────────────────────────────────────────────────────────────────────────────────

    function push(
        Core storage core,
        Kind kind,
        uint32 from,
        uint32 to,
        uint16 token,
        uint128 amount,
        address user,
        uint256 fee
    ) private {
        Operation storage op = core.operations.push();
        (op.kind, op.from, op.to, op.token, op.amount, op.user) = (kind, from, to, token, amount, user);
        (op.fee, op.queuedAt) = (fee, this.clock());
        (uint256 x, uint256 y) = kind == Kind.Deposit ? (X, Y) : (uint256(0), uint256(0));
        uint256 tail = (y << 251) | (fee << 161) | ((x % 2) << 160) | uint160(user);
        op.slot = abi.encodePacked(from, to, token, amount, bytes3(0), y >> 5, tail);
        fees[address(core.rollup) == address(_cores[0].rollup) ? 0 : 1] += fee;
    }

    function pushArrival(
        uint256 which,
        Migrant[] memory list,
        Migration memory migration,
        uint256 fee,
        address user
    ) private {
        Core storage core = _cores[which];
        push(core, Kind.Arrival, 0, 0, 0, 0, user, fee);
        Operation storage op = core.operations[core.operations.length - 1];
        op.brought = _arrivals.length;
        uint256 root = migration.signals[1];
        op.slot = abi.encodePacked(
            new bytes(29),
            (uint256(4) << 249) | (root >> 5),
            (root << 251) | (fee << 161) | uint160(user)
        );
        Arrived storage arrived = _arrivals.push();
        arrived.arrivals = migration.arrivals;
        for (uint256 i = 0; i < 4; ++i) {
            arrived.migrants.push(list[i]);
            if (list[i].from != 0) inQueue[which][list[i].to] += list[i].balance;
        }
    }

    function departureSlot(
        address target,
        Request memory asked,
        uint256 fee,
        address user
    ) private pure returns (bytes memory) {
        uint256 key = uint256(keccak256(abi.encode(target, asked.tokens, keccak256(asked.moves)))) >> 8;
        return
            abi.encodePacked(
                new bytes(29),
                (uint256(2) << 249) | (key >> 5),
                (key << 251) | (fee << 161) | uint160(user)
            );
    }

    /// @dev Moves of four accounts, some of which may not exist, with their nonces of now.
    function signed(Core storage core, uint256 seed, bool isBad) private view returns (Request memory asked) {
        asked.tokens = tokensOf([uint16(0), 1, 2, 0], [uint16(0), 2, isBad ? 9 : 1, 0]);
        Migrant[] memory list = new Migrant[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 account = uint256(keccak256(abi.encode(seed, i))) % (core.accounts.length + 1);
            if (account == 0) continue;
            asked.from[i] = uint32(account);
            if (account < core.accounts.length) asked.nonces[i] = core.accounts[account].nonce;
            (address owner, uint16 token, ) = accountOf(core, account);
            list[i] = Migrant(uint32(account), token, targetOf(asked.tokens, token), 0, owner);
        }
        asked.moves = movesOf(list);
    }

    /// @dev What the circuit makes of the moves now; `from` is 0 where one is not valid.
    function validMoves(Core storage core, Request memory asked) private view returns (Migrant[] memory list) {
        list = new Migrant[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint32 from = asked.from[i];
            (address owner, uint16 token, uint128 balance) = accountOf(core, from);
            if (owner == address(0) || core.accounts[from].nonce != asked.nonces[i]) continue;
            bool isSecond = false; // of one account: the nonce has grown
            for (uint256 k = 0; k < i; ++k) isSecond = isSecond || list[k].from == from;
            if (!isSecond) list[i] = Migrant(from, token, targetOf(asked.tokens, token), balance, owner);
        }
    }

    function targetOf(uint128 tokens, uint16 token) private pure returns (uint16) {
        return uint16(tokens >> (32 * token + 16));
    }

    function accountOf(
        Core storage core,
        uint256 index
    ) private view returns (address owner, uint16 token, uint128 balance) {
        if (index >= core.accounts.length) return (address(0), 0, 0);
        Account storage account = core.accounts[index];
        return (account.owner, account.token, account.balance);
    }

    function isAccount(Core storage core, uint256 index, uint16 token) private view returns (bool) {
        (address owner, uint16 actual, ) = accountOf(core, index);
        return owner != address(0) && actual == token;
    }

    function isDue(Core storage core) private view returns (bool) {
        return core.happened < core.departures.length && core.departures[core.happened] <= core.executed;
    }

    function hasHappened(Core storage core, uint256 id) private view returns (bool) {
        return core.happened > 0 && id <= core.departures[core.happened - 1];
    }
}

/// @notice What holds after any sequence of calls; the ids are listed in test/invariant/README.md.
contract MigrationInvariantsTest is MigrationModel {
    uint256 private constant SLOTS = 4;

    MigrationHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new MigrationHandler(new PoseidonHasher());
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](15);
        selectors[0] = MigrationHandler.deposit.selector;
        selectors[1] = MigrationHandler.force.selector;
        selectors[2] = MigrationHandler.requestDeparture.selector;
        selectors[3] = MigrationHandler.arrive.selector;
        selectors[4] = MigrationHandler.advance.selector;
        selectors[5] = MigrationHandler.depart.selector;
        selectors[6] = MigrationHandler.deliver.selector;
        selectors[7] = MigrationHandler.reclaim.selector;
        selectors[8] = MigrationHandler.freeze.selector;
        selectors[9] = MigrationHandler.escape.selector;
        selectors[10] = MigrationHandler.refund.selector;
        selectors[11] = MigrationHandler.refundArrival.selector;
        selectors[12] = MigrationHandler.claim.selector;
        selectors[13] = MigrationHandler.withdraw.selector;
        selectors[14] = MigrationHandler.wait.selector;
        targetSelectors(address(handler), selectors);
    }

    function invariant_allHold() public view {
        checkAll();
    }

    /// @dev Many calls of a run did something, so the books above were not those of an idle system.
    function afterInvariant() public view {
        string[29] memory names = actions();
        uint256 reached;
        for (uint256 i = 0; i < names.length; ++i) reached += handler.count(names[i]);
        assertGt(reached, handler.calls() / 3);
    }

    /// @dev Random calls may miss an action; these do not, and so show that none of them is dead.
    function test_handlerReachesEveryAction() public {
        for (uint256 round = 0; round < 8; ++round) {
            for (uint256 which = 0; which < 2; ++which) {
                for (uint16 token = 0; token < 3; ++token) {
                    handler.deposit(which, round + token, token, uint128(1e18 * (round + 1)), 1);
                }
                handler.deposit(which, round, 1, 1e18, 3);
                handler.arrive(which, round, round);
                for (uint256 i = 0; i < 3; ++i) handler.advance(which, i, SLOTS, round + i);
                handler.force(which, round * 7 + 1, uint32(round + 1), 0, uint128(1e15 * round));
                handler.force(which, round * 7 + 1, uint32(round + 1), uint32(2 * round + 1), uint128(1e15 * round));
                handler.requestDeparture(which, round, round, round % 4 == 3);
                handler.requestDeparture(which, round, round + 100, false);
                handler.advance(which, round, SLOTS, round);
                handler.advance(which, round, 1, round);
                for (uint256 i = 0; i < 2; ++i) handler.depart(which, round + i, round);
                handler.claim(which);
                handler.freeze(which, 1);
                handler.escape(which, round);
                handler.refund(which, round);
                handler.refundArrival(which, 1, 0);
            }
            for (uint256 index = 0; index < 2 * round; ++index) handler.deliver(index, round);
            checkAll();
        }
        freezeBoth();
        checkAll();
        assertAllReached();
    }

    /// @dev Leaves one departure executed and not proven, one arrival queued, and some departures undelivered.
    function freezeBoth() private {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint256 i = 0; i < 2; ++i) handler.requestDeparture(which, i, i, false);
            for (uint256 i = 0; i < 4; ++i) handler.advance(which, 0, SLOTS, i);
            handler.arrive(which, 1, 7);
            handler.deposit(which, 1, 1, 5e17, 1);
            handler.deposit(which, 1, 0, 5e17, 3);
        }
        for (uint256 i = 0; i < 4; ++i) handler.wait(1 days - i);
        for (uint256 i = 0; i < 8; ++i) handler.reclaim(i, i);
        checkAll();
        for (uint256 which = 0; which < 2; ++which) {
            handler.freeze(which, 1);
            handler.freeze(which, 1);
            handler.advance(which, 0, 0, 0);
            handler.deposit(which, 1, 1, 1, 1);
            handler.force(which, 1, 1, 0, 1);
            handler.requestDeparture(which, 1, 1, false);
            handler.arrive(which, 1, 1);
            for (uint256 i = 0; i < 6; ++i) handler.depart(which, i, i);
            for (uint256 i = 1; i < 40; ++i) {
                handler.escape(which, i);
                handler.refund(which, 3 * i);
                handler.refundArrival(which, 3 * i, i);
            }
            (uint256 queued, , , , ) = handler.counters(which);
            for (uint256 id = 1; id <= queued; ++id) handler.refund(which, id);
            for (uint256 i = 0; i < 4; ++i) handler.refundArrival(which, queued - 3, i);
            handler.refund(which, 1);
        }
        for (uint256 i = 0; i < 3; ++i) handler.wait(1 days - i);
        for (uint256 i = 0; i < 200; ++i) {
            handler.reclaim(i / 4, i % 4);
            handler.deliver(i / 4, i);
        }
        for (uint256 i = 0; i < 24; ++i) handler.withdraw(i / 12, i / 3, uint16(i));
    }

    function assertAllReached() private view {
        string[29] memory names = actions();
        for (uint256 i = 0; i < names.length; ++i) assertGt(handler.count(names[i]), 0, names[i]);
    }

    function actions() private pure returns (string[29] memory) {
        return
            [
                "deposit",
                "force",
                "requestDeparture",
                "arrive",
                "frozen",
                "advance",
                "advance frozen",
                "advance due",
                "execute",
                "transfer",
                "arrival executed",
                "depart",
                "depart frozen",
                "depart again",
                "deliver",
                "deliver refused",
                "reclaim",
                "reclaim refused",
                "freeze",
                "freeze refused",
                "escape",
                "escape refused",
                "refund",
                "refund refused",
                "refund of a second fee",
                "refundArrival",
                "refundArrival refused",
                "claim",
                "withdraw"
            ];
    }

    function checkAll() private view {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint256 token = 0; token < 3; ++token) checkMoney(which, token);
            checkState(which);
        }
    }

    /// @dev Each core holds what it owes, to the unit, and owes each to whom the books say.
    function checkMoney(uint256 which, uint256 token) private view {
        uint256 owed =
            handler.onL2(which, token) +
                handler.inQueue(which, token) +
                handler.unclaimed(which, token) +
                handler.undelivered(which, token);
        if (token == 0) owed += handler.fees(which);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 credit = handler.credits(which, token, handler.actors(i));
            assertEq(handler.coreAt(which).credits(uint16(token), handler.actors(i)), credit, "INV-CUSTODY-02");
            owed += credit;
        }
        uint256 held = handler.held(which, token, address(handler.coreAt(which)));
        assertEq(held, owed, "INV-CUSTODY-01, INV-ESCAPE-03, INV-MIGRATION-01");
    }

    function checkState(uint256 which) private view {
        Rollup core = handler.coreAt(which);
        (uint256 queued, uint256 executed, uint256 accounts, uint256 root, bool isFrozen) = handler.counters(which);
        // In the books nothing of this changes after a freeze.
        assertEq(core.isFrozen(), isFrozen, "INV-ESCAPE-01");
        assertEq(core.queuedOperations(), queued, "INV-ESCAPE-01, INV-QUEUE-02");
        assertEq(core.executedOperations(), executed, "INV-ESCAPE-01, INV-QUEUE-02");
        assertEq(core.stateRoot(), root, "INV-ESCAPE-01, INV-STATE-01");
        for (uint256 account = 0; account < accounts; ++account) {
            assertEq(core.hasLeft(account), handler.hasLeft(which, account), "INV-ESCAPE-02");
        }
        if (isFrozen) return;
        // While a departure is due there is nothing to start from.
        uint256 due = handler.dueDeparture(which);
        try core.base() returns (uint256 base, uint256, uint256) {
            assertEq(due, 0, "INV-MIGRATION-02");
            assertEq(base, root, "INV-MIGRATION-02");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, due), "INV-MIGRATION-02");
        }
    }
}
