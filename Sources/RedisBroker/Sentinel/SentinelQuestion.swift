// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The two questions that a sentinel is asked, and what its replies mean (redis.io, "High availability with Redis
/// Sentinel", "Sentinel commands").
enum SentinelQuestion {
    /// Where news of failovers is published.
    static let news = "+switch-master"

    /// For the epoch. It goes first: an epoch that is too old with a new address is put right by the next round, but an
    /// old address with a new epoch would be believed.
    static func status(of master: String) -> RESPCommand {
        RESPCommand("SENTINEL", "MASTER", .string(master))
    }

    /// For the address, which is the new primary's as soon as that has been promoted.
    static func address(of master: String) -> RESPCommand {
        RESPCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(master))
    }

    /// What the two replies say.
    static func answer(
        status: Result<RESPValue, any Error>,
        address: Result<RESPValue, any Error>,
        state: RedisStatus.State
    ) -> SentinelStateMachine.Answer {
        switch address {
        case .success(.null):
            return .unknown
        case .success(.array(let parts)):
            guard parts.count == 2, let host = parts[0].string, let port = parts[1].string.flatMap({ Int($0) }),
                !host.isEmpty, (1...65_535).contains(port)
            else { return .refused(RedisLoss(.unexpectedReply)) }
            return .primary(.host(host, port: port), epoch: self.epoch(status))
        case .success:
            return .refused(RedisLoss(.unexpectedReply))
        case .failure(let error as RedisError):
            return .refused(RedisLoss(.sentinelsRefuse, "\(error)"))
        case .failure:
            guard case .lost(let loss) = state else { return .unreachable(RedisLoss(.commandTimeout)) }
            switch loss.reason {
            case .authenticationFailed: return .refused(RedisLoss(.sentinelsRefuse, loss.detail))
            case .notSentinel: return .refused(loss)
            default: return .unreachable(RedisLoss(loss.reason, loss.detail ?? "\(loss)"))
            }
        }
    }

    /// Zero if a sentinel does not report one: then the majority decides, after those that do.
    private static func epoch(_ status: Result<RESPValue, any Error>) -> UInt64 {
        guard case .success(.array(let fields)) = status else { return 0 }
        for index in stride(from: 0, to: fields.count - 1, by: 2) where fields[index].string == "config-epoch" {
            return fields[index + 1].string.flatMap { UInt64($0) } ?? 0
        }
        return 0
    }

    /// Whether news is of a failover of that master: `<name> <old host> <old port> <new host> <new port>`.
    static func isNews(_ payload: ByteBuffer, of master: String) -> Bool {
        payload.readableBytesView.starts(with: "\(master) ".utf8)
    }
}
