// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is found about an answer.
extension Finding {
    static func noRedirect() -> Finding {
        Finding(.redirect, .ok, .fine, "The URL leads nowhere else.", "地址没有重定向。")
    }

    static func redirect(_ status: Int, to place: String) -> Finding {
        Finding(
            .redirect,
            .fail,
            .redirect,
            "The answer is a redirect (\(status)) to \(place), which platforms do not follow. Enter the URL at which it ends, or take the redirect out of the proxy for this path.",
            "返回了重定向（\(status)）到 \(place)，平台不会跟随。请填写最终地址，或在反向代理中取消该路径的重定向。"
        )
    }

    static func answered(_ status: Int, by server: String?) -> Finding {
        let by = server.map { " (\($0))" } ?? ""
        return Finding(.http, .ok, .fine, "The answer is \(status)\(by).", "返回 \(status)\(by)。")
    }

    static func noAnswer(_ time: String) -> Finding {
        Finding(
            .http,
            .fail,
            .noAnswer,
            "No answer within \(time). Check what runs behind the proxy, and whether it hangs.",
            "\(time) 内没有返回。请检查反向代理后面的程序是否卡住。"
        )
    }

    static func closedWithoutAnswer() -> Finding {
        Finding(
            .http,
            .fail,
            .closedWithoutAnswer,
            "The connection was closed without a whole answer. Check whether the port wants https:// or http://, and the server's log.",
            "连接被关闭，没有返回完整的应答。请检查该端口应使用 https:// 还是 http://，并查看服务器日志。"
        )
    }

    static func notHTTP() -> Finding {
        Finding(
            .http,
            .fail,
            .notHTTP,
            "What answers is not HTTP. Check the port: something else listens there.",
            "返回的不是 HTTP。请检查端口，可能是其他程序在监听。"
        )
    }

    static func htmlPage(_ status: Int, _ title: String) -> Finding {
        let page = title.isEmpty ? "" : " (\(title))"
        return Finding(
            .http,
            .fail,
            .htmlPage,
            "The answer (\(status)) is a web page\(page), not a webhook's answer: another program, or a login or warning page of a tunnel, answers here. Check the path, and where the proxy passes it on to.",
            "返回（\(status)）的是网页\(page)，不是 webhook 的应答：这里是其他程序，或是隧道的登录、警告页面。请检查路径和反向代理的转发目标。"
        )
    }

    static func notFound(_ path: String) -> Finding {
        Finding(
            .http,
            .fail,
            .notFound,
            "There is nothing at \(path) (404). Check the path: /webhook for QQ, /webhook/wechat and so on for others; and that the proxy passes it on unchanged.",
            "路径 \(path) 不存在（404）。请检查路径：QQ 为 /webhook，其他平台为 /webhook/wechat 等；并确认反向代理原样转发。"
        )
    }

    /// The relay's own refusal, which does not reveal to a guesser what is wrong.
    static func unknownToRelay(_ path: String) -> Finding {
        Finding(
            .http,
            .fail,
            .notFound,
            "A relay answers at \(path) that it knows no such path, bot or secret (404). Compare the secret with the bot's; where the relay serves registered bots only (--access registered), see with hookwire bots list that it has the bot; then check the path: /webhook for QQ, /webhook/wechat and so on for others, or /webhook/{platform}/{bot}.",
            "中继应答：\(path) 没有这样的路径、机器人或密钥（404）。请核对密钥；如果中继只服务已登记的机器人（--access registered），请用 hookwire bots list 确认机器人已登记；再检查路径：QQ 为 /webhook，其他平台为 /webhook/wechat 等，或 /webhook/{平台}/{机器人}。"
        )
    }

    /// A relay has nothing at a path that ends with a slash.
    static func slashAtEnd(of path: String) -> Finding {
        let shorter = String(path.dropLast())
        return Finding(
            .http,
            .fail,
            .notFound,
            "A relay answers that there is nothing at \(path) (404). Leave out the slash at the end: enter \(shorter); where a proxy adds it, mend the proxy.",
            "中继应答：\(path) 不存在（404）。请去掉末尾的斜杠，填写 \(shorter)；如果是反向代理加上的，请修改代理。"
        )
    }

    /// A relay refuses one platform at another's path.
    static func otherPlatform(_ status: Int, path: String, of owner: PlatformName, caller: PlatformName) -> Finding {
        Finding(
            .http,
            .fail,
            .otherPlatform,
            "\(path) is the path of \(owner.rawValue) on a relay, which refused the request (\(status)), and --platform says \(caller.rawValue): enter \(caller.path) in its place.",
            "\(path) 是中继上 \(owner.rawValue) 的路径，请求被拒绝（\(status)），而 --platform 指定的是 \(caller.rawValue)：请改用 \(caller.path)。"
        )
    }

    static func refused(_ status: Int, _ detail: String) -> Finding {
        Finding(
            .http,
            .fail,
            .refused,
            "The request was refused (\(status)): \(detail) If that is not the relay's sentence, a firewall or login before it refuses the platform.",
            "请求被拒绝（\(status)）：\(detail) 如果这不是中继的提示，则是它前面的防火墙或登录拒绝了平台。"
        )
    }

    static func gatewayError(_ status: Int, _ detail: String) -> Finding {
        Finding(
            .http,
            .fail,
            .gatewayError,
            "The server cannot answer now (\(status)): \(detail) Check that the relay runs where the proxy looks for it, and that its /readyz is green.",
            "服务器暂时无法应答（\(status)）：\(detail) 请确认中继在反向代理指向的位置运行，且 /readyz 正常。"
        )
    }

    static func unexpectedStatus(_ status: Int, _ detail: String) -> Finding {
        Finding(
            .http,
            .fail,
            .unexpectedStatus,
            "The answer is \(status), where the platform wants 200: \(detail)",
            "返回 \(status)，而平台需要 200：\(detail)"
        )
    }

    static func inTime(_ time: String, limit: String) -> Finding {
        Finding(
            .time,
            .ok,
            .fine,
            "The answer took \(time), connection and TLS included; the limit is \(limit).",
            "应答用时 \(time)（含连接和 TLS），上限 \(limit)。"
        )
    }

    static func slow(_ time: String, limit: String, waitsForBot: Bool) -> Finding {
        let advice = self.haste(waitsForBot: waitsForBot)
        return Finding(
            .time,
            .warn,
            .slow,
            "The answer took \(time) of the \(limit) that the platform waits. \(advice[.english])",
            "应答用时 \(time)，平台最多等 \(limit)。\(advice[.chinese])"
        )
    }

    static func tooSlow(_ time: String, limit: String, waitsForBot: Bool) -> Finding {
        let advice = self.haste(waitsForBot: waitsForBot)
        return Finding(
            .time,
            .fail,
            .tooSlow,
            "The answer took \(time), and the platform waits \(limit). \(advice[.english])",
            "应答用时 \(time)，平台只等 \(limit)。\(advice[.chinese])"
        )
    }

    private static func haste(waitsForBot: Bool) -> Wording {
        waitsForBot
            ? Wording(
                "That includes the bot's reply: a bot that is online and does not reply makes the platform wait.",
                "其中包括机器人的回复：机器人在线却不回复时，平台会一直等待。"
            )
            : Wording(
                "Find what is slow: the way (try another region), the proxy, or the machine.",
                "请查明慢在哪里：线路（换个地区试试）、反向代理，还是机器。"
            )
    }

    static func clockRight(_ seconds: Int64) -> Finding {
        Finding(
            .clock,
            .ok,
            .fine,
            "The server's clock is within \(seconds) s of this machine's.",
            "服务器时钟与本机相差不超过 \(seconds) 秒。"
        )
    }

    static func clockOff(_ seconds: Int64, isFatal: Bool) -> Finding {
        Finding(
            .clock,
            isFatal ? .fail : .warn,
            .clockOff,
            "The server's clock is \(abs(seconds)) s \(seconds < 0 ? "behind" : "before") this machine's. Signatures count for 300 s: set the wrong one of both by NTP.",
            "服务器时钟比本机\(seconds < 0 ? "慢" : "快") \(abs(seconds)) 秒。签名只在 300 秒内有效：请用 NTP 校正出错的一方。"
        )
    }
}
