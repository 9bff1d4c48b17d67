// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is found about a webhook's address.
extension Finding {
    static func httpsUsed() -> Finding {
        Finding(.https, .ok, .fine, "The URL begins with https://.", "地址以 https:// 开头。")
    }

    static func httpsMissing(_ rules: PlatformRules) -> Finding {
        rules.needsHTTPS
            ? Finding(
                .https,
                .fail,
                .httpsMissing,
                "\(rules.subject[.english]) takes https:// only. Put a certificate before the relay: --tls-cert and --tls-key, or a proxy.",
                "\(rules.title[.chinese])只接受 https:// 地址。请用 --tls-cert 和 --tls-key 或反向代理配置证书。"
            )
            : Finding(
                .https,
                .warn,
                .httpsMissing,
                "Without https:// everybody on the way reads the secret in the URL. Put a certificate before the relay.",
                "没有 https://，途经的任何人都能看到地址里的密钥。请配置证书。"
            )
    }

    static func portAllowed(_ port: Int, _ rules: PlatformRules) -> Finding {
        Finding(
            .port,
            .ok,
            .fine,
            "\(rules.subject[.english]) connects to port \(port).",
            "\(rules.title[.chinese])可以连接端口 \(port)。"
        )
    }

    static func portNotAllowed(_ port: Int, allowed: [Int], _ rules: PlatformRules) -> Finding {
        let list = allowed.map { "\($0)" }
        return Finding(
            .port,
            .fail,
            .portNotAllowed,
            "\(rules.subject[.english]) does not connect to port \(port), only to \(list.joined(separator: ", ")). "
                + "Let the relay or a proxy listen on one of these.",
            "\(rules.title[.chinese])不连接端口 \(port)，只允许 \(list.joined(separator: "、"))。请让中继或反向代理监听其中一个端口。"
        )
    }

    static func resolved(_ host: String, _ addresses: [String]) -> Finding {
        let list = addresses.prefix(4).joined(separator: ", ")
        return Finding(.dns, .ok, .fine, "\(host) is \(list).", "\(host) 解析为 \(list)。")
    }

    static func nameUnknown(_ host: String) -> Finding {
        Finding(
            .dns,
            .fail,
            .nameUnknown,
            "There is no address of \(host). Check the spelling, and the A record at your domain's provider; a new one takes some minutes.",
            "域名 \(host) 没有解析记录。请检查拼写和域名服务商处的 A 记录；新记录需要几分钟才生效。"
        )
    }

    static func nameServerSilent(_ host: String, _ cause: String) -> Finding {
        Finding(
            .dns,
            .fail,
            .nameServerSilent,
            "The address of \(host) could not be asked for (\(cause)). Check this machine's DNS, then try again.",
            "无法查询 \(host) 的地址（\(cause)）。请检查本机的 DNS，然后重试。"
        )
    }

    static func privateAddress(_ host: String, _ address: String, _ rules: PlatformRules) -> Finding {
        let name = Self.name(host, address)
        return Finding(
            .dns,
            rules.isPublic ? .fail : .warn,
            .privateAddress,
            "\(name[.english]) is not on the Internet: \(rules.title[.english]) cannot reach it. Use a host with a public address.",
            "\(name[.chinese])不是公网地址，\(rules.title[.chinese])无法访问。请使用有公网地址的主机。"
        )
    }

    static func fakeAddress(_ host: String, _ address: String) -> Finding {
        Finding(
            .dns,
            .warn,
            .fakeAddress,
            "\(host) is \(address) here, an invented address of a proxy program on this machine (fake-ip): what follows is seen through it. Turn it off, or run this elsewhere.",
            "\(host) 在本机解析为 \(address)，这是本机代理软件的虚假地址（fake-ip），以下结果都经过代理。请关闭代理或换一台机器运行。"
        )
    }

    static func onlyIPv6(_ host: String, _ address: String, _ rules: PlatformRules) -> Finding {
        Finding(
            .dns,
            .warn,
            .onlyIPv6,
            "\(host) has IPv6 addresses only (\(address)); \(rules.title[.english]) may not be able to reach them. Add an A record with an IPv4 address.",
            "\(host) 只有 IPv6 地址（\(address)），\(rules.title[.chinese])可能无法访问。请添加指向 IPv4 地址的 A 记录。"
        )
    }

    /// A host with its address, where that is not the same.
    private static func name(_ host: String, _ address: String) -> Wording {
        host == address ? Wording(host, "\(host) ") : Wording("\(host) (\(address))", "\(host)（\(address)）")
    }
}
