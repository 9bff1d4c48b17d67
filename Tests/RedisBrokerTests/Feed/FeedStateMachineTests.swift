// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// What comes out of a feed, event by event.
@Suite struct FeedStateMachineTests {
    // MARK: Beginning

    /// A feed is on once the subscription is confirmed and then the log's head was read, not before.
    @Test func subscribesBeforeItReads() {
        var script = FeedScript()
        #expect(script.drain() == [])
        #expect(script.machine.position == nil)
        #expect(script.subscribed() == ["read after nothing: start"])
        #expect(script.page(head: 7) == ["start a-7"])
        #expect(script.machine.position == Position(epoch: FeedScript.a, offset: 7))
        #expect(script.pushed(8, 9) == ["deliver a-8", "deliver a-9"])
    }

    /// What is pushed before the confirmation belongs to an earlier subscription of the channel.
    @Test func pushesBeforeTheConfirmationDoNotCount() {
        var script = FeedScript()
        #expect(script.pushed(5) == [])
        #expect(script.subscribed() == ["read after nothing: start"])
        #expect(script.page(head: 5) == ["start a-5"])
    }

    /// What is pushed while the head is read: up to the head it is not the feed's, behind it is.
    @Test func beginsExactlyBehindItsStart() {
        var script = FeedScript()
        _ = script.subscribed()
        #expect(script.pushed(6, 7, 8) == [])
        #expect(script.page(head: 6) == ["start a-6", "deliver a-7", "deliver a-8"])
    }

    // MARK: Live

    /// An offset is delivered once.
    @Test func dropsDuplicates() {
        var script = FeedScript.live(at: 3)
        #expect(script.pushed(4, 4, 3, 2, 5) == ["deliver a-4", "deliver a-5"])
    }

    /// Where an offset is missing the log is read, and what is pushed meanwhile comes behind what was read.
    @Test func fillsAGap() {
        var script = FeedScript.live(at: 3)
        #expect(script.pushed(6) == ["read after a-3@3: gap"])
        #expect(script.pushed(7, 8) == [])
        #expect(script.page([4, 5, 6], head: 6) == (4...8).map { "deliver a-\($0)" })
        #expect(script.pushed(9) == ["deliver a-9"])
    }

    /// A read may be later than what was pushed behind its sending: nothing comes twice.
    @Test func readAndPushedOverlap() {
        var script = FeedScript.live(at: 3)
        _ = script.pushed(6)
        #expect(script.pushed(7, 8) == [])
        #expect(script.page([4, 5, 6, 7, 8, 9], head: 9) == (4...9).map { "deliver a-\($0)" })
        #expect(script.pushed(9, 10) == ["deliver a-10"])
    }

    /// A gap in what was pushed meanwhile leads to another read.
    @Test func fillsAGapBehindAGap() {
        var script = FeedScript.live(at: 3)
        _ = script.pushed(6)
        #expect(script.pushed(7, 9) == [])
        let actions = script.page([4, 5, 6], head: 6)
        #expect(actions == ["deliver a-4", "deliver a-5", "deliver a-6", "deliver a-7", "read after a-7@7: gap"])
        #expect(script.pushed(10) == [])
        #expect(script.page([8, 9], head: 9) == ["deliver a-8", "deliver a-9", "deliver a-10"])
    }

    /// A page that is not all is followed by the next.
    @Test func readsPageAfterPage() {
        var script = FeedScript.live(at: 0)
        _ = script.pushed(9)
        #expect(script.page([1, 2], head: 6) == ["deliver a-1", "deliver a-2", "read after a-2@2: more"])
        #expect(script.pushed(10) == [])
        #expect(script.page([3, 4], head: 9) == ["deliver a-3", "deliver a-4", "read after a-4@4: more"])
        #expect(script.pushed(11) == [])
        #expect(script.page([5, 6, 7, 8, 9, 10], head: 10) == (5...11).map { "deliver a-\($0)" })
    }

    /// What is pushed during a read is kept within bounds; beyond them it is read.
    @Test(arguments: [
        FeedScript.Machine.Bounds(count: 3, bytes: 100), FeedScript.Machine.Bounds(count: 100, bytes: 3),
    ])
    func keepsLittleOfWhatIsPushedMeanwhile(bounds: FeedScript.Machine.Bounds) {
        var script = FeedScript.live(at: 0, bounds: bounds)
        _ = script.pushed(2)
        #expect(script.pushed(3, 4, 5, 6, 7) == [])
        #expect(script.page([1, 2], head: 2) == ["deliver a-1", "deliver a-2", "read after a-2@2: pressure"])
        #expect(script.pushed(8) == [])
        #expect(script.page([3, 4, 5, 6, 7], head: 7) == (3...8).map { "deliver a-\($0)" })
    }

    /// Of a large event only the news is pushed; it is read, and those behind it follow.
    @Test func readsWhatIsTooLargeToBePushed() {
        var script = FeedScript.live(at: 0)
        let news = TestElement(Position(epoch: FeedScript.a, offset: 1), size: 0, isComplete: false)
        #expect(script.pushed(news) == ["read after a-0@0: large"])
        #expect(script.pushed(2) == [])
        #expect(script.page([1], head: 1) == ["deliver a-1", "deliver a-2"])
        #expect(script.pushed(news) == [])
    }

    // MARK: Losses

    /// What was trimmed before it could be read is announced, and the feed goes on with what is left.
    @Test func announcesWhatWasTrimmed() {
        var script = FeedScript.live(at: 3)
        _ = script.pushed(9)
        let actions = script.page([8, 9], .trimmed, behind: 7, head: 9)
        #expect(actions == ["interrupt trimmed a-7", "deliver a-8", "deliver a-9"])
        #expect(script.pushed(10) == ["deliver a-10"])
    }

    /// Another epoch is announced, and what its log has of it is delivered.
    @Test func announcesAnotherEpoch() {
        var script = FeedScript.live(at: 3)
        #expect(script.pushed(2, epoch: FeedScript.b) == ["read after a-3@3: epoch"])
        #expect(script.pushed(3, epoch: FeedScript.b) == [])
        let actions = script.page([1, 2], .epochChanged, behind: 0, epoch: FeedScript.b, head: 2)
        #expect(actions == ["interrupt epochChanged b-0", "deliver b-1", "deliver b-2", "deliver b-3"])
        #expect(script.machine.position == Position(epoch: FeedScript.b, offset: 3))
        #expect(script.pushed(4) == ["read after b-3@3: epoch"])
        #expect(script.page(epoch: FeedScript.b, head: 3) == [])
    }

    /// A push that is of no log, whoever sent it, costs a read and changes nothing.
    @Test func believesTheLogAlone() {
        var script = FeedScript.live(at: 3)
        #expect(script.pushed(1, epoch: FeedScript.b) == ["read after a-3@3: epoch"])
        #expect(script.page(head: 3) == [])
        #expect(script.pushed(1_000) == ["read after a-3@3: gap"])
        #expect(script.page(head: 3) == [])
        #expect(script.pushed(4) == ["deliver a-4"])
    }

    /// An offset that was had, on an event that was stored later, is of a store that went back.
    @Test func noticesAStoreThatWentBack() {
        var script = FeedScript.live(at: 9)
        let element = TestElement(Position(epoch: FeedScript.a, offset: 5), time: 10)
        #expect(script.pushed(element) == ["read after a-9@9: epoch"])
        let actions = script.page([5], .epochChanged, behind: 4, epoch: FeedScript.b, head: 5)
        #expect(actions == ["interrupt epochChanged b-4", "deliver b-5"])
    }

    /// So is another event in the place of the last one, also where the clock went back with the store.
    @Test func noticesAStoreAndAClockThatWentBack() {
        var script = FeedScript.live(at: 9)
        #expect(script.pushed(TestElement(Position(epoch: FeedScript.a, offset: 9), time: 9)) == [])
        #expect(script.pushed(TestElement(Position(epoch: FeedScript.a, offset: 8), time: 7)) == [])
        let another = TestElement(Position(epoch: FeedScript.a, offset: 9), time: 8)
        #expect(script.pushed(another) == ["read after a-9@9: epoch"])
    }

    /// A store that went back and has nothing new: the feed takes over the head's time, which proves its new position.
    @Test func takesOverTheProofOfANewPosition() {
        var script = FeedScript.live(at: 9)
        _ = script.subscriptionLost()
        #expect(script.subscribed() == ["read after a-9@9: resubscribed"])
        let actions = script.page([], .epochChanged, behind: 4, epoch: FeedScript.b, head: 4, headTime: 4)
        #expect(actions == ["interrupt epochChanged b-4"])
        #expect(script.subscribed() == ["read after b-4@4: resubscribed"])
    }

    /// Entries that somebody took out of the log are announced, whether something follows them or not.
    @Test func announcesHoles() {
        var script = FeedScript.live(at: 0)
        _ = script.pushed(5)
        let actions = script.page([1, 4], head: 5)
        #expect(actions == ["deliver a-1", "interrupt trimmed a-3", "deliver a-4", "read after a-4@4: more"])
        #expect(script.page([], head: 5, headTime: 50) == ["interrupt trimmed a-5"])
        #expect(script.pushed(6) == ["deliver a-6"])
    }

    // MARK: The subscription

    /// After a reconnect the feed goes on where it was; what is pushed without a confirmation does not count.
    @Test func catchesUpAfterAReconnect() {
        var script = FeedScript.live(at: 3)
        #expect(script.pushed(4) == ["deliver a-4"])
        #expect(script.subscriptionLost() == [])
        #expect(script.pushed(5) == [])
        #expect(script.subscribed() == ["read after a-4@4: resubscribed"])
        #expect(script.pushed(8) == [])
        #expect(script.page([5, 6, 7], head: 7) == (5...8).map { "deliver a-\($0)" })
    }

    /// A read that was sent before the subscription was lost counts no more: behind it something may be missing.
    @Test func forgetsReadsOfALostSubscription() {
        var script = FeedScript.live(at: 3)
        _ = script.pushed(6)
        #expect(script.pushed(7) == [])
        _ = script.subscriptionLost()
        #expect(script.page([4, 5, 6], head: 6) == [])
        #expect(script.subscribed() == ["read after a-3@3: resubscribed"])
        #expect(script.page([4, 5, 6, 7, 8], head: 8) == (4...8).map { "deliver a-\($0)" })
    }

    /// A subscription that is lost before the feed was on is begun anew.
    @Test func beginsAnewWhenLostEarly() {
        var script = FeedScript()
        _ = script.subscribed()
        _ = script.subscriptionLost()
        #expect(script.page(head: 3) == [])
        #expect(script.subscribed() == ["read after nothing: start"])
        #expect(script.page(head: 5) == ["start a-5"])
    }

    /// A feed that heard nothing since the last check reads; one that did need not.
    @Test func checksWhatIsQuiet() {
        var script = FeedScript.live(at: 3)
        script.machine.checkDue()
        #expect(script.drain() == [])
        #expect(script.pushed(4) == ["deliver a-4"])
        script.machine.checkDue()
        #expect(script.drain() == [])
        script.machine.checkDue()
        #expect(script.drain() == ["read after a-4@4: check"])
        script.machine.checkDue()
        #expect(script.drain() == [])
        #expect(script.page([5], head: 5) == ["deliver a-5"])
        script.machine.checkDue()
        _ = script.subscriptionLost()
        script.machine.checkDue()
        script.machine.checkDue()
        #expect(script.drain() == [])
    }

    /// A feed that stays quiet and has missed nothing looks more and more seldom, up to every eighth time; what comes
    /// makes it look as often as at first.
    @Test func checksQuietFeedsSeldom() {
        var script = FeedScript.live(at: 3)
        func checksUntilRead(_ script: inout FeedScript) -> Int {
            for count in 1...100 {
                script.machine.checkDue()
                if !script.drain().isEmpty { return count }
            }
            return .max
        }
        // The first finds what the handshake before it was.
        #expect(checksUntilRead(&script) == 2)
        for pause in [2, 4, 8, 8, 8] {
            #expect(script.page([], head: 3) == [])
            #expect(checksUntilRead(&script) == pause)
        }
        // What was missed is a reason to look closer.
        #expect(script.page([4], head: 4) == ["deliver a-4"])
        #expect(checksUntilRead(&script) == 1)
        #expect(script.page([], head: 4) == [])
        #expect(checksUntilRead(&script) == 2)
        #expect(script.page([], head: 4) == [])
        #expect(script.pushed(5) == ["deliver a-5"])
        #expect(checksUntilRead(&script) == 2)
    }

    // MARK: Failed reads

    /// A read that failed is tried again when its time has come, not before.
    @Test func triesAgain() {
        var script = FeedScript()
        _ = script.subscribed()
        #expect(script.readFailed() == true)
        #expect(script.drain() == [])
        #expect(script.pushed(1) == [])
        script.machine.retryDue()
        #expect(script.drain() == ["read after nothing: start"])
        _ = script.page(head: 3)
        _ = script.pushed(5)
        #expect(script.readFailed() == true)
        #expect(script.pushed(6) == [])
        script.machine.retryDue()
        #expect(script.drain() == ["read after a-3@3: retry"])
        #expect(script.page([4, 5, 6], head: 6) == (4...6).map { "deliver a-\($0)" })
    }

    /// A new subscription does not wait for the time of a failed read, and the failure of a forgotten one is none.
    @Test func aNewSubscriptionReadsAtOnce() {
        var script = FeedScript.live(at: 3)
        _ = script.pushed(5)
        let forgotten = script.read
        _ = script.subscriptionLost()
        #expect(script.subscribed() == ["read after a-3@3: resubscribed"])
        let isToRetry = forgotten.map { script.machine.readFailed($0) }
        #expect(isToRetry == false)
        #expect(script.readFailed() == true)
        _ = script.subscriptionLost()
        #expect(script.subscribed() == ["read after a-3@3: resubscribed"])
    }

    // MARK: Back-pressure

    /// While the receivers are behind nothing is handed over, and then everything in order.
    @Test func holdsBack() {
        var script = FeedScript.live(at: 0)
        script.machine.pause()
        #expect(script.pushed(1, 2, 3) == [])
        #expect(script.machine.position?.offset == 0)
        script.machine.resume()
        #expect(script.drain() == ["deliver a-1", "deliver a-2", "deliver a-3"])
    }

    /// What does not fit while the receivers are behind is read from the log afterwards, not before.
    @Test(arguments: [
        FeedScript.Machine.Bounds(count: 2, bytes: 100), FeedScript.Machine.Bounds(count: 100, bytes: 2),
    ])
    func keepsLittleWhileHeldBack(bounds: FeedScript.Machine.Bounds) {
        var script = FeedScript.live(at: 0, bounds: bounds)
        script.machine.pause()
        #expect(script.pushed(1, 2, 3, 4) == [])
        script.machine.resume()
        #expect(script.drain() == ["deliver a-1", "deliver a-2", "read after a-2@2: pressure"])
        #expect(script.pushed(5) == [])
        #expect(script.page([3, 4], head: 4) == ["deliver a-3", "deliver a-4", "deliver a-5"])
    }

    /// An event that is larger than the bound passes where nothing waits.
    @Test func oneLargeEventPasses() {
        var script = FeedScript.live(at: 0, bounds: FeedScript.Machine.Bounds(count: 2, bytes: 2))
        let element = TestElement(Position(epoch: FeedScript.a, offset: 1), size: 50)
        #expect(script.pushed(element) == ["deliver a-1"])
    }

    /// A page that arrives while the receivers are behind waits, and its next page too.
    @Test func holdsBackPages() {
        var script = FeedScript.live(at: 0)
        _ = script.pushed(9)
        script.machine.pause()
        #expect(script.page([1, 2], head: 9) == [])
        script.machine.resume()
        #expect(script.drain() == ["deliver a-1", "deliver a-2", "read after a-2@2: more"])
    }

    /// An interruption keeps its place between the events.
    @Test func holdsBackInterruptions() {
        var script = FeedScript.live(at: 0)
        _ = script.pushed(9)
        script.machine.pause()
        #expect(script.page([8, 9], .trimmed, behind: 7, head: 9) == [])
        #expect(script.machine.position?.offset == 0)
        script.machine.resume()
        #expect(script.drain() == ["interrupt trimmed a-7", "deliver a-8", "deliver a-9"])
    }
}
