// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is found about a certificate.
extension Finding {
    static func trusted(_ issuer: String) -> Finding {
        Finding(
            .chain,
            .ok,
            .fine,
            "The certificate is from \(issuer), which is trusted.",
            "证书由受信任的 \(issuer) 签发。"
        )
    }

    static func selfSigned() -> Finding {
        Finding(
            .chain,
            .fail,
            .selfSigned,
            "The certificate is self-signed, which no platform accepts. Get one of a public authority, such as Let's Encrypt; it is free.",
            "证书是自签名的，平台不会接受。请使用公共机构（例如免费的 Let's Encrypt）签发的证书。"
        )
    }

    static func intermediateMissing(_ issuer: String) -> Finding {
        Finding(
            .chain,
            .fail,
            .intermediateMissing,
            "The server sends its own certificate only, and not that of \(issuer), which issued it. Use the file with the whole chain: fullchain.pem instead of cert.pem.",
            "服务器只发送了自己的证书，缺少签发者 \(issuer) 的中间证书。请使用包含完整证书链的文件：fullchain.pem，而不是 cert.pem。"
        )
    }

    static func unknownAuthority(_ issuer: String) -> Finding {
        Finding(
            .chain,
            .fail,
            .unknownAuthority,
            "The certificate is from \(issuer), which is no authority that platforms trust. Get one of a public authority, such as Let's Encrypt.",
            "证书由 \(issuer) 签发，不是平台信任的机构。请使用公共机构（例如 Let's Encrypt）签发的证书。"
        )
    }

    static func invalidChain(_ cause: String) -> Finding {
        Finding(
            .chain,
            .fail,
            .invalidChain,
            "The certificate cannot be verified: \(cause). Get a new one of a public authority.",
            "证书无法验证：\(cause)。请重新申请公共机构的证书。"
        )
    }

    static func hostNameFits(_ host: String) -> Finding {
        Finding(.name, .ok, .fine, "The certificate is for \(host).", "证书包含 \(host)。")
    }

    static func wrongHostName(_ host: String, _ names: [String]) -> Finding {
        let list = names.isEmpty ? "-" : names.prefix(5).joined(separator: ", ")
        return Finding(
            .name,
            .fail,
            .wrongHostName,
            "The certificate is not for \(host) but for \(list). Get one that has this name, or enter a URL with a name that it has.",
            "证书不包含 \(host)，只包含 \(list)。请申请包含该域名的证书，或在平台填写证书里的域名。"
        )
    }

    static func valid(until date: String, days: Int64) -> Finding {
        Finding(
            .expiry,
            .ok,
            .fine,
            "The certificate is valid until \(date), \(days) days from now.",
            "证书有效期至 \(date)，还有 \(days) 天。"
        )
    }

    static func expiresSoon(_ date: String, days: Int64) -> Finding {
        Finding(
            .expiry,
            .warn,
            .expiresSoon,
            "The certificate expires on \(date), \(days) days from now. Renew it, and see that this is done in time from now on: the relay takes the new files over by itself within seconds, and its log says so, or why not.",
            "证书将于 \(date) 到期，还有 \(days) 天。请续期，并确认自动续期已启用：中继会在几秒内自行载入新文件，日志会说明结果或原因。"
        )
    }

    static func expired(_ date: String) -> Finding {
        Finding(
            .expiry,
            .fail,
            .expired,
            "The certificate expired on \(date). Renew it: the relay takes the new files over by itself within seconds, and its log says so, or why not.",
            "证书已于 \(date) 过期。请续期：中继会在几秒内自行载入新文件，日志会说明结果或原因。"
        )
    }

    static func notYetValid(_ date: String) -> Finding {
        Finding(
            .expiry,
            .fail,
            .notYetValid,
            "The certificate is not valid before \(date). Check this machine's clock, and what issued the certificate.",
            "证书从 \(date) 起才有效。请检查本机时钟和签发证书的一方。"
        )
    }
}
