// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A server's response.
struct ProbeAnswer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    /// Its beginning, where it is long.
    var body: [UInt8]
    /// From the beginning of the connection to the end of the answer.
    var time: TimeAmount
    /// When it began and was over, in milliseconds since 1970-01-01T00:00:00Z.
    var period: ClosedRange<Int64>

    func field(_ name: String) -> String? { self.headers.first(name: name) }

    var isHTML: Bool {
        if self.field("content-type")?.lowercased().hasPrefix("text/html") ?? false { return true }
        let beginning = String(decoding: self.body.prefix(64), as: UTF8.self).drop { $0.isWhitespace }.lowercased()
        return beginning.hasPrefix("<!doctype html") || beginning.hasPrefix("<html")
    }
}

/// What an answer means to a platform, before its content.
enum AnswerJudgement {
    /// The findings about redirects and HTTP, and whether the answer is the webhook's own.
    ///
    /// - Parameter platform: who calls the URL.
    static func findings(
        _ outcome: Result<ProbeAnswer, ProbeFailure>,
        url: WebhookURL,
        platform: PlatformName,
        timeout: TimeAmount
    ) -> (findings: [Finding], isUsable: Bool) {
        let answer: ProbeAnswer
        switch outcome {
        case .success(let received): answer = received
        case .failure(let failure):
            return ([.skipped(.redirect, .noAnswer), self.failure(failure, timeout: timeout)], false)
        }
        if [301, 302, 303, 307, 308].contains(answer.status) {
            let place = Self.place(answer.field("location") ?? "")
            return ([.redirect(answer.status, to: place), .skipped(.http, .notUsable)], false)
        }
        let http = self.status(answer, path: url.path, platform: platform)
        return ([.noRedirect(), http], http.outcome == .ok)
    }

    /// What an answer says about itself: the relay's sentence, or the beginning of its text.
    static func detail(_ answer: ProbeAnswer) -> String {
        if let detail = ProblemText.detail(answer.body) { return ForeignText.excerpt(detail) }
        if answer.isHTML { return ForeignText.excerpt(HTMLTitle.find(answer.body), limit: 80) }
        return ForeignText.excerpt(String(decoding: answer.body, as: UTF8.self))
    }

    /// What the answer to a check of the URL with a made-up token says. A token that is only wrong is as it must be.
    static func guess(_ outcome: Result<ProbeAnswer, ProbeFailure>) -> Finding {
        guard case .success(let answer) = outcome,
            ProblemText.relaysReason(answer.body) == Finding.Reason.missingVerifyToken.rawValue
        else { return .skipped(.handshake, .noVerifyToken) }
        return .missingVerifyToken(self.detail(answer))
    }

    private static func status(_ answer: ProbeAnswer, path: String, platform: PlatformName) -> Finding {
        let detail = self.detail(answer)
        // Another server's paths mean what that server likes: only a relay refuses for this.
        if 400...499 ~= answer.status, let reason = ProblemText.relaysReason(answer.body), reason != OtherTier.reason,
            let owner = PlatformName(path: path), owner != platform
        {
            return .otherPlatform(answer.status, path: path, of: owner, caller: platform)
        }
        switch answer.status {
        // The relay's own sentence says more than that there is nothing.
        case 404 where ProblemText.reason(answer.body) == OtherTier.reason: return .refused(404, detail)
        case 404 where ProblemText.reason(answer.body) == Problem.notFound.reason:
            return path.count > 1 && path.hasSuffix("/") ? .slashAtEnd(of: path) : .unknownToRelay(path)
        case 404: return .notFound(path)
        case 502, 503, 504: return .gatewayError(answer.status, detail)
        case _ where answer.isHTML: return .htmlPage(answer.status, detail)
        case 200...299:
            return .answered(answer.status, by: answer.field("server").map { ForeignText.excerpt($0, limit: 40) })
        case 400...499: return .refused(answer.status, detail)
        default: return .unexpectedStatus(answer.status, detail)
        }
    }

    private static func failure(_ failure: ProbeFailure, timeout: TimeAmount) -> Finding {
        switch failure {
        case .noAnswer, .connectionTimedOut: .noAnswer(TimeText.format(timeout))
        case .notHTTP: .notHTTP()
        case .refused, .unreachable, .tls, .untrusted, .closed: .closedWithoutAnswer()
        }
    }

    /// A location without its query, in which secrets may be.
    private static func place(_ location: String) -> String {
        let end = location.firstIndex { $0 == "?" || $0 == "#" } ?? location.endIndex
        return location.isEmpty ? "?" : ForeignText.excerpt(location[..<end], limit: 120)
    }
}
