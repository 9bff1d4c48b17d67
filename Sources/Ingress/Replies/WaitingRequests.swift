// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// One node's requests that wait for a reply, and for a while those that waited. Pure, the clock is passed in.
///
/// A request waits under its token. A duplicate of a request, with the same key, waits under the first's token, or gets
/// the first's response. A token that no longer waits is remembered, so that a bot learns whether its reply was second
/// or late.
struct WaitingRequests<Waiter> {
    /// What makes two requests the same.
    struct Key: Hashable {
        var channel: ChannelID
        var text: String
    }

    /// How much is kept.
    struct Limits {
        /// How many different requests may wait.
        var requests = 65_536
        /// How many repetitions of a request may wait with it.
        var waiters = 16
        /// How many tokens that no longer wait are remembered.
        var remembered = 65_536
        /// What the answers that are remembered for repetitions may take together, fields and bodies, in bytes.
        var rememberedBytes = 16 << 20
        /// How long they are remembered.
        var memory = TimeAmount.seconds(60)
    }

    /// A waiter, and the number by which it leaves.
    struct Numbered {
        var number: UInt64
        var waiter: Waiter
        /// Whether it wanted to leave before it was known whether the event is stored.
        var isLeaving = false
    }

    /// The decision on a request.
    enum EnterResult {
        /// It is the first of its key, and waits under its token.
        case opened(number: UInt64)
        /// It waits together with an earlier duplicate.
        case joined(ReplyToken, number: UInt64)
        /// An earlier duplicate got this response.
        case answered(HTTPResponse)
        /// Too many wait.
        case full
    }

    /// The standing of a token.
    enum Standing {
        /// Its request waits for a reply of this form.
        case waiting(any ReplyForm)
        /// A reply would be one of `second`, `late` and `unknown`.
        case closed(ReplyOutcome)
    }

    private struct Waiting {
        var key: Key?
        var form: any ReplyForm
        /// The answer without a reply.
        var fallback: HTTPResponse
        /// Whether the event is in the log, so that its request may be acknowledged.
        var isStored = false
        var waiters: [Numbered]
    }

    private struct Past {
        /// The outcome of a further reply.
        var outcome: ReplyOutcome
        var key: Key?
        /// The response to a duplicate; kept only if there can be one.
        var response: HTTPResponse?
        var forgottenAt: NIODeadline
    }

    private let limits: Limits
    private var waiting: [ReplyToken: Waiting] = [:]
    private var past: [ReplyToken: Past] = [:]
    /// Those of `past`, the oldest first.
    private var pastOrder: Deque<ReplyToken> = []
    private var pastBytes = 0
    private var tokens: [Key: ReplyToken] = [:]
    private var lastNumber: UInt64 = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many different requests wait.
    var count: Int { self.waiting.count }

    /// The tokens of those that wait.
    var waitingTokens: [ReplyToken] { Array(self.waiting.keys) }

    /// Whether a token's request waits.
    func isWaiting(_ token: ReplyToken) -> Bool { self.waiting[token] != nil }

    // MARK: Coming and going

    /// A request wants to wait.
    ///
    /// - Parameters:
    ///   - token: the name it gets if it is the first of its key.
    ///   - fallback: its answer without a reply, until `stored` says another.
    mutating func enter(
        _ waiter: Waiter,
        token: ReplyToken,
        key: Key?,
        form: any ReplyForm,
        fallback: HTTPResponse,
        now: NIODeadline
    ) -> EnterResult {
        self.forgetOld(now: now)
        self.lastNumber += 1
        let numbered = Numbered(number: self.lastNumber, waiter: waiter)
        if let key, let first = self.tokens[key] {
            if let response = self.past[first]?.response { return .answered(response) }
            guard let count = self.waiting[first]?.waiters.count else {
                preconditionFailure("a key leads to a request that waits, or to an answer")
            }
            guard count < self.limits.waiters else { return .full }
            self.waiting[first]?.waiters.append(numbered)
            return .joined(first, number: numbered.number)
        }
        guard self.waiting.count < self.limits.requests else { return .full }
        self.waiting[token] = Waiting(key: key, form: form, fallback: fallback, waiters: [numbered])
        if let key { self.tokens[key] = token }
        return .opened(number: numbered.number)
    }

    /// A request's event is in the log.
    ///
    /// - Returns: those that wanted to leave before, and leave now with this answer.
    mutating func stored(_ token: ReplyToken, fallback: HTTPResponse, now: NIODeadline) -> [Waiter] {
        guard let request = self.waiting[token] else { return [] }
        self.waiting[token]?.isStored = true
        self.waiting[token]?.fallback = fallback
        return request.waiters.filter(\.isLeaving).compactMap {
            self.leave(token, number: $0.number, now: now)?.waiter
        }
    }

    /// A request's sender no longer waits: it disconnected, or half-closed and still reads. So the request stays until
    /// it is known whether the event is stored, and a request that the platform may retry keeps waiting.
    ///
    /// - Returns: the waiter that has left and its response, in case the peer still reads; nil if it leaves later,
    ///   or has left.
    mutating func leave(
        _ token: ReplyToken,
        number: UInt64,
        now: NIODeadline
    ) -> (waiter: Waiter, response: HTTPResponse)? {
        guard let request = self.waiting[token],
            let index = request.waiters.firstIndex(where: { $0.number == number })
        else { return nil }
        guard request.isStored else {
            self.waiting[token]?.waiters[index].isLeaving = true
            return nil
        }
        let waiter = request.waiters[index].waiter
        self.waiting[token]?.waiters.remove(at: index)
        if request.waiters.count == 1, request.key == nil {
            _ = self.close(token, .late, request.fallback, now: now)
        }
        return (waiter, request.fallback)
    }

    // MARK: The end of a wait

    /// The standing of a token.
    func standing(of token: ReplyToken, now: NIODeadline) -> Standing {
        if let request = self.waiting[token] { return .waiting(request.form) }
        if let past = self.past[token], now < past.forgottenAt { return .closed(past.outcome) }
        return .closed(.unknown)
    }

    /// A reply has come. The first one wins.
    ///
    /// - Returns: those that waited; nil where none does any more, and `standing` says why.
    mutating func reply(_ token: ReplyToken, _ response: HTTPResponse, now: NIODeadline) -> [Waiter]? {
        guard self.waiting[token] != nil else { return nil }
        return self.close(token, .second, response, now: now)
    }

    /// No reply will do any more: the platform is answered without.
    ///
    /// - Returns: those that waited, what they are answered, and whether their event is in the log; nil where the wait is
    ///   over already.
    mutating func giveUp(
        _ token: ReplyToken,
        now: NIODeadline
    ) -> (waiters: [Waiter], response: HTTPResponse, isStored: Bool)? {
        guard let request = self.waiting[token] else { return nil }
        let waiters =
            request.isStored
            ? self.close(token, .late, request.fallback, now: now) : self.remove(token)
        return (waiters, request.fallback, request.isStored)
    }

    /// A request's event could not be stored: a duplicate must be published again.
    mutating func forget(_ token: ReplyToken) -> [Waiter] {
        self.remove(token)
    }

    private mutating func close(
        _ token: ReplyToken,
        _ outcome: ReplyOutcome,
        _ response: HTTPResponse,
        now: NIODeadline
    ) -> [Waiter] {
        guard let request = self.waiting.removeValue(forKey: token) else { return [] }
        self.past[token] = Past(
            outcome: outcome,
            key: request.key,
            response: request.key == nil ? nil : response,
            forgottenAt: now + self.limits.memory
        )
        self.pastOrder.append(token)
        if request.key != nil { self.pastBytes += response.byteCount }
        self.forgetOld(now: now)
        return request.waiters.map(\.waiter)
    }

    private mutating func remove(_ token: ReplyToken) -> [Waiter] {
        guard let request = self.waiting.removeValue(forKey: token) else { return [] }
        if let key = request.key { self.tokens[key] = nil }
        return request.waiters.map(\.waiter)
    }

    private mutating func forgetOld(now: NIODeadline) {
        while let token = self.pastOrder.first, let past = self.past[token],
            now >= past.forgottenAt || self.pastOrder.count > self.limits.remembered
                || self.pastBytes > self.limits.rememberedBytes
        {
            self.pastOrder.removeFirst()
            self.past[token] = nil
            self.pastBytes -= past.response?.byteCount ?? 0
            if let key = past.key { self.tokens[key] = nil }
        }
    }
}

extension HTTPResponse {
    /// What its fields and its body have, in bytes.
    fileprivate var byteCount: Int {
        self.headers.reduce(self.body.readableBytes) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }
}
