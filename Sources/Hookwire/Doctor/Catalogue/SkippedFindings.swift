// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a check was not made.
extension Finding {
    static func skipped(_ check: Check, _ reason: Reason) -> Finding {
        let wording: Wording =
            switch reason {
            case .notReached: Wording("Nobody was reached.", "没有连上服务器。")
            case .noTLS: Wording("There is no secure connection.", "没有建立安全连接。")
            case .untrusted:
                Wording(
                    "The platform goes no further, and the secret is not sent to who is not trusted (--insecure does it).",
                    "平台到此为止；密钥不会发送给不受信任的服务器（--insecure 可继续）。"
                )
            case .httpsMissing:
                Wording(
                    "The secret is not sent over plain HTTP, where everybody on the way reads it (--insecure does it).",
                    "密钥不会通过明文 HTTP 发送，否则途经的任何人都能看到（--insecure 可继续）。"
                )
            case .noAnswer: Wording("There was no answer to look at.", "没有可检查的应答。")
            case .notUsable: Wording("What answers is not the webhook.", "应答的不是 webhook。")
            case .plainHTTP: Wording("There is no TLS with http://.", "http:// 没有 TLS。")
            case .connectedElsewhere: Wording("The address was given with --connect-to.", "地址由 --connect-to 指定。")
            case .literalAddress: Wording("The host is an address.", "主机本身就是 IP 地址。")
            case .notAsked: Wording("--no-events was given.", "已指定 --no-events。")
            case .noDate: Wording("The answer does not tell its date.", "应答没有日期。")
            case .noVerifyToken:
                Wording(
                    "Meta looks at the URL with the verify token first: give --verify-token, or verify_token= in the URL.",
                    "Meta 会先用验证口令检查网址：请给出 --verify-token，或在网址中写 verify_token=。"
                )
            default: Wording("The platform has none.", "该平台没有这一项。")
            }
        return Finding(check, .skipped, reason, wording.english, wording.chinese)
    }
}
