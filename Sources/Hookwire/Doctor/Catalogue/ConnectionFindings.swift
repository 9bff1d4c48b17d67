// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is found about a connection, and about TLS before the certificate.
extension Finding {
    static func connected(_ address: String, _ time: String) -> Finding {
        Finding(.connect, .ok, .fine, "\(address) answers, in \(time).", "\(address) 可以连接，用时 \(time)。")
    }

    static func connectionRefused(_ address: String) -> Finding {
        Finding(
            .connect,
            .fail,
            .connectionRefused,
            "Nothing listens on \(address): the connection was refused. Start the relay or the proxy, and check its port.",
            "\(address) 没有程序监听，连接被拒绝。请启动中继或反向代理，并检查端口。"
        )
    }

    static func connectionTimedOut(_ address: String, _ time: String) -> Finding {
        Finding(
            .connect,
            .fail,
            .connectionTimedOut,
            "\(address) does not answer within \(time): a firewall drops it. Open the port in the machine's firewall and in the provider's security group.",
            "\(address) 在 \(time) 内没有响应，多半被防火墙丢弃。请在本机防火墙和云服务商的安全组中放行该端口。"
        )
    }

    static func networkUnreachable(_ address: String, _ cause: String) -> Finding {
        Finding(
            .connect,
            .fail,
            .networkUnreachable,
            "There is no way to \(address) (\(cause)). Check the address, and this machine's network.",
            "无法到达 \(address)（\(cause)）。请检查地址和本机网络。"
        )
    }

    static func secured(_ version: String) -> Finding {
        Finding(.tls, .ok, .fine, "The port speaks \(version).", "端口支持 \(version)。")
    }

    static func oldTLS(_ version: String) -> Finding {
        Finding(
            .tls,
            .warn,
            .oldTLS,
            "The port speaks \(version) at best, which platforms stop to take. Allow TLS 1.2 and 1.3.",
            "端口最高只支持 \(version)，各平台正在停用。请启用 TLS 1.2 和 1.3。"
        )
    }

    static func notTLS() -> Finding {
        Finding(
            .tls,
            .fail,
            .notTLS,
            "The port speaks no TLS, perhaps plain HTTP. Give the relay --tls-cert and --tls-key, or let the proxy use TLS on this port.",
            "该端口不是 TLS，可能是明文 HTTP。请为中继设置 --tls-cert 和 --tls-key，或在反向代理的这个端口启用 TLS。"
        )
    }

    static func handshakeFailed(_ cause: String) -> Finding {
        Finding(
            .tls,
            .fail,
            .handshakeFailed,
            "The TLS handshake failed (\(cause)). Check that the server has a certificate for this name, and TLS 1.2 or 1.3.",
            "TLS 握手失败（\(cause)）。请确认服务器有该域名的证书，并启用 TLS 1.2 或 1.3。"
        )
    }
}
