// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What an egress node does under `/qq`: the endpoints that QQ's bot SDKs ask, and the gateway.
public struct QQConfiguration: Sendable {
    /// Where requests go that are not answered here.
    public enum Upstream: Sendable, Hashable {
        /// Nowhere: tokens and the bot's user are made up, for development without the platform.
        case none
        /// The platform: the base URL of its API, and of its token service, without a slash at the end.
        case platform(api: String, tokens: String)
    }

    /// The platform's own addresses.
    public static let defaultAPI = "https://api.sgroup.qq.com"
    public static let defaultTokens = "https://bots.qq.com"

    /// Default: the platform.
    public var upstream = Upstream.platform(api: Self.defaultAPI, tokens: Self.defaultTokens)
    /// The address at which bots reach this relay, without a slash at the end; nil takes it from each request.
    public var publicURL: String?
    /// Whether this node itself serves HTTPS.
    public var servesTLS = false
    /// How long the platform may take to begin its answer, and each time to go on with it; where a body is streamed to it,
    /// also to take a piece of that. Default 30 s.
    public var timeout = TimeAmount.seconds(30)
    /// How often a gateway's client is asked to beat. Default 45 s.
    public var heartbeatInterval = TimeAmount.seconds(45)
    /// How long a gateway's client may take to identify. Default 30 s.
    public var identifyTimeout = TimeAmount.seconds(30)

    /// The defaults.
    public init() {}
}
