// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
internal import Synchronization

/// What one node holds against addresses: bans for wrong secrets, tokens and signatures, and requests a second. Any thread.
///
/// Only an address that is a client's own counts. What comes by a proxy that is not trusted, and so could be anybody, passes,
/// and one line of the log says so.
public final class AddressGuard: Sendable {
    /// How many refusals are held back at a time; more go out at once.
    private static let delayLimit = 1_024

    private struct State {
        var ledger: FailureLedger?
        var buckets: BoundedCache<IPAddress, TokenBucket>
    }

    private let configuration: AddressGuardConfiguration
    private let now: @Sendable () -> NIODeadline
    private let logger: Logger
    private let state: Mutex<State>
    private let delayed = Atomic<Int>(0)
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
                buckets: BoundedCache(capacity: FailureLedger.capacity)
            )
        )
    }

    // MARK: Before anything else

    /// Why a request is refused before it is looked at; nil where it is not.
    public func refusal(of request: HTTPRequest) -> HTTPReply? {
        guard let address = self.key(of: request) else { return nil }
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

    /// Why a request for a bot is refused before its signature or token is looked at; nil where it is not.
    ///
    /// - Parameter bot: nil for a bot that is not known.
    public func refusal(of request: HTTPRequest, for bot: ChannelID?) -> HTTPReply? {
        guard self.configuration.banAfter > 0, let address = self.key(of: request) else { return nil }
        let now = self.now()
        let time = self.state.withLock { state in
            state.ledger?.ban(of: FailureLedger.Pair(address: address, bot: bot), now: now)
        }
        return time.map { Self.reply(.bannedForBot, retryAfter: $0) }
    }

    private static func reply(_ refusal: LimitRefusal, retryAfter: TimeAmount) -> HTTPReply {
        refusal.count()
        return .response(refusal.problem(retryAfter: retryAfter).response)
    }

    // MARK: Afterwards

    /// Refuses a request with a wrong secret, token or signature: counts it, and holds the answer back where there were many.
    ///
    /// - Parameters:
    ///   - response: what it is answered with.
    ///   - bot: nil for a bot that is not known.
    ///   - eventLoop: the request's.
    public func refuse(
        _ request: HTTPRequest,
        with response: HTTPResponse,
        for bot: ChannelID?,
        on eventLoop: any EventLoop
    ) -> HTTPReply {
        // It is banned for the bot already, and what it is told is no more than that.
        if let refusal = self.refusal(of: request, for: bot) { return refusal }
        let delay = self.failed(request, for: bot)
        guard delay > .zero, self.delayed.load(ordering: .relaxed) < Self.delayLimit else { return .response(response) }
        self.delayed.add(1, ordering: .relaxed)
        let answer = eventLoop.scheduleTask(in: delay) { HTTPReply.response(response) }
        answer.futureResult.whenComplete { _ in self.delayed.subtract(1, ordering: .relaxed) }
        return .eventually(answer.futureResult)
    }

    /// Counts a wrong secret, token or signature.
    ///
    /// - Returns: how long its answer should be held back.
    public func failed(_ request: HTTPRequest, for bot: ChannelID?) -> TimeAmount {
        guard self.configuration.banAfter > 0, let address = self.key(of: request) else { return .zero }
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

    /// Counts a genuine request, or a socket that was opened rightfully.
    public func succeeded(_ request: HTTPRequest, for bot: ChannelID) {
        guard self.configuration.banAfter > 0, let address = self.key(of: request) else { return }
        let now = self.now()
        self.state.withLock { $0.ledger?.succeeded(FailureLedger.Pair(address: address, bot: bot), now: now) }
    }

    /// What the request's client counts by.
    private func key(of request: HTTPRequest) -> IPAddress? {
        let address = request.clientAddress
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
