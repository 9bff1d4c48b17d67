// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
internal import Synchronization

/// Limits client addresses on one node: bans for wrong secrets, tokens and signatures, and a request rate. Any thread.
///
/// Only a client's own address is limited. Requests through an untrusted proxy, which may come from any client, pass,
/// and one log line says so.
public final class AddressGuard: Sendable {
    /// The longest that a refusal is held back.
    public static let longestDelay = FailureLedger.longestDelay

    /// How many refusals are delayed at a time; more are answered 429 at once.
    private static let delayLimit = 1_024
    /// How many of one address are delayed at a time.
    private static let heldLimit = 32
    /// How many events a second are judged of an address that is banned for a bot and has sent its events before: what
    /// somebody else sends through the same platform costs no more than that.
    private static let checkRate = RateLimit(rate: 64)

    private struct State {
        var ledger: FailureLedger?
        var buckets: BoundedCache<IPAddress, TokenBucket>
        /// Of those that are banned for a bot, and judged all the same.
        var checks: BoundedCache<FailureLedger.Pair, TokenBucket>
        /// How many refusals are being delayed, and for which addresses.
        var heldCount = 0
        var held: [IPAddress: Int] = [:]
    }

    private let configuration: AddressGuardConfiguration
    private let now: @Sendable () -> NIODeadline
    private let logger: Logger
    private let state: Mutex<State>
    private let hasWarned = Atomic<Bool>(false)

    /// - Returns: nil where nothing is limited.
    public init?(
        configuration: AddressGuardConfiguration,
        logger: Logger,
        now: @escaping @Sendable () -> NIODeadline = NIODeadline.now
    ) {
        guard configuration.isOn else { return nil }
        self.configuration = configuration
        self.logger = logger
        self.now = now
        self.state = Mutex(
            State(
                ledger: configuration.banAfter > 0
                    ? FailureLedger(banAfter: configuration.banAfter, banTime: configuration.banTime) : nil,
                buckets: BoundedCache(capacity: FailureLedger.capacity),
                checks: BoundedCache(capacity: FailureLedger.capacity)
            )
        )
    }

    // MARK: Before anything else

    /// The refusal of a request before it is routed; nil if it may proceed.
    public func refusal(of request: HTTPRequest) -> HTTPReply? {
        guard let address = self.key(of: request.clientAddress) else { return nil }
        let now = self.now()
        let refusal: (LimitRefusal, TimeAmount)? = self.state.withLock { state in
            if let time = state.ledger?.ban(of: address, now: now) { return (.banned, time) }
            guard let rate = self.configuration.rate else { return nil }
            var bucket = state.buckets.value(for: address) ?? TokenBucket(rate, now: now)
            let decision = bucket.decide(now: now)
            state.buckets.insert(bucket, for: address)
            guard case .refused(let time) = decision else { return nil }
            return (.addressRate, time)
        }
        return refusal.map { Self.reply($0, retryAfter: $1) }
    }

    /// The refusal of an event for a bot before its signature is checked; nil if it may proceed.
    ///
    /// A platform sends for all its customers from the same addresses, to any URL that one of them gives it, so that a
    /// stranger who knows a bot's name can have such an address banned for it. The events of an address that has sent
    /// the bot's before are therefore judged while it is banned, too; `refuse` answers those that are wrong.
    public func refusal(of request: HTTPRequest, for bot: ChannelID) -> HTTPReply? {
        guard self.configuration.banAfter > 0, let address = self.key(of: request.clientAddress) else { return nil }
        let now = self.now()
        let time: TimeAmount? = self.state.withLock { state in
            let pair = FailureLedger.Pair(address: address, bot: bot)
            if let time = state.ledger?.ban(of: pair, now: now) {
                guard state.ledger?.knows(pair, asVisitor: false, now: now) == true else { return time }
                var bucket = state.checks.value(for: pair) ?? TokenBucket(Self.checkRate, now: now)
                let decision = bucket.decide(now: now)
                state.checks.insert(bucket, for: pair)
                guard case .refused(let wait) = decision else { return nil }
                return wait
            }
            // Its delayed refusals are at their limit, so that delays would not slow further guesses.
            guard state.held[address, default: 0] >= Self.heldLimit,
                let time = state.ledger?.ban(of: FailureLedger.Pair(address: address, bot: nil), now: now),
                state.ledger?.knows(pair, asVisitor: false, now: now) != true
            else { return nil }
            return time
        }
        return time.map { Self.reply(.bannedForBot, retryAfter: $0) }
    }

    /// Applies bans to the outcome of an access check: a banned address does not learn whether its credentials were
    /// right.
    ///
    /// - Parameters:
    ///   - bot: the bot that was opened or named; nil if unknown.
    ///   - isRight: whether access was granted.
    /// - Throws: the refusal to answer with instead.
    public func judge(_ client: ClientAddress, at bot: ChannelID?, isRight: Bool) throws(AccessRefusal) {
        guard self.configuration.banAfter > 0, let address = self.key(of: client) else { return }
        let now = self.now()
        let ban: AccessRefusal? = self.state.withLock { state in
            let pair = FailureLedger.Pair(address: address, bot: bot)
            if bot != nil {
                if state.ledger?.ban(of: pair, now: now) != nil { return .banned(for: bot) }
                if !isRight { _ = state.ledger?.failedByName(pair, now: now) }
            }
            let isBanned =
                state.ledger?.ban(of: address, now: now) != nil
                || state.ledger?.ban(of: FailureLedger.Pair(address: address, bot: nil), now: now) != nil
            guard isBanned else { return nil }
            let isKnown = bot != nil && state.ledger?.knows(pair, asVisitor: true, now: now) == true
            return isRight && isKnown ? nil : .banned(for: nil)
        }
        if let ban { throw ban }
    }

    /// How long an address is still banned for a bot, or for the unknown ones.
    private func ban(of client: ClientAddress, for bot: ChannelID?) -> TimeAmount? {
        guard self.configuration.banAfter > 0, let address = self.key(of: client) else { return nil }
        let now = self.now()
        return self.state.withLock { state in
            state.ledger?.ban(of: FailureLedger.Pair(address: address, bot: bot), now: now)
        }
    }

    private static func reply(_ refusal: LimitRefusal, retryAfter: TimeAmount) -> HTTPReply {
        refusal.count()
        return .response(refusal.problem(retryAfter: retryAfter).response)
    }

    // MARK: Afterwards

    /// Refuses a request with a wrong secret, token or signature: counts the failure, and delays the response if there
    /// were many.
    ///
    /// - Parameters:
    ///   - response: the response.
    ///   - bot: nil for an unknown bot.
    ///   - eventLoop: the request's.
    public func refuse(
        _ request: HTTPRequest,
        with response: HTTPResponse,
        for bot: ChannelID?,
        on eventLoop: any EventLoop
    ) -> HTTPReply {
        let client = request.clientAddress
        // Already banned for the bot: the response says only that, with the maximum delay.
        if let time = self.ban(of: client, for: bot) {
            return self.held(Self.reply(.bannedForBot, retryAfter: time), FailureLedger.longestDelay, client, eventLoop)
        }
        let delay = self.failed(client, for: bot)
        guard delay > .zero else { return .response(response) }
        return self.held(.response(response), delay, client, eventLoop)
    }

    /// Delays a response; over the limit it is 429 at once, which reveals nothing.
    private func held(
        _ reply: HTTPReply,
        _ delay: TimeAmount,
        _ client: ClientAddress,
        _ eventLoop: any EventLoop
    ) -> HTTPReply {
        guard let address = self.key(of: client) else { return reply }
        let isHeld = self.state.withLock { state in
            guard state.heldCount < Self.delayLimit, state.held[address, default: 0] < Self.heldLimit else {
                return false
            }
            state.heldCount += 1
            state.held[address, default: 0] += 1
            return true
        }
        guard isHeld else { return Self.reply(.bannedForBot, retryAfter: .seconds(1)) }
        let answer = eventLoop.scheduleTask(in: delay) { reply }
        answer.futureResult.whenComplete { _ in
            self.state.withLock { state in
                state.heldCount -= 1
                let left = state.held[address, default: 1] - 1
                state.held[address] = left > 0 ? left : nil
            }
        }
        return .eventually(answer.futureResult)
    }

    /// Counts a wrong secret, token or signature.
    ///
    /// - Returns: how long to delay the response.
    public func failed(_ client: ClientAddress, for bot: ChannelID?) -> TimeAmount {
        guard self.configuration.banAfter > 0, let address = self.key(of: client) else { return .zero }
        let now = self.now()
        let outcome = self.state.withLock { state in
            state.ledger?.failed(FailureLedger.Pair(address: address, bot: bot), now: now)
        }
        if let ban = outcome?.ban {
            self.logger.warning(
                "an address gave wrong secrets, tokens or signatures too often, and is banned",
                metadata: [
                    "address": "\(address)",
                    "for": "\(ban == .banned ? "everything" : bot?.description ?? "unknown bots")",
                    "seconds": "\(self.configuration.banTime.nanoseconds / 1_000_000_000)",
                ]
            )
        }
        return outcome?.delay ?? .zero
    }

    /// Counts a genuine request, or an admitted visitor.
    public func succeeded(_ client: ClientAddress, for bot: ChannelID, asVisitor isVisitor: Bool) {
        guard self.configuration.banAfter > 0, let address = self.key(of: client) else { return }
        let now = self.now()
        let pair = FailureLedger.Pair(address: address, bot: bot)
        self.state.withLock { $0.ledger?.succeeded(pair, asVisitor: isVisitor, now: now) }
    }

    /// The address that a client is counted by.
    private func key(of address: ClientAddress) -> IPAddress? {
        if case .shared(let peer?) = address, !self.hasWarned.exchange(true, ordering: .relaxed) {
            self.logger.warning(
                """
                requests come by a proxy that does not say, or is not believed, where clients are: limits for addresses do \
                not hold for them; name it in --trusted-proxies, and let it set Forwarded or X-Forwarded-For
                """,
                metadata: ["proxy": "\(peer)"]
            )
        }
        return address.key
    }
}
