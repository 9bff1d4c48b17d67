// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Shared

/// Why the platform did not say who a bot is, for the log: numbers only, for what it writes may hold anything.
enum QQUserFailure: Error, Equatable {
    case unanswered(QQRefusal)
    /// The answer has no user.
    ///
    /// - Parameter code: the platform's own number for the cause (bot.q.qq.com, "错误码"); nil where it gives none.
    case answered(status: UInt, code: Int64?)

    private static let members = JSONMemberNames("code")

    /// What an answer without a user says.
    init(status: UInt, body: [UInt8]) {
        let code = body.withUnsafeBytes { bytes in
            (try? JSONObjectView(validating: bytes, members: Self.members, maximumDepth: 16))?["code"]?.integer
        }
        self = .answered(status: status, code: code)
    }

    /// The cause as a line of the log has it.
    var metadata: Logger.Metadata {
        switch self {
        case .unanswered(let refusal): return ["reason": "\(refusal.rawValue)"]
        case .answered(let status, let code):
            var metadata: Logger.Metadata = ["status": "\(status)"]
            if let code { metadata["code"] = "\(code)" }
            return metadata
        }
    }
}
