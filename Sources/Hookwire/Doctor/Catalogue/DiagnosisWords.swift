// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is said around the findings.
enum DiagnosisWords {
    static func label(_ check: Check) -> Wording {
        switch check {
        case .https: Wording("HTTPS", "HTTPS")
        case .port: Wording("Port", "端口")
        case .dns: Wording("DNS", "域名解析")
        case .connect: Wording("Connection", "连接")
        case .tls: Wording("TLS", "TLS")
        case .chain: Wording("Certificate", "证书链")
        case .name: Wording("Host name", "证书域名")
        case .expiry: Wording("Expiry", "有效期")
        case .redirect: Wording("Redirect", "重定向")
        case .http: Wording("HTTP", "HTTP")
        case .handshake: Wording("URL check", "地址验证")
        case .time: Wording("Time", "耗时")
        case .event: Wording("Event", "事件")
        case .forgery: Wording("Forgery", "伪造事件")
        case .clock: Wording("Clock", "时钟")
        case .socket: Wording("Socket", "WebSocket")
        }
    }

    static func conclusion(_ diagnosis: Diagnosis, _ rules: PlatformRules) -> Wording {
        let title = rules.subject
        let failures = diagnosis.failures
        return switch diagnosis.result {
        case .good where diagnosis.isUnverified:
            Wording(
                "Nothing failed, but whether \(rules.title[.english]) accepts this URL is not known: its check of the "
                    + "URL was not made. Run this again with --verify-token.",
                "没有检查失败，但无法确定\(title[.chinese])是否接受这个地址：没有进行地址验证。请加上 --verify-token 重新运行。"
            )
        case .good:
            Wording("\(title[.english]) would accept this URL.", "\(title[.chinese])会接受这个地址。")
        case .bad where failures == 0:
            Wording(
                "The webhook was not asked: use https://, or --insecure.",
                "没有检查 webhook：请使用 https://，或指定 --insecure。"
            )
        case .bad:
            Wording(
                "\(failures == 1 ? "1 check" : "\(failures) checks") failed: mend the first, and run this again.",
                "\(failures) 项检查失败：请先处理第一项，然后重新运行。"
            )
        case .unreachable:
            Wording("\(title[.english]) could not reach this URL.", "\(title[.chinese])无法访问这个地址。")
        }
    }
}
