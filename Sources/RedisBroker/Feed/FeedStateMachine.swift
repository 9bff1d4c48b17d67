// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// What a feed handles: an event and where it stands.
protocol FeedElement: Sendable {
    /// Where it stands.
    var mark: FeedMark { get }
    /// Its bytes.
    var size: Int { get }
    /// Whether the event is included, not just a notice.
    var isComplete: Bool { get }
}

/// One channel's feed: merges pushed events with log reads, so that events are delivered in offset order, each once,
/// and every gap is announced. No IO, no clock.
///
/// The driver reports events to it, and after each calls `next()` until there is nothing to do.
///
/// Why it is correct: a read is atomic in Redis and comes after everything pushed before it was sent. So events pushed
/// before a read is sent can be dropped; those pushed while it is in flight are kept, within bounds, and either
/// continue the page or lead to another read.
struct FeedStateMachine<Element: FeedElement> {
    /// The next thing to do.
    enum Action {
        /// The feed is active: waiting receivers get this as their start.
        case start(Position)
        /// Hand the event over.
        case deliver(Element)
        /// Announce a loss; the next event is after this position.
        case interrupt(UnrecoverableReason, head: Position)
        /// Read the log after the mark, or for nil only its head, and answer with `pageRead` or `readFailed`.
        case read(after: FeedMark?, CatchUpCause, Read)
    }

    /// A read in flight.
    struct Read: Hashable {
        fileprivate var number: UInt64
    }

    /// What a read found.
    struct Page {
        /// Why the log could not be read from the mark, if so.
        var change: UnrecoverableReason?
        /// The elements begin after this.
        var start: Position
        /// In the order of the log.
        var elements: [Element]
        /// The log's head.
        var head: FeedMark
    }

    /// Limits on pushed events kept while they cannot be delivered.
    struct Bounds {
        var count = 512
        var bytes = 2 << 20
    }

    private enum Output {
        case deliver(Element)
        case interrupt(UnrecoverableReason, head: FeedMark)
    }

    private let bounds: Bounds
    private var isSubscribed = false
    /// The mark of the last output. Nil until the feed is active.
    private var end: FeedMark?
    /// In order, up to `end`.
    private var outputs: Deque<Output> = []
    private var outputBytes = 0
    /// Pushed since the read in flight was sent.
    private var early: [Element] = []
    private var earlyBytes = 0
    private var hasDroppedEarly = false
    /// Why events after `end` must be read, if so.
    private var behind: CatchUpCause?
    private var reading: Read?
    private var lastRead: UInt64 = 0
    private var isStarting = false
    private var isPaused = false
    private var isWaitingToRetry = false
    private var isQuiet = false
    /// How many calls of `checkDue` make one check while the feed is quiet, and how many there were.
    private var checkPause = 1
    private var quietChecks = 0

    /// The position before the next event to deliver. Nil until the feed is active.
    private(set) var position: Position?

    init(bounds: Bounds = Bounds()) {
        self.bounds = bounds
    }

    /// The next thing to do, or nil.
    mutating func next() -> Action? {
        if self.isStarting, let position {
            self.isStarting = false
            return .start(position)
        }
        if self.isPaused { return nil }
        if let output = self.outputs.popFirst() {
            switch output {
            case .deliver(let element):
                self.outputBytes -= element.size
                self.position = element.mark.position
                return .deliver(element)
            case .interrupt(let reason, let head):
                self.position = head.position
                return .interrupt(reason, head: head.position)
            }
        }
        guard self.isSubscribed, self.reading == nil, !self.isWaitingToRetry, let cause = self.behind else {
            return nil
        }
        self.lastRead += 1
        let read = Read(number: self.lastRead)
        self.reading = read
        self.behind = nil
        self.forgetEarly()
        return .read(after: self.end, cause, read)
    }

    private mutating func forgetEarly() {
        self.early = []
        self.earlyBytes = 0
        self.hasDroppedEarly = false
    }
}

// MARK: The subscription

extension FeedStateMachine {
    /// Redis has confirmed the subscription: what is published from now on is pushed.
    mutating func subscribed() {
        self.isSubscribed = true
        self.isWaitingToRetry = false
        self.behind = self.end == nil ? .start : .resubscribed
    }

    /// Nothing is pushed until the subscription is confirmed again. A read in flight is discarded: events pushed after
    /// it would be missed.
    mutating func subscriptionLost() {
        self.isSubscribed = false
        self.isWaitingToRetry = false
        self.reading = nil
        self.forgetEarly()
    }

    /// An event was pushed, or the news of one.
    mutating func pushed(_ element: Element) {
        // Before the confirmation it is from an earlier subscription.
        guard self.isSubscribed else { return }
        self.isQuiet = false
        self.checkPause = 1
        self.quietChecks = 0
        if self.reading != nil {
            self.keepEarly(element)
        } else if self.behind == nil {
            self.append(element)
        }
    }

    private mutating func keepEarly(_ element: Element) {
        guard !self.hasDroppedEarly else { return }
        if self.early.count < self.bounds.count, self.earlyBytes + element.size <= self.bounds.bytes {
            self.early.append(element)
            self.earlyBytes += element.size
        } else {
            self.forgetEarly()
            self.hasDroppedEarly = true
        }
    }

    /// Appends a pushed element if it continues the outputs, or schedules a log read.
    private mutating func append(_ element: Element) {
        guard let end else { return }
        let mark = element.mark
        if mark.position.epoch != end.position.epoch {
            self.behind = .epoch
        } else if mark.position.offset <= end.position.offset {
            // Known already; but one stored later than ours can only come from a rolled-back store, and so can a
            // different one at the last offset, since the clock may have gone back too.
            if mark.time > end.time || mark.position.offset == end.position.offset && mark.time != end.time {
                self.behind = .epoch
            }
        } else if mark.position.offset > end.position.offset + 1 {
            self.behind = .gap
        } else if !element.isComplete {
            self.behind = .large
        } else if self.isPaused, !self.outputs.isEmpty,
            self.outputs.count >= self.bounds.count || self.outputBytes + element.size > self.bounds.bytes
        {
            self.behind = .pressure
        } else {
            self.output(element)
        }
    }

    private mutating func output(_ element: Element) {
        self.outputs.append(.deliver(element))
        self.outputBytes += element.size
        self.end = element.mark
    }

    /// A periodic tick for all feeds: one that got no push since the last tick checks whether it missed the last event,
    /// at growing intervals, since most feeds are quiet and their checks would load Redis. A feed that gets pushes
    /// detects gaps by itself.
    mutating func checkDue() {
        defer { self.isQuiet = true }
        guard self.isQuiet, self.isSubscribed, self.end != nil, self.reading == nil, self.behind == nil else { return }
        self.quietChecks += 1
        guard self.quietChecks >= self.checkPause else { return }
        self.quietChecks = 0
        self.checkPause = min(2 * self.checkPause, Self.longestCheckPause)
        self.behind = .check
    }

    private static var longestCheckPause: Int { 8 }
}

// MARK: The log

extension FeedStateMachine {
    /// A read has succeeded.
    mutating func pageRead(_ page: Page, for read: Read) {
        guard self.reading == read else { return }
        self.reading = nil
        if self.end == nil {
            self.end = page.head
            self.position = page.head.position
            self.isStarting = true
        } else {
            self.append(page)
        }
        guard self.behind == nil else { return }
        if self.hasDroppedEarly { self.behind = .pressure }
        for element in self.early where self.behind == nil {
            self.append(element)
        }
        self.forgetEarly()
    }

    private mutating func append(_ page: Page) {
        guard var end else { return }
        let before = end
        if page.change != nil || !page.elements.isEmpty { self.checkPause = 1 }
        if let change = page.change {
            self.interrupt(change, at: page.start, &end)
        }
        for element in page.elements where element.mark.position.epoch == end.position.epoch {
            let offset = element.mark.position.offset
            if offset <= end.position.offset { continue }
            if offset > end.position.offset + 1 {
                // Entries were deleted from the log manually.
                self.interrupt(.trimmed, at: Position(epoch: end.position.epoch, offset: offset - 1), &end)
            }
            self.output(element)
            end = element.mark
        }
        if end == before, end.position.offset < page.head.position.offset {
            // The head is ahead, but the log has no entries after the mark.
            self.interrupt(.trimmed, at: page.head.position, &end)
        }
        // A change may lead to a position whose own time we do not have, and that is the head if nothing follows.
        self.end = end.position == page.head.position ? page.head : end
        if end.position.offset < page.head.position.offset { self.behind = .more }
    }

    private mutating func interrupt(_ reason: UnrecoverableReason, at position: Position, _ end: inout FeedMark) {
        // Events delivered from here on were stored later than those before, whatever the epoch.
        end.position = position
        self.outputs.append(.interrupt(reason, head: end))
    }

    /// A read has failed; `retryDue` will be called later.
    ///
    /// - Returns: whether to call it.
    mutating func readFailed(_ read: Read) -> Bool {
        guard self.reading == read else { return false }
        self.reading = nil
        self.behind = self.end == nil ? .start : .retry
        self.isWaitingToRetry = true
        return true
    }

    /// The read that failed may be tried again.
    mutating func retryDue() {
        self.isWaitingToRetry = false
    }
}

// MARK: Back-pressure

extension FeedStateMachine {
    /// A receiver is behind: nothing is delivered or read until `resume`. Pushed events are kept within bounds; beyond
    /// them they are read from the log later.
    mutating func pause() {
        self.isPaused = true
    }

    /// The receivers have caught up.
    mutating func resume() {
        self.isPaused = false
    }
}
