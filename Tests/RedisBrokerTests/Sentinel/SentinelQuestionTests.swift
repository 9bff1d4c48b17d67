// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

@Suite
struct SentinelQuestionTests {
    private static func bulks(_ texts: String...) -> Result<RESPValue, any Error> {
        .success(.array(texts.map { .bulk(ByteBuffer(string: $0)) }))
    }

    private static func answer(
        _ address: Result<RESPValue, any Error>,
        status: Result<RESPValue, any Error> = .failure(BrokerError.unavailable),
        state: RedisStatus.State = .ready
    ) -> SentinelStateMachine.Answer {
        SentinelQuestion.answer(status: status, address: address, state: state)
    }

    /// The epoch stands somewhere in the status; without one it is zero.
    @Test func addressAndEpoch() {
        let address = Self.bulks("10.0.0.1", "6379")
        let here = RedisURL.Address.host("10.0.0.1", port: 6379)
        let status = Self.bulks("name", "relay", "config-epoch", "7", "quorum", "2")
        #expect(Self.answer(address, status: status) == .primary(here, epoch: 7))
        #expect(Self.answer(address) == .primary(here, epoch: 0))
        #expect(Self.answer(address, status: Self.bulks("config-epoch")) == .primary(here, epoch: 0))
    }

    /// Whatever else answers there, nothing is taken for an address.
    @Test func noAddress() {
        #expect(Self.answer(.success(.null)) == .unknown)
        for odd in [Self.bulks("10.0.0.1"), Self.bulks("", "1"), Self.bulks("a", "0"), Self.bulks("a", "65536")] {
            #expect(Self.answer(odd) == .refused(RedisLoss(.unexpectedReply)))
        }
        #expect(Self.answer(.success(.integer(1))) == .refused(RedisLoss(.unexpectedReply)))
    }

    /// A sentinel that refuses is told from one that is away.
    @Test func failures() {
        guard case .refused(let loss) = Self.answer(.failure(RedisError.command("NOPERM no"))) else {
            Issue.record("not refused")
            return
        }
        #expect(loss.reason == .sentinelsRefuse)
        let wrongPassword = RedisStatus.State.lost(RedisLoss(.authenticationFailed, "WRONGPASS"))
        #expect(
            Self.answer(.failure(BrokerError.unavailable), state: wrongPassword)
                == .refused(RedisLoss(.sentinelsRefuse, "WRONGPASS"))
        )
        let away = RedisLoss(.connectFailed, "refused")
        #expect(Self.answer(.failure(BrokerError.unavailable), state: .lost(away)) == .unreachable(away))
        #expect(Self.answer(.failure(BrokerError.timeout)) == .unreachable(RedisLoss(.commandTimeout)))
    }

    /// Sentinels watch several masters, and names begin alike.
    @Test func news() {
        let payload = ByteBuffer(string: "relay-2 10.0.0.1 6379 10.0.0.2 6379")
        #expect(SentinelQuestion.isNews(payload, of: "relay-2"))
        #expect(!SentinelQuestion.isNews(payload, of: "relay"))
    }
}
