// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What the answers to events mean to a platform.
enum EventJudgement {
    static func genuine(
        _ outcome: Result<ProbeAnswer, ProbeFailure>,
        isAcknowledged: ([UInt8]) -> Bool
    ) -> Finding {
        guard case .success(let answer) = outcome else { return .eventUnanswered() }
        let detail = AnswerJudgement.detail(answer)
        switch answer.status {
        case 200...299:
            return isAcknowledged(answer.body) && !answer.isHTML
                ? .eventAccepted(TimeText.format(answer.time)) : .eventNotAcknowledged(detail)
        case 503: return .eventNotStored(detail)
        case _ where ProblemText.reason(answer.body) == "stale_timestamp": return .eventStale(detail)
        default: return .eventRefused(answer.status, detail)
        }
    }

    /// - Parameters:
    ///   - genuine: what the right event was answered; nil where it was not.
    ///   - sender: knows what its platform takes for an acknowledgement, and for a refusal.
    static func forged(
        _ outcome: Result<ProbeAnswer, ProbeFailure>,
        genuine: ProbeAnswer?,
        by sender: any PlatformSender
    ) -> Finding {
        guard case .success(let answer) = outcome else { return .skipped(.forgery, .noAnswer) }
        switch answer.status {
        case 200...299:
            if sender.isAcknowledged(answer.body) { return .forgeryAccepted() }
            let detail = "\(answer.status) \(AnswerJudgement.detail(answer))"
            // A server that accepts no events does not show whether it checks signatures.
            if let genuine, 200...299 ~= genuine.status, !sender.isAcknowledged(genuine.body) {
                return .forgeryUndecided(detail)
            }
            return sender.isRefused(answer.body) ? .forgeryRefused(answer.status) : .forgeryNotRefused(detail)
        case 400...499: return .forgeryRefused(answer.status)
        default: return .forgeryUndecided("\(answer.status) \(AnswerJudgement.detail(answer))")
        }
    }

    /// - Parameters:
    ///   - acceptance: what `Sec-WebSocket-Accept` has to say.
    ///   - hasToken: whether a token was shown.
    static func socket(
        _ outcome: Result<ProbeAnswer, ProbeFailure>,
        acceptance: String,
        path: String,
        hasToken: Bool = false
    ) -> Finding {
        guard case .success(let answer) = outcome else { return .socketUnanswered() }
        switch answer.status {
        case 101:
            return answer.field("sec-websocket-accept") == acceptance ? .socketOpens() : .upgradeLost(101)
        // The relay's response does not distinguish a secret that needs a token from an unknown one.
        case 404 where ProblemText.reason(answer.body) == Problem.notFound.reason:
            return hasToken ? .noSuchToken(path) : .socketNotFound(path)
        case 404: return .noSocketHere(path)
        case 200...299, 400, 426: return .upgradeLost(answer.status)
        default: return .socketRefused(answer.status, AnswerJudgement.detail(answer))
        }
    }
}
