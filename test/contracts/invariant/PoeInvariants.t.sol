// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ProofOfEfficiency } from "../../../contracts/consensus/poe/ProofOfEfficiency.sol";
import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { MockVerifier } from "../../../contracts/mocks/MockVerifier.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { BatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { PoeModel } from "../poe/PoeModel.sol";
import { ExitBook } from "./ExitBook.sol";

/**
 * @notice Calls every function of the core and of Proof of Efficiency in random order, and keeps the books: what came
 *         in, what went out, and what is owed. A call that should succeed and does not, or the reverse, fails the run.
 * @dev In this file because the runner knows as targets only the contracts of the test files it was given.
 */
contract PoeHandler is PoeModel {
    uint256 private constant KEY_X = 5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 private constant KEY_Y = 16950150798460657717958625567821834550301663161624707787222815936182638968203;

    MockToken public erc20;
    address[4] public actors;

    // ─── Books ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Money that L2 owns, by token: deposited and not yet left.
    uint256[2] public onL2;
    /// @notice Fees of forced operations that are not proven yet.
    uint256 public pendingForcedFees;
    /// @notice Exits settled and not claimed, by token.
    uint256[2] public unclaimed;
    /// @notice Fees and bonds of batches that are not proven yet.
    uint256 public escrow;
    uint256 public takenForced;
    uint256 public executedForced;
    uint256 public verified;

    ExitBook public exits = new ExitBook();
    uint256[] private _queuedAt; // of operation i at i − 1

    /// @notice How often each action got through.
    mapping(string action => uint256) public count;

    constructor(ProofOfEfficiency poe_, NativeToken token_, MockVerifier verifier_) {
        adopt(poe_, token_, verifier_);
        erc20 = new MockToken();
        vm.deal(address(this), 1 ether);
        rollup.registerToken{ value: rollup.TOKEN_FEE() }(address(erc20));
        for (uint256 i = 0; i < 4; ++i) actors[i] = vm.addr(i + 1);
    }

    /// @notice Gives the actors money; the handler has the native token by now.
    function start() external {
        for (uint256 i = 0; i < 4; ++i) fund(actors[i], 1_000_000 ether);
    }

    receive() external payable {}

    // ─── Forced queue ────────────────────────────────────────────────────────────────────────────────────────────────

    function deposit(uint256 who, bool ether_, uint128 amount, bool isNew) external {
        address actor = actors[who % 4];
        uint16 id = ether_ ? 0 : 1;
        amount = uint128(bound(amount, 1, 1e24));
        uint256 fee = rollup.forcedFee();
        uint256 value = fee + (ether_ ? amount : 0);
        uint256 surplus = who % 3;
        vm.deal(actor, value + surplus);
        if (!ether_) {
            erc20.mint(actor, amount);
            vm.prank(actor);
            erc20.approve(address(rollup), amount);
        }
        vm.prank(actor);
        if (isNew) rollup.deposit{ value: value + surplus }(id, amount, KEY_X, KEY_Y, actor);
        else rollup.topUp{ value: value + surplus }(id, amount, 9, actor);
        assertEq(actor.balance, surplus, "surplus");
        queued(isNew ? 0 : 9, 0, id, amount, isNew ? KEY_X : 0, isNew ? KEY_Y : 0, fee, actor);
        onL2[id] += amount;
        ++count["deposit"];
    }

    function forceTransfer(uint256 who, uint32 from, uint32 to, uint16 id, uint128 amount) external {
        address actor = actors[who % 4];
        (from, to) = (uint32(bound(from, 1, 100)), uint32(bound(to, 1, 100)));
        uint256 fee = rollup.forcedFee();
        vm.deal(actor, fee);
        vm.prank(actor);
        rollup.forceTransfer{ value: fee }(from, to, id, amount);
        queued(to, from, id, amount, 0, 0, fee, actor);
        ++count["forceTransfer"];
    }

    function forceExit(uint256 who, uint32 from, uint16 id, uint128 amount) external {
        address actor = actors[who % 4];
        (from, amount) = (uint32(bound(from, 1, 100)), uint128(bound(amount, 1, type(uint128).max)));
        uint256 fee = rollup.forcedFee();
        vm.deal(actor, fee);
        vm.prank(actor);
        rollup.forceExit{ value: fee }(from, id, amount);
        queued(0, from, id, amount, 0, 0, fee, actor);
        ++count["forceExit"];
    }

    function queued(
        uint32 to,
        uint32 from,
        uint16 id,
        uint128 amount,
        uint256 x,
        uint256 y,
        uint256 fee,
        address actor
    ) private {
        uint256 tail = (y << 251) | (fee << 161) | ((x % 2) << 160) | uint160(actor);
        forced.push(abi.encodePacked(from, to, id, amount, bytes3(0), y >> 5, tail));
        _queuedAt.push(this.clock());
        pendingForcedFees += fee;
    }

    // ─── Sequencing ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Takes some forced operations, perhaps fewer than it has to; perhaps lies about its commitments.
    function sequence(uint256 who, uint256 forcedCount, uint256 transactions, bool lies, uint16 feeToken) external {
        address actor = actors[who % 4];
        IProofOfEfficiency.BatchInput memory input = batchOf(forcedCount, transactions, lies, feeToken);
        uint256 fee = poe.batchFee();
        bytes memory refusal = refusalOf(input);
        vm.prank(actor, actor);
        if (refusal.length > 0) vm.expectRevert(refusal);
        poe.sequence(one(input), fee, 0);
        if (refusal.length > 0) return;
        record(actor, input, fee);
        takenForced += input.forcedCount;
        escrow += posted[postedCount].record.fee + posted[postedCount].record.bond;
        ++count["sequence"];
    }

    /**
     * @dev The same, but the caller proves the batch at once, and all that wait before it.
     * @param age Of the header, which may be older than is allowed, or in the future.
     */
    function sequenceAndVerify(
        uint256 who,
        uint256 forcedCount,
        uint256 transactions,
        uint256 age,
        uint256 seed
    ) external {
        address actor = actors[who % 4];
        IProofOfEfficiency.BatchInput memory input = batchOf(
            forcedCount,
            transactions,
            seed % 3 == 0,
            uint16(seed >> 8)
        );
        uint256 timestamp = this.clock() + 10 minutes - bound(age, 0, 80 minutes);
        bytes memory refusal = timestampRefusal(timestamp);
        if (refusal.length == 0) refusal = refusalOf(input);
        if (refusal.length > 0) {
            vm.prank(actor, actor);
            vm.expectRevert(refusal);
            poe.sequenceAndVerify(one(input), timestamp, 0, verified + 1, new IProofOfEfficiency.BatchProof[](1));
            return;
        }

        uint256 fee = poe.batchFee();
        uint256 native = token.balanceOf(address(poe));
        uint256 owed = nativeOwed() + escrow;
        recordAt(actor, input, 0, 0, timestamp);
        takenForced += input.forcedCount;
        executeAll(postedCount, seed);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(actor, verified + 1, postedCount);
        vm.prank(actor, actor);
        poe.sequenceAndVerify(one(input), timestamp, 0, verified + 1, proofs);
        exits.settle();
        verified = postedCount;
        ++count["sequenceAndVerify"];

        // INV-POE-07: the batches that waited are paid for, and this one moves nothing.
        assertEq(token.balanceOf(address(poe)), native, "INV-POE-07: native tokens moved");
        assertEq(escrow, 0, "INV-POE-07: something is escrowed though nothing waits");
        assertEq(nativeOwed(), owed, "INV-POE-07: a fee or a bond of its own");
        assertEq(poe.batchFee(), fee, "INV-POE-07: the batch fee");
        assertEq(poe.pendingLeaves(), 0, "INV-POE-07: something waits");
        (, uint256 time) = poe.batchEntry(postedCount);
        assertEq(time, timestamp, "INV-POE-07: time of the batch");
    }

    /// @dev With forced operations from the next one on, perhaps fewer than have to be taken.
    function batchOf(
        uint256 forcedCount,
        uint256 transactions,
        bool lies,
        uint16 feeToken
    ) private view returns (IProofOfEfficiency.BatchInput memory input) {
        uint256 waiting = forced.length - takenForced;
        forcedCount = bound(forcedCount, 0, waiting < 2 * SLOTS ? waiting : 2 * SLOTS);
        transactions = bound(transactions, 0, 2 * SLOTS - forcedCount);
        bytes memory data = bytes.concat(
            forcedSlots(takenForced + 1, forcedCount),
            new bytes(transactions * SLOT_BYTES)
        );
        input = withCommitments(data, uint16(forcedCount));
        if (lies) input.commitments[0] = (input.commitments[0] + 1) % P;
        input.feeToken = feeToken % 3;
    }

    /// @return refusal Of a batch by the ring or the gate; empty if both let it through.
    function refusalOf(IProofOfEfficiency.BatchInput memory input) private returns (bytes memory refusal) {
        uint256 pending = leavesFrom(verified + 1) + leavesOf(input.data);
        if (pending > MAX_PENDING) {
            ++count["ring full"];
            return abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, pending, MAX_PENDING);
        }
        uint256 next = takenForced + input.forcedCount + 1;
        if (input.forcedCount == leavesOf(input.data) * SLOTS || next > forced.length) return "";
        uint256 deadline = _queuedAt[next - 1] + DEADLINE;
        if (this.clock() <= deadline) return "";
        ++count["gate"];
        return abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, next, deadline, this.clock());
    }

    /// @return refusal Of a header's timestamp; empty if it may be chosen.
    function timestampRefusal(uint256 timestamp) private returns (bytes memory refusal) {
        uint256 latest = this.clock();
        uint256 earliest = latest - 1 hours;
        // The header has the time in its lowest 64 bits.
        uint256 last = postedCount == 0 ? START : BatchHeader.unwrap(posted[postedCount].record.header) % 2 ** 64;
        if (last > earliest) earliest = last;
        if (timestamp >= earliest && timestamp <= latest) return "";
        ++count[timestamp < earliest ? "too old" : "too new"];
        return abi.encodeWithSelector(IProofOfEfficiency.TimestampOutOfRange.selector, timestamp, earliest, latest);
    }

    /// @return sum Of the actors' balances of native tokens.
    function nativeOwed() private view returns (uint256 sum) {
        for (uint256 i = 0; i < 4; ++i) sum += poe.balances(actors[i]);
    }

    // ─── Proving ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Proves some batches, perhaps from earlier ones on; leaves may exit or pay fees from what L2 owns.
    function verify(uint256 who, uint256 batches, uint256 overlap, uint256 seed) external {
        address actor = actors[who % 4];
        if (verified == postedCount) return;
        uint256 to = verified + bound(batches, 1, postedCount - verified);
        uint256 from = verified + 1 - bound(overlap, 0, verified < 2 ? verified : 2);
        executeAll(to, seed);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(actor, from, to);
        vm.prank(actor);
        poe.verify(from, proofs);
        exits.settle();
        verified = to;
        ++count["verify"];
        if (from <= to && overlap > 0) ++count["overlap"];

        // The same again is too late.
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, to, to));
        vm.prank(actor);
        poe.verify(from, proofs);
        ++count["late"];
    }

    /// @dev Applies the effects of the batches up to `to`, and the payments for them.
    function executeAll(uint256 to, uint256 seed) private {
        for (uint256 number = verified + 1; number <= to; ++number) {
            for (uint256 leaf = 0; leaf < leavesOf(posted[number].input.data); ++leaf) {
                execute(number, leaf, uint256(keccak256(abi.encode(seed, number, leaf))));
            }
            IProofOfEfficiency.BatchRecord memory paid = posted[number].record;
            escrow -= paid.fee + paid.bond;
            pendingForcedFees -= paid.forcedFees;
            executedForced += posted[number].input.forcedCount;
        }
    }

    /// @dev Decides what a leaf does: parts of L2's money leave as exits in some of its slots, another as fees.
    function execute(uint256 number, uint256 leaf, uint256 random) private {
        uint16 feeToken = posted[number].input.feeToken;
        Effect storage effect = effects[number][leaf];
        if (feeToken < 2 && random % 3 == 0) {
            uint256 fees = onL2[feeToken] / 100;
            effect.proverFees = fees;
            onL2[feeToken] -= fees;
        }
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            random = uint256(keccak256(abi.encode(random)));
            uint16 id = uint16((random >> 8) % 2);
            uint256 amount = onL2[id] / 10;
            if (random % 4 != 0 || amount == 0) continue;
            onL2[id] -= amount;
            unclaimed[id] += amount;
            uint256[2] memory exit = exits.add(slot, actors[(random >> 16) % 4], id, uint128(amount));
            effect.exits.push(exit[0]);
            effect.exits.push(exit[1]);
        }
    }

    // ─── Taking money out ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Claims some exit, an old or a new one. Before, somebody alters the claim; afterwards the same once more.
    function claim(uint256 seed) external {
        if (exits.openCount() == 0) return;
        IExits.ExitClaim memory exit = exits.take(seed);
        (IExits.ExitClaim memory wrong, bytes memory refusal) = exits.altered(exit, seed);
        uint256 before = held(exit.token, exit.recipient);
        vm.expectRevert(refusal);
        rollup.claim(wrong);
        rollup.claim(exit);
        assertEq(held(exit.token, exit.recipient) - before, exit.amount, "paid");
        unclaimed[exit.token] -= exit.amount;
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, uint256(exit.first) + exit.index));
        rollup.claim(exit);
        ++count["claim"];
    }

    function withdrawCredit(uint256 who, bool ether_) external {
        address actor = actors[who % 4];
        uint16 id = ether_ ? 0 : 1;
        uint256 owed = rollup.credits(id, actor);
        if (owed == 0) return;
        uint256 before = held(id, actor);
        vm.prank(actor);
        rollup.withdraw(id);
        assertEq(held(id, actor) - before, owed, "paid");
        ++count["withdrawCredit"];
    }

    function withdrawNative(uint256 who, uint256 amount) external {
        address actor = actors[who % 4];
        amount = bound(amount, 0, poe.balances(actor) / 1000);
        vm.prank(actor);
        poe.withdraw(amount);
        ++count["withdrawNative"];
    }

    function depositNative(uint256 who, uint256 amount) external {
        fund(actors[who % 4], bound(amount, 0, 1000 ether));
        ++count["depositNative"];
    }

    function wait(uint256 time) external {
        vm.warp(this.clock() + bound(time, 0, DEADLINE / 2));
        ++count["wait"];
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    function sequenced() external view returns (uint256) {
        return postedCount;
    }

    function pendingLeaves() external view returns (uint256) {
        return leavesFrom(verified + 1);
    }

    function queuedForced() external view returns (uint256) {
        return forced.length;
    }

    function expectedRoot() external view returns (uint256) {
        return rootBefore(verified + 1, 0);
    }

    function held(uint16 id, address account) public view returns (uint256) {
        return id == 0 ? account.balance : erc20.balanceOf(account);
    }
}

/// @notice Checks the invariants after any sequence of calls; the ids are listed in test/invariant/README.md.
contract PoeInvariantsTest is PoeModel {
    PoeHandler private handler;

    function setUp() public {
        deploy(ISelector(address(0)));
        handler = new PoeHandler(poe, token, verifier);
        token.transfer(address(handler), token.balanceOf(address(this)));
        handler.start();
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = PoeHandler.deposit.selector;
        selectors[1] = PoeHandler.forceTransfer.selector;
        selectors[2] = PoeHandler.forceExit.selector;
        selectors[3] = PoeHandler.sequence.selector;
        selectors[4] = PoeHandler.verify.selector;
        selectors[5] = PoeHandler.claim.selector;
        selectors[6] = PoeHandler.withdrawCredit.selector;
        selectors[7] = PoeHandler.withdrawNative.selector;
        selectors[8] = PoeHandler.depositNative.selector;
        selectors[9] = PoeHandler.wait.selector;
        selectors[10] = PoeHandler.sequenceAndVerify.selector;
        targetSelectors(address(handler), selectors);
    }

    function invariant_allHold() public view {
        checkAll();
    }

    /// @dev Most calls of a run got through, so the books above were not those of an idle system. Every settled exit is
    ///      paid, whatever was settled later, and in any order.
    function afterInvariant() public {
        uint256 calls =
            handler.count("deposit") +
                handler.count("forceTransfer") +
                handler.count("forceExit") +
                handler.count("sequence") +
                handler.count("verify") +
                handler.count("sequenceAndVerify") +
                handler.count("withdrawNative") +
                handler.count("depositNative") +
                handler.count("wait");
        assertGt(calls, 20);
        for (uint256 i = 0; handler.exits().openCount() > 0; ++i) handler.claim(7 * i);
        for (uint256 id = 0; id < 2; ++id) assertEq(handler.unclaimed(id), 0, "INV-EXIT-01");
        checkAll();
    }

    /// @dev The random calls may miss an action. This walk misses no action, and so shows that each can be reached.
    function test_handlerReachesEveryAction() public {
        for (uint256 i = 0; i < 3; ++i) {
            handler.deposit(i, true, 1 ether, true);
            handler.deposit(i, false, 1 ether, false);
            handler.forceTransfer(i, 1, 2, 0, 5);
            handler.forceExit(i, 3, 0, 5);
            handler.wait(12 hours);
            handler.wait(12 hours);
            handler.wait(1);
            handler.sequence(i, 0, 3, false, 0); // bypasses the gate
            handler.sequence(i, 4, 0, i == 1, uint16(i));
            handler.sequence(i + 1, 0, 5, false, 0);
            for (uint256 seed = 0; seed < 2; ++seed) handler.verify(i, 1, i, seed);
            checkAll();
        }
        for (uint256 i = 0; i < 3; ++i) {
            handler.deposit(i, true, 1 ether, false);
            handler.sequence(i, 4, 0, i == 1, 0);
            handler.sequenceAndVerify(i, 4, 2, 0, i); // its header is in the future
            handler.sequenceAndVerify(i, 4, 2, 80 minutes, i); // or older than that of the batch before
            handler.sequenceAndVerify(i, 4, 2, 10 minutes, i); // or of now
            checkAll();
            handler.wait(2 hours);
            handler.sequenceAndVerify(i, 4, 2, 70 minutes, i); // an hour old
            checkAll();
        }
        for (uint256 i = 0; i <= MAX_PENDING; ++i) {
            handler.sequence(i, 0, 1, false, 0);
            handler.claim(i);
        }
        for (uint256 i = 0; i < 6; ++i) handler.verify(i, 1, 0, i);
        for (uint256 i = 0; i < 4; ++i) {
            handler.withdrawCredit(i, true);
            handler.withdrawNative(i, 7);
            handler.depositNative(i, 7);
            handler.claim(i);
        }
        checkAll();
        assertReached("deposit");
        assertReached("forceTransfer");
        assertReached("forceExit");
        assertReached("gate");
        assertReached("ring full");
        assertReached("sequence");
        assertReached("verify");
        assertReached("overlap");
        assertEq(handler.count("too new"), 3);
        assertEq(handler.count("too old"), 3);
        assertEq(handler.count("sequenceAndVerify"), 6);
        assertReached("late");
        assertReached("claim");
        assertReached("withdrawCredit");
        assertReached("withdrawNative");
        assertReached("depositNative");
    }

    function assertReached(string memory action) private view {
        assertGt(handler.count(action), 0, action);
    }

    function checkAll() private view {
        // INV-CUSTODY-01: the core holds what it owes, to the unit.
        for (uint16 id = 0; id < 2; ++id) {
            uint256 owed = handler.onL2(id) + handler.unclaimed(id);
            if (id == 0) owed += handler.pendingForcedFees();
            for (uint256 i = 0; i < 4; ++i) owed += rollup.credits(id, handler.actors(i));
            assertEq(handler.held(id, address(rollup)), owed, "INV-CUSTODY-01");
        }
        // INV-BALANCE-01: so does the consensus.
        uint256 native = handler.escrow();
        for (uint256 i = 0; i < 4; ++i) native += poe.balances(handler.actors(i));
        assertEq(token.balanceOf(address(poe)), native, "INV-BALANCE-01");

        // INV-POE-01: counters are those of the books, which only grow.
        uint256 sequenced = poe.sequencedBatches();
        uint256 verified = poe.verifiedBatches();
        assertEq(sequenced, handler.sequenced(), "INV-POE-01");
        assertEq(verified, handler.verified(), "INV-POE-01");
        assertLe(sequenced - verified, poe.pendingLeaves(), "INV-POE-01");
        assertLe(poe.pendingLeaves(), poe.MAX_PENDING_LEAVES(), "INV-POE-01");
        assertEq(poe.pendingLeaves(), handler.pendingLeaves(), "INV-POE-01");

        // INV-QUEUE-02: executed ≤ taken ≤ queued.
        assertEq(rollup.queuedOperations(), handler.queuedForced(), "INV-QUEUE-02");
        assertEq(poe.sequencedForced(), handler.takenForced(), "INV-QUEUE-02");
        assertEq(rollup.executedOperations(), handler.executedForced(), "INV-QUEUE-02");
        assertLe(handler.executedForced(), handler.takenForced(), "INV-QUEUE-02");
        assertLe(handler.takenForced(), handler.queuedForced(), "INV-QUEUE-02");

        // INV-EXIT-01, INV-EXIT-02: exits are those of the books.
        handler.exits().check(rollup);

        // INV-POE-03, INV-STATE-01: the state is that of the last proven batch.
        assertEq(rollup.stateRoot(), handler.expectedRoot(), "INV-STATE-01");

        // INV-POE-04: the fee stays within its limits.
        assertGe(poe.batchFee(), poe.MIN_FEE(), "INV-POE-04");
        assertLe(poe.batchFee(), poe.MAX_FEE(), "INV-POE-04");
    }
}
