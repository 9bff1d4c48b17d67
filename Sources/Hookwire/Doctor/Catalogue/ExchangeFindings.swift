// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is found about what a platform and a webhook say to each other.
extension Finding {
    static func handshakeRight(_ platform: PlatformName) -> Finding {
        platform == .qq
            ? Finding(
                .handshake,
                .ok,
                .fine,
                "The check of the URL (op 13) came back, signed with the bot's secret.",
                "地址验证（op 13）已返回，签名与机器人密钥一致。"
            )
            : Finding(.handshake, .ok, .fine, "The check of the URL came back as it must.", "地址验证返回正确。")
    }

    static func handshakeFlawed(_ flaw: HandshakeFlaw, _ excerpt: String) -> Finding {
        switch flaw {
        case .notAnObject:
            Finding(
                .handshake,
                .fail,
                .notAnObject,
                "The answer to the check of the URL is no JSON object: \(excerpt) Another program answers at this path.",
                "地址验证的应答不是 JSON 对象：\(excerpt) 该路径上是其他程序。"
            )
        case .otherToken:
            Finding(
                .handshake,
                .fail,
                .otherToken,
                "The answer to the check of the URL has another plain_token. Something on the way keeps answers: turn caching off for this path.",
                "地址验证应答中的 plain_token 不一致。途中有缓存：请对该路径关闭缓存。"
            )
        case .noSignature:
            Finding(
                .handshake,
                .fail,
                .noSignature,
                "The answer to the check of the URL (op 13) has no signature: \(excerpt) What answers does not know QQ's check; let it reach the relay, or compute signature as QQ documents.",
                "地址验证（op 13）的应答没有 signature：\(excerpt) 应答的程序不支持 QQ 的验证；请让请求到达中继，或按 QQ 文档计算 signature。"
            )
        case .malformedSignature:
            Finding(
                .handshake,
                .fail,
                .malformedSignature,
                "The signature in the answer is not 128 hexadecimal digits. QQ wants an Ed25519 signature in hexadecimal, not in Base64.",
                "应答中的 signature 不是 128 位十六进制。QQ 需要十六进制的 Ed25519 签名，而不是 Base64。"
            )
        case .wrongSignature:
            Finding(
                .handshake,
                .fail,
                .wrongSignature,
                "The signature in the answer is not that of this secret. Compare the secret in the URL with the bot's AppSecret on the platform, which changes when you reset it.",
                "应答中的 signature 与密钥不符。请核对地址中的密钥与平台上的 AppSecret（重置后会改变）。"
            )
        case .otherEcho:
            Finding(
                .handshake,
                .fail,
                .otherEcho,
                "The answer to the check of the URL is not what was sent, byte by byte: \(excerpt) Check the token in the URL, and that nothing changes the answer.",
                "地址验证的应答与发送的内容不一致：\(excerpt) 请检查地址中的 token，并确认途中没有改动应答。"
            )
        }
    }

    /// The relay itself says so.
    static func missingVerifyToken(_ detail: String) -> Finding {
        Finding(
            .handshake,
            .fail,
            .missingVerifyToken,
            "The relay refuses Meta's check of the URL, whatever verify token is entered: \(detail)",
            "无论填写什么验证口令，中继都会拒绝 Meta 的地址验证：\(detail)"
        )
    }

    static func eventAccepted(_ time: String) -> Finding {
        Finding(
            .event,
            .ok,
            .fine,
            "An event with the right signature was acknowledged, in \(time).",
            "签名正确的事件已被接受，用时 \(time)。"
        )
    }

    static func eventStale(_ detail: String) -> Finding {
        Finding(
            .event,
            .fail,
            .eventStale,
            "An event signed just now was refused as too old: \(detail) Set the clock of the server's machine by NTP.",
            "刚刚签名的事件被当作过期而拒绝：\(detail) 请用 NTP 校正服务器时钟。"
        )
    }

    static func eventNotStored(_ detail: String) -> Finding {
        Finding(
            .event,
            .fail,
            .eventNotStored,
            "The relay cannot store events now: \(detail) Check Redis, or the disk, and the relay's /readyz.",
            "中继暂时无法保存事件：\(detail) 请检查 Redis 或磁盘，以及中继的 /readyz。"
        )
    }

    static func eventRefused(_ status: Int, _ detail: String) -> Finding {
        Finding(
            .event,
            .fail,
            .eventRefused,
            "An event with the right signature was refused (\(status)): \(detail) Compare the secret, and see that nothing on the way changes the body or drops header fields.",
            "签名正确的事件被拒绝（\(status)）：\(detail) 请核对密钥，并确认途中没有改动正文或丢弃请求头。"
        )
    }

    static func eventNotAcknowledged(_ excerpt: String) -> Finding {
        Finding(
            .event,
            .fail,
            .eventNotAcknowledged,
            "The answer to an event is none that the platform takes for an acknowledgement: \(excerpt) It would send the event again and again.",
            "平台不会把该应答视为确认：\(excerpt) 事件会被反复重发。"
        )
    }

    static func eventUnanswered() -> Finding {
        Finding(
            .event,
            .fail,
            .noAnswer,
            "An event was not answered. Check the server's log.",
            "事件没有得到应答。请查看服务器日志。"
        )
    }

    static func forgeryRefused(_ status: Int) -> Finding {
        Finding(
            .forgery,
            .ok,
            .fine,
            "An event with a wrong signature was refused (\(status)).",
            "签名错误的事件已被拒绝（\(status)）。"
        )
    }

    static func forgeryAccepted() -> Finding {
        Finding(
            .forgery,
            .fail,
            .forgeryAccepted,
            "An event with a wrong signature was accepted: whoever knows the URL can send events in the platform's name. Use a relay that verifies.",
            "签名错误的事件也被接受：任何知道地址的人都能冒充平台发送事件。请使用会验证签名的中继。"
        )
    }

    static func forgeryNotRefused(_ detail: String) -> Finding {
        Finding(
            .forgery,
            .fail,
            .forgeryAccepted,
            "The answer to an event with a wrong signature is no refusal: \(detail) Whoever knows the URL may be able to send events in the platform's name. Answer 401, or use a relay that verifies.",
            "对签名错误的事件的应答不是拒绝：\(detail) 知道地址的人可能会冒充平台发送事件。请返回 401，或使用会验证签名的中继。"
        )
    }

    static func forgeryUndecided(_ detail: String) -> Finding {
        Finding(
            .forgery,
            .warn,
            .forgeryUndecided,
            "Whether wrong signatures are refused could not be seen: \(detail)",
            "无法判断错误签名是否会被拒绝：\(detail)"
        )
    }

    static func socketOpens() -> Finding {
        Finding(
            .socket,
            .ok,
            .fine,
            "The bot's socket opens on the same host (101).",
            "同一主机上的机器人 WebSocket 可以打开（101）。"
        )
    }

    static func noSocketHere(_ path: String) -> Finding {
        Finding(
            .socket,
            .warn,
            .noSocketHere,
            "There is no socket at \(path) (404). That is right where bots connect to another address; else check that the proxy passes \(path) on.",
            "\(path) 没有 WebSocket（404）。如果机器人连接其他地址则没有问题，否则请确认反向代理转发 \(path)。"
        )
    }

    /// The relay itself says so.
    static func socketNotFound(_ path: String) -> Finding {
        Finding(
            .socket,
            .warn,
            .noSocketHere,
            "A relay answers at \(path) that it has no socket for this secret (404). That is right where the bot's sockets need a token (needs_token: true, or opens_by_secret: false; show one with --token), or where bots connect to another address; else check that the proxy passes \(path) on as it is.",
            "中继应答：\(path) 没有可用该密钥打开的 WebSocket（404）。如果机器人需要令牌（needs_token: true 或 opens_by_secret: false，可用 --token 给出令牌），或连接其他地址，则没有问题，否则请确认反向代理原样转发 \(path)。"
        )
    }

    static func noSuchToken(_ path: String) -> Finding {
        Finding(
            .socket,
            .warn,
            .noSocketHere,
            "A relay answers at \(path) that the token opens no socket (404): it was revoked, mistyped, or is another relay's. Make another with hookwire bots token. That is right, too, where bots connect to another address.",
            "中继应答：\(path) 没有该令牌可打开的 WebSocket（404）：令牌已撤销、有误，或属于其他中继。可用 hookwire bots token 生成新的令牌。如果机器人连接其他地址，则没有问题。"
        )
    }

    static func upgradeLost(_ status: Int) -> Finding {
        Finding(
            .socket,
            .fail,
            .upgradeLost,
            "The WebSocket handshake was not understood (\(status)): a proxy drops Upgrade and Connection. With nginx: proxy_http_version 1.1, and proxy_set_header for both.",
            "WebSocket 握手失败（\(status)）：反向代理丢弃了 Upgrade 和 Connection。nginx 需要 proxy_http_version 1.1，并用 proxy_set_header 转发这两个头。"
        )
    }

    static func socketRefused(_ status: Int, _ detail: String) -> Finding {
        Finding(
            .socket,
            .fail,
            .socketRefused,
            "The bot's socket does not open (\(status)): \(detail)",
            "机器人 WebSocket 无法打开（\(status)）：\(detail)"
        )
    }

    static func socketUnanswered() -> Finding {
        Finding(
            .socket,
            .fail,
            .noAnswer,
            "The WebSocket handshake was not answered. Check the proxy's log.",
            "WebSocket 握手没有得到应答。请查看反向代理的日志。"
        )
    }
}
